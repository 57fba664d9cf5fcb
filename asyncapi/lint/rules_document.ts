import { elements, isMediaType, members, type Rule, textRule } from "./rule.ts";
import { type Kind, shapes } from "./shapes.ts";

const tagged = (["info", "server", "channel", "operation", "message"] as const)
  .map((on): Rule => ({
    id: `${on}-tag-twice`,
    says: `The tags of ${on} differ from each other.`,
    on,
    find: ({ value }) => {
      const seen = new Set<string>();
      return elements(value.tags).flatMap(([index, tag]) => {
        const text = JSON.stringify(tag);
        if (seen.has(text)) return [["tags", index]];
        seen.add(text);
        return [];
      });
    },
  }));

const extensible = (Object.keys(shapes) as Kind[]).map((on): Rule => ({
  id: "extension-name",
  says: 'An extension is "x-" and letters, digits, ".", "-" or "_".',
  on,
  find: ({ value }) =>
    Object.keys(value)
      .filter((name) => name.startsWith("x-") && !/^x-[\w.-]+$/.test(name))
      .map((name) => [name]),
}));

function urlRule(id: string, on: Kind, field: string, what: string): Rule {
  return textRule(
    id,
    on,
    field,
    `${what} is an absolute URL.`,
    (text) => URL.canParse(text),
  );
}

/** What a document says of itself and of the application. */
export const documentRules: readonly Rule[] = [
  textRule(
    "asyncapi-version",
    "document",
    "asyncapi",
    'The version of AsyncAPI is "3.0.0" or "3.1.0".',
    (text) => text === "3.0.0" || text === "3.1.0",
  ),
  textRule(
    "id-uri",
    "document",
    "id",
    "The id of an application is an absolute URI.",
    (text) => URL.canParse(text),
  ),
  textRule(
    "default-content-type",
    "document",
    "defaultContentType",
    "The default content type is a media type.",
    isMediaType,
  ),
  urlRule("terms-url", "info", "termsOfService", "The terms of service"),
  urlRule("contact-url", "contact", "url", "The address of a contact"),
  textRule(
    "contact-email",
    "contact",
    "email",
    "The email of a contact is an email address.",
    (text) => /^[^\s@]+@[^\s@]+$/.test(text),
  ),
  urlRule("license-url", "license", "url", "The address of a license"),
  urlRule("docs-url", "externalDocs", "url", "External documentation"),
  ...tagged,
  ...extensible,
  {
    id: "component-key",
    says: 'The name of a component has letters, digits, ".", "-" and "_" only.',
    on: "components",
    find: ({ value }) =>
      Object.entries(value)
        .filter(([field]) => Object.hasOwn(shapes.components.fields, field))
        .flatMap(([field, held]) =>
          members(held)
            .filter(([name]) => !/^[\w.-]+$/.test(name))
            .map(([name]) => [field, name])
        ),
  },
];
