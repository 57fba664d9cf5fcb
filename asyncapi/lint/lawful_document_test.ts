/**
 * A lawful document with an object of each kind: what the tests of rules break in one place each. It registers no tests.
 *
 * @module
 */

const ref = (to: string) => ({ $ref: to });

const order = {
  title: "Order",
  type: "object",
  properties: {
    id: { type: "integer", minimum: 1, exclusiveMaximum: 1000, multipleOf: 1 },
    kind: { type: "string", pattern: "^[a-z]+$", minLength: 1, default: "a" },
    parent: ref("#/components/schemas/Order"),
    lines: {
      type: "array",
      items: { type: ["string", "null"] },
      uniqueItems: true,
      examples: [["a", null]],
    },
    state: { enum: ["open", "paid"], description: "How far it is" },
    more: { anyOf: [{ type: "number" }, true], not: { const: 0 } },
  },
  patternProperties: { "^x-": {} },
  dependencies: { lines: ["id"], state: { required: ["kind"] } },
  additionalProperties: false,
  required: ["id", "kind"],
  discriminator: "kind",
};

const trace = {
  type: "object",
  properties: { trace: { type: "string" }, back: { type: "string" } },
};

const told = {
  title: "Title",
  summary: "Summary",
  description: "Description",
  tags: [{ name: "one", externalDocs: { url: "https://a.example" } }],
  externalDocs: { url: "https://a.example/docs", description: "More" },
};

const flow = {
  authorizationUrl: "https://a.example/auth",
  tokenUrl: "https://a.example/token",
  refreshUrl: "https://a.example/refresh",
  availableScopes: { read: "Reads" },
};

const messages = {
  order: {
    ...told,
    name: "order",
    contentType: "application/json; charset=utf-8",
    payload: ref("#/components/schemas/Order"),
    headers: ref("#/components/schemas/Trace"),
    correlationId: { location: "$message.header#/trace" },
    examples: [{
      name: "first",
      headers: { trace: "t" },
      payload: { id: 7, kind: "a", lines: ["b"], parent: { id: 1, kind: "c" } },
    }],
    bindings: { kafka: { key: { type: "string" }, bindingVersion: "0.5.0" } },
    traits: [{ name: "traced", headers: ref("#/components/schemas/Trace") }],
    deprecated: false,
  },
  avro: {
    payload: {
      schemaFormat: "application/vnd.apache.avro;version=1.9.0",
      schema: { type: "string" },
    },
  },
  plain: {
    payload: {
      schemaFormat: "application/schema+json;version=draft-07",
      schema: { $schema: "http://json-schema.org/draft-07/schema#" },
    },
    headers: {
      schemaFormat: "application/schema+json;version=draft-07",
      schema: { type: "object" },
    },
  },
};

const securitySchemes = {
  user: { type: "userPassword", description: "A user" },
  key: { type: "apiKey", in: "user" },
  web: { type: "httpApiKey", name: "key", in: "header" },
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  open: { type: "openIdConnect", openIdConnectUrl: "https://a.example/id" },
  oauth: {
    type: "oauth2",
    scopes: ["read"],
    flows: {
      implicit: {
        authorizationUrl: flow.authorizationUrl,
        availableScopes: {},
      },
      authorizationCode: flow,
    },
  },
};

const lawful = {
  asyncapi: "3.1.0",
  id: "urn:example:shop",
  defaultContentType: "application/json",
  "x-own.thing_1-a": { any: 1 },
  info: {
    title: "Shop",
    version: "1.0.0",
    description: "It sells",
    termsOfService: "https://a.example/terms",
    contact: { name: "A", url: "https://a.example", email: "a@a.example" },
    license: { name: "Apache-2.0", url: "https://a.example/license" },
    tags: told.tags,
    externalDocs: told.externalDocs,
  },
  servers: {
    main: {
      ...told,
      host: "{region}.a.example:4222",
      protocol: "nats",
      protocolVersion: "2",
      pathname: "/at/{region}",
      variables: {
        region: { default: "eu", enum: ["eu", "us"], examples: ["eu"] },
      },
      security: [ref("#/components/securitySchemes/user")],
      bindings: { kafka: { schemaRegistryUrl: "https://a.example" } },
    },
    other: ref("#/components/servers/spare"),
  },
  channels: {
    orders: {
      ...told,
      address: "orders.{shop}",
      parameters: {
        shop: {
          description: "Which",
          enum: ["a"],
          default: "a",
          examples: ["a"],
          location: "$message.payload#/kind",
        },
      },
      servers: [ref("#/servers/main"), ref("#/servers/other")],
      messages: {
        order: ref("#/components/messages/order"),
        avro: ref("#/components/messages/avro"),
      },
      bindings: { kafka: { topic: "orders", partitions: 1 } },
    },
    answers: {
      address: null,
      messages: { plain: ref("#/components/messages/plain") },
    },
  },
  operations: {
    take: {
      ...told,
      action: "receive",
      channel: ref("#/channels/orders"),
      messages: [ref("#/channels/orders/messages/order")],
      security: [ref("#/components/securitySchemes/bearer")],
      bindings: { nats: { queue: "q", bindingVersion: "0.1.0" } },
      traits: [{ title: "Kept", bindings: { amqp: { ack: true } } }],
      reply: {
        address: { location: "$message.header#/back", description: "There" },
        channel: ref("#/channels/answers"),
        messages: [ref("#/channels/answers/messages/plain")],
      },
    },
  },
  components: {
    messages,
    securitySchemes,
    schemas: { Order: order, Trace: trace },
    servers: { spare: { host: "b.example", protocol: "nats" } },
    replies: { empty: {} },
  },
};

/** Makes it anew, so that a test may change it. */
export function lawfulDocument(): Record<string, unknown> {
  return structuredClone(lawful);
}
