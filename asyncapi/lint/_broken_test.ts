/**
 * For each rule a change that makes the lawful document break it. It registers no tests.
 *
 * @module
 */

/** A change: which rule it breaks, where, what is put there (undefined takes it away), and where the violation is said, if elsewhere. */
export type Change = readonly [
  rule: string,
  at: string,
  value: unknown,
  said?: string,
];

const order = "/components/schemas/Order";
const id = `${order}/properties/id`;
const message = "/components/messages/order";
const scheme = "/components/securitySchemes";
const take = "/operations/take";
const to = ($ref: unknown) => ({ $ref });

const ofDocument: readonly Change[] = [
  ["asyncapi-version", "/asyncapi", "2.6.0"],
  ["id-uri", "/id", "shop"],
  ["default-content-type", "/defaultContentType", "json"],
  ["terms-url", "/info/termsOfService", "terms"],
  ["contact-url", "/info/contact/url", "a.example"],
  ["contact-email", "/info/contact/email", "nobody"],
  ["license-url", "/info/license/url", "LICENSE"],
  ["docs-url", "/info/externalDocs/url", "docs"],
  ["info-tag-twice", "/info/tags/1", {
    name: "one",
    externalDocs: { url: "https://a.example" },
  }],
  [
    "server-tag-twice",
    "/servers/main/tags",
    [{ name: "a" }, { name: "a" }],
    "/servers/main/tags/1",
  ],
  ["channel-tag-twice", "/channels/orders/tags", [{ name: "a" }, {
    name: "a",
  }], "/channels/orders/tags/1"],
  [
    "operation-tag-twice",
    `${take}/tags`,
    [{ name: "a" }, { name: "a" }],
    `${take}/tags/1`,
  ],
  [
    "message-tag-twice",
    `${message}/tags`,
    [{ name: "a" }, { name: "a" }],
    `${message}/tags/1`,
  ],
  ["extension-name", "/info/x-ä", 1],
  ["component-key", "/components/servers/a b", {
    host: "c.example",
    protocol: "nats",
  }],
];

const ofServers: readonly Change[] = [
  ["server-host-empty", "/components/servers/spare/host", ""],
  ["server-host-scheme", "/components/servers/spare/host", "nats://b.example"],
  [
    "server-host-credentials",
    "/components/servers/spare/host",
    "u:p@b.example",
  ],
  ["server-host-path", "/components/servers/spare/host", "b.example/at"],
  ["server-host-path", "/components/servers/spare/host", "b.example?a=1"],
  ["server-protocol-empty", "/servers/main/protocol", ""],
  ["server-variable-missing", "/servers/main/host", "{zone}.a.example"],
  ["server-variable-missing", "/servers/main/pathname", "/{zone}"],
  ["server-variable-twice", "/servers/main/variables/region/enum", ["a", "a"]],
  ["security-type", `${scheme}/user/type`, "password"],
  [
    "security-incomplete",
    `${scheme}/bearer/scheme`,
    undefined,
    `${scheme}/bearer`,
  ],
  [
    "security-incomplete",
    `${scheme}/oauth/flows`,
    undefined,
    `${scheme}/oauth`,
  ],
  ["security-incomplete", `${scheme}/web/name`, undefined, `${scheme}/web`],
  ["security-place", `${scheme}/key/in`, "header"],
  ["security-place", `${scheme}/web/in`, "user"],
  ["security-url", `${scheme}/open/openIdConnectUrl`, "id"],
  [
    "oauth-flow-incomplete",
    `${scheme}/oauth/flows/implicit/authorizationUrl`,
    undefined,
    `${scheme}/oauth/flows/implicit`,
  ],
  ["oauth-url", `${scheme}/oauth/flows/authorizationCode/tokenUrl`, "token"],
  [
    "oauth-scope-text",
    `${scheme}/oauth/flows/authorizationCode/availableScopes/read`,
    1,
  ],
];

const ofChannels: readonly Change[] = [
  ["channel-address-empty", "/channels/answers/address", ""],
  ["channel-address-query", "/channels/answers/address", "a?b=1"],
  ["channel-address-query", "/channels/answers/address", "a#b"],
  ["channel-address-braces", "/channels/answers/address", "a.{b"],
  [
    "channel-parameter-missing",
    "/channels/orders/parameters",
    undefined,
    "/channels/orders/address",
  ],
  ["channel-parameter-unused", "/channels/orders/parameters/zone", {}],
  ["channel-parameter-name", "/channels/orders/parameters/a b", {}],
  [
    "channel-server-root",
    "/channels/orders/servers/0",
    to("#/components/servers/spare"),
  ],
  ["channel-server-twice", "/channels/orders/servers/1", to("#/servers/main")],
  [
    "parameter-location",
    "/channels/orders/parameters/shop/location",
    "$message.body#/a",
  ],
];

const ofOperations: readonly Change[] = [
  ["operation-action", `${take}/action`, "publish"],
  [
    "operation-channel-root",
    `${take}/channel`,
    to("#/components/channels/a"),
    `${take}/channel`,
  ],
  [
    "operation-message-channel",
    `${take}/messages/0`,
    to("#/components/messages/order"),
  ],
  [
    "operation-message-twice",
    `${take}/messages/1`,
    to("#/channels/orders/messages/order"),
  ],
  [
    "reply-channel-root",
    `${take}/reply/channel`,
    to("#/components/channels/a"),
  ],
  [
    "reply-message-channel",
    `${take}/reply/messages/0`,
    to("#/channels/orders/messages/order"),
  ],
  [
    "reply-address-twice",
    "/channels/answers/address",
    "a",
    `${take}/reply/address`,
  ],
  ["reply-address-location", `${take}/reply/address/location`, "back"],
];

const ofMessages: readonly Change[] = [
  ["message-content-type", `${message}/contentType`, "json"],
  ["message-content-type", `${message}/traits/0/contentType`, "json"],
  ["message-headers-object", `${message}/headers`, { type: "string" }],
  [
    "message-correlation-unknown",
    `${message}/correlationId/location`,
    "$message.header#/span",
    `${message}/correlationId`,
  ],
  [
    "message-correlation-unknown",
    `${message}/correlationId/location`,
    "$message.payload#/parent/span",
    `${message}/correlationId`,
  ],
  ["message-example-headers", `${message}/examples/0/headers`, { trace: 1 }],
  [
    "message-example-payload",
    `${message}/examples/0/payload/parent/id`,
    "1",
    `${message}/examples/0/payload`,
  ],
  [
    "message-example-payload",
    `${message}/examples/0/payload/extra`,
    1,
    `${message}/examples/0/payload`,
  ],
  ["message-example-empty", `${message}/examples/1`, { name: "second" }],
  ["correlation-location", `${message}/correlationId/location`, "trace"],
];

const ofSchemas: readonly Change[] = [
  ["schema-type", `${id}/type`, "int"],
  ["schema-type", `${id}/type`, []],
  ["schema-inner", `${order}/additionalProperties`, "no"],
  ["schema-list", `${order}/allOf`, []],
  ["schema-items", `${order}/properties/lines/items`, 1],
  ["schema-map", `${order}/definitions`, []],
  [
    "schema-dependencies",
    `${order}/dependencies/lines`,
    "id",
    `${order}/dependencies`,
  ],
  ["schema-required", `${order}/required`, ["id", "kind", "id"]],
  ["schema-enum", `${order}/properties/state/enum`, []],
  ["schema-pattern", `${order}/properties/kind/pattern`, "("],
  ["schema-pattern-name", `${order}/patternProperties/(`, {}],
  ["schema-count", `${order}/properties/kind/minLength`, -1],
  ["schema-limit", `${id}/exclusiveMaximum`, true],
  ["schema-multiple", `${id}/multipleOf`, 0],
  ["schema-text", `${order}/properties/state/description`, 1],
  ["schema-flag", `${order}/properties/lines/uniqueItems`, "yes"],
  ["schema-examples", `${order}/properties/state/examples`, "open"],
  [
    "schema-dialect",
    "/components/messages/plain/payload/schema/$schema",
    "https://json-schema.org/draft/2020-12/schema",
  ],
  ["schema-later-keyword", `${order}/properties/state/nullable`, true],
  ["schema-later-keyword", `${order}/unevaluatedProperties`, false],
  ["schema-discriminator", `${order}/discriminator`, { propertyName: "kind" }],
  ["schema-discriminator-required", `${order}/discriminator`, "state"],
  ["schema-default-fits", `${order}/properties/kind/default`, "A"],
  ["schema-example-fits", `${order}/properties/lines/examples/0`, ["a", "a"]],
];

const ofReferences: readonly Change[] = [
  [
    "reference-lawful",
    `${order}/properties/parent`,
    to("#/components/schemas/a b"),
    `${order}/properties/parent/$ref`,
  ],
  [
    "reference-leads-nowhere",
    `${order}/properties/parent`,
    to("#/definitions/Order"),
    `${order}/properties/parent/$ref`,
  ],
  [
    "reference-kind",
    `${order}/properties/parent`,
    to("#"),
    `${order}/properties/parent/$ref`,
  ],
  [
    "reference-kind",
    `${take}/reply/channel`,
    to("#/servers/main"),
    `${take}/reply/channel/$ref`,
  ],
  [
    "reference-circle",
    "/components/servers/spare",
    to("#/servers/other"),
    "/components/servers/spare/$ref",
  ],
  [
    "reference-forbidden",
    "/info/contact",
    to("https://a.example"),
    "/info/contact/$ref",
  ],
  ["reference-wanted", `${take}/channel`, { address: "orders" }],
];

const ofBindings: readonly Change[] = [
  ["binding-empty", "/channels/orders/bindings/nats", { subject: "orders" }],
  ["binding-empty", `${message}/bindings/redis`, { a: 1 }],
  ["binding-version", `${take}/bindings/nats/bindingVersion`, 1],
  ["binding-nats-queue", `${take}/bindings/nats/queue`, "q".repeat(256)],
];

/** All changes of rules that look at more than fields. */
export const changes: readonly Change[] = [
  ...ofDocument,
  ...ofServers,
  ...ofChannels,
  ...ofOperations,
  ...ofMessages,
  ...ofSchemas,
  ...ofReferences,
  ...ofBindings,
];

/** Where an object of each kind is, and a field that is required of it. */
export const places: Readonly<
  Record<string, readonly [at: string, required?: string]>
> = {
  document: ["", "info"],
  info: ["/info", "title"],
  contact: ["/info/contact"],
  license: ["/info/license", "name"],
  tag: ["/info/tags/0", "name"],
  "external-docs": ["/info/externalDocs", "url"],
  server: ["/servers/main", "protocol"],
  "server-variable": ["/servers/main/variables/region"],
  "security-scheme": [`${scheme}/user`, "type"],
  "oauth-flows": [`${scheme}/oauth/flows`],
  "oauth-flow": [
    `${scheme}/oauth/flows/authorizationCode`,
    "availableScopes",
  ],
  channel: ["/channels/orders"],
  parameter: ["/channels/orders/parameters/shop"],
  operation: [take, "action"],
  "operation-trait": [`${take}/traits/0`],
  reply: [`${take}/reply`],
  "reply-address": [`${take}/reply/address`, "location"],
  message: [message],
  "message-trait": [`${message}/traits/0`],
  "message-example": [`${message}/examples/0`],
  "correlation-id": [`${message}/correlationId`, "location"],
  "multi-format": ["/components/messages/avro/payload", "schema"],
  "server-bindings": ["/servers/main/bindings"],
  "channel-bindings": ["/channels/orders/bindings"],
  "operation-bindings": [`${take}/bindings`],
  "message-bindings": [`${message}/bindings`],
  components: ["/components"],
};

/** A field of each kind, and a value that it cannot have. */
export const misfits: Readonly<Record<string, readonly [string, unknown]>> = {
  document: ["channels", []],
  info: ["description", 1],
  contact: ["name", 1],
  license: ["url", 1],
  tag: ["description", 1],
  "external-docs": ["description", 1],
  server: ["title", 1],
  "server-variable": ["examples", "eu"],
  "security-scheme": ["description", 1],
  "oauth-flows": ["password", 1],
  "oauth-flow": ["refreshUrl", 1],
  channel: ["title", null],
  parameter: ["enum", "a"],
  operation: ["title", 1],
  "operation-trait": ["title", 1],
  reply: ["messages", {}],
  "reply-address": ["description", 1],
  message: ["deprecated", "no"],
  "message-trait": ["deprecated", "no"],
  "message-example": ["name", 1],
  "correlation-id": ["description", 1],
  "multi-format": ["schemaFormat", 1],
  "server-bindings": ["kafka", 1],
  "channel-bindings": ["kafka", 1],
  "operation-bindings": ["amqp", 1],
  "message-bindings": ["kafka", 1],
  components: ["schemas", []],
};
