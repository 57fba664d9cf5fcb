import { isObject } from "../json.ts";
import { bracedNames, members, type Rule, textRule } from "./rule.ts";
import type { Path } from "./sites.ts";

const schemes =
  /^(userPassword|apiKey|X509|symmetricEncryption|asymmetricEncryption|httpApiKey|http|oauth2|openIdConnect|plain|scramSha256|scramSha512|gssapi)$/;

/** What each kind of scheme must have beside its type. */
const wants: Readonly<Record<string, readonly string[]>> = {
  apiKey: ["in"],
  httpApiKey: ["name", "in"],
  http: ["scheme"],
  oauth2: ["flows"],
  openIdConnect: ["openIdConnectUrl"],
};

/** Where each kind of scheme may be. */
const places: Readonly<Record<string, readonly unknown[]>> = {
  apiKey: ["user", "password"],
  httpApiKey: ["query", "header", "cookie"],
};

/** The addresses that each flow must have. */
const flowWants: Readonly<Record<string, readonly string[]>> = {
  implicit: ["authorizationUrl"],
  password: ["tokenUrl"],
  clientCredentials: ["tokenUrl"],
  authorizationCode: ["authorizationUrl", "tokenUrl"],
};

function host(
  id: string,
  says: string,
  holds: (text: string) => boolean,
): Rule {
  return textRule(id, "server", "host", says, holds);
}

/** What servers say, and how one is let in. */
export const serverRules: readonly Rule[] = [
  host("server-host-empty", "A host is not empty.", (text) => text !== ""),
  host(
    "server-host-scheme",
    "A host has no scheme: that is the protocol.",
    (text) => !text.includes("://"),
  ),
  host(
    "server-host-credentials",
    "A host shows no user and no password.",
    (text) => !text.includes("@"),
  ),
  host(
    "server-host-path",
    "A host has no path, query or fragment: that is the pathname.",
    (text) => !/[/?#]/.test(text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")),
  ),
  textRule(
    "server-protocol-empty",
    "server",
    "protocol",
    "A protocol is not empty.",
    (text) => text !== "",
  ),
  {
    id: "server-variable-missing",
    says: "Each variable in a host or pathname is among the variables.",
    on: "server",
    find: ({ value }) => {
      const known = new Set(members(value.variables).map(([name]) => name));
      return ["host", "pathname"].filter((field) => {
        const text = value[field];
        return typeof text === "string" &&
          bracedNames(text).some((name) => !known.has(name));
      }).map((field) => [field]);
    },
  },
  {
    id: "server-variable-twice",
    says: "The values that a variable can have differ from each other.",
    on: "serverVariable",
    find: ({ value }) =>
      Array.isArray(value.enum) &&
        new Set(value.enum).size < value.enum.length
        ? [["enum"]]
        : [],
  },
  textRule(
    "security-type",
    "securityScheme",
    "type",
    "The type of a security scheme is one of the specification's.",
    (text) => schemes.test(text),
  ),
  {
    id: "security-incomplete",
    says: "A security scheme has what its type needs.",
    on: "securityScheme",
    find: ({ value }) =>
      (wants[String(value.type)] ?? []).some((name) =>
          value[name] === undefined
        )
        ? [[]]
        : [],
  },
  textRule(
    "security-place",
    "securityScheme",
    "in",
    "A key is where its type of security scheme may have it.",
    (text, { value }) => places[String(value.type)]?.includes(text) !== false,
  ),
  textRule(
    "security-url",
    "securityScheme",
    "openIdConnectUrl",
    "The address of OpenID Connect is an absolute URL.",
    (text) => URL.canParse(text),
  ),
  {
    id: "oauth-flow-incomplete",
    says: "An OAuth flow has the addresses that it needs.",
    on: "oauthFlows",
    find: ({ value }) =>
      members(value).flatMap(([flow, held]): readonly Path[] =>
        (flowWants[flow] ?? []).some((name) =>
            isObject(held) && held[name] === undefined
          )
          ? [[flow]]
          : []
      ),
  },
  ...["authorizationUrl", "tokenUrl", "refreshUrl"].map((field) =>
    textRule(
      "oauth-url",
      "oauthFlow",
      field,
      "The addresses of an OAuth flow are absolute URLs.",
      (text) => URL.canParse(text),
    )
  ),
  {
    id: "oauth-scope-text",
    says: "The scopes of an OAuth flow are names with a text each.",
    on: "oauthFlow",
    find: ({ value }) =>
      members(value.availableScopes)
        .filter(([, text]) => typeof text !== "string")
        .map(([name]) => ["availableScopes", name]),
  },
];
