import { isObject } from "../json.ts";
import { elements, members, type Rule } from "./rule.ts";
import { type Field, type Kind, type Shape, shapes } from "./shapes.ts";
import type { Path, Site } from "./sites.ts";

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** Whether something can stand where an object of a kind is wanted. */
function fitsKind(value: unknown, of: Kind): boolean {
  return isObject(value) || of === "schema" && typeof value === "boolean";
}

/** The places where a field holds something else than it may. */
function misfits(field: Field, value: unknown): readonly Path[] {
  const here: readonly Path[] = [[]];
  switch (field.is) {
    case "any":
      return [];
    case "text":
      return isText(value) ? [] : here;
    case "address":
      return value === null || isText(value) ? [] : here;
    case "flag":
      return typeof value === "boolean" ? [] : here;
    case "object":
      return isObject(value) ? [] : here;
    case "texts":
      if (!Array.isArray(value)) return here;
      return elements(value).filter(([, one]) => !isText(one)).map((
        [i],
      ) => [i]);
    case "one":
      return fitsKind(value, field.of) ? [] : here;
    default: {
      const isList = field.is === "list";
      if (isList ? !Array.isArray(value) : !isObject(value)) return here;
      return (isList ? elements(value) : members(value))
        .filter(([, one]) => !fitsKind(one, field.of))
        .map(([step]) => [step]);
    }
  }
}

const spoken: Readonly<Partial<Record<Kind, string>>> = {
  externalDocs: "external documentation",
  serverVariable: "server variable",
  securityScheme: "security scheme",
  oauthFlows: "OAuth flows",
  oauthFlow: "OAuth flow",
  operationTrait: "operation trait",
  replyAddress: "reply address",
  messageTrait: "message trait",
  messageExample: "message example",
  correlationId: "correlation id",
  multiFormat: "schema with a format",
  serverBindings: "server bindings",
  channelBindings: "channel bindings",
  operationBindings: "operation bindings",
  messageBindings: "message bindings",
};

/** The name of a kind in ids: `serverVariable` is `server-variable`. */
function dashed(kind: Kind): string {
  return kind.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const extensible = (kind: Kind): boolean => kind !== "messageExample";

function rulesOf(on: Kind, { fields, required }: Shape): readonly Rule[] {
  const what = spoken[on] ?? on;
  const unknown = (site: Site): readonly Path[] =>
    Object.keys(site.value)
      .filter((name) =>
        !Object.hasOwn(fields, name) &&
        !(name.startsWith("x-") && extensible(on))
      )
      .map((name) => [name]);
  return [
    {
      id: `${dashed(on)}-unknown-field`,
      says:
        `An object of ${what} has no fields but those of the specification and extensions.`,
      on,
      find: unknown,
    },
    {
      id: `${dashed(on)}-field-type`,
      says: `Each field of ${what} holds what the specification says.`,
      on,
      find: ({ value }) =>
        Object.entries(fields)
          .filter(([name]) => value[name] !== undefined)
          .flatMap(([name, field]) =>
            misfits(field, value[name]).map((path) => [name, ...path])
          ),
    },
    ...required.length === 0 ? [] : [{
      id: `${dashed(on)}-required`,
      says: `An object of ${what} has ${
        required.map((name) => `"${name}"`).join(" and ")
      }.`,
      on,
      find: ({ value }: Site): readonly Path[] =>
        required.some((name) => value[name] === undefined) ? [[]] : [],
    }],
  ];
}

/** What each object may have and must have: what the official schema says too. */
export const shapeRules: readonly Rule[] = Object.entries(shapes).flatMap(
  ([kind, shape]) => rulesOf(kind as Kind, shape),
);
