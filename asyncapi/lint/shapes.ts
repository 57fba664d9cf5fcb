/** What an object of AsyncAPI is. */
export type Kind =
  | "document"
  | "info"
  | "contact"
  | "license"
  | "tag"
  | "externalDocs"
  | "server"
  | "serverVariable"
  | "securityScheme"
  | "oauthFlows"
  | "oauthFlow"
  | "channel"
  | "parameter"
  | "operation"
  | "operationTrait"
  | "reply"
  | "replyAddress"
  | "message"
  | "messageTrait"
  | "messageExample"
  | "correlationId"
  | "schema"
  | "multiFormat"
  | "serverBindings"
  | "channelBindings"
  | "operationBindings"
  | "messageBindings"
  | "components";

/** What a field may hold. */
export type Field =
  | { readonly is: "text" | "flag" | "texts" | "object" | "any" | "address" }
  | {
    readonly is: "one" | "map" | "list";
    readonly of: Kind;
    /** Whether each must be a reference. */
    readonly byReference?: boolean;
  };

/** The fields of a kind of object. */
export interface Shape {
  readonly required: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
}

const text: Field = { is: "text" };
const flag: Field = { is: "flag" };
const texts: Field = { is: "texts" };
const any: Field = { is: "any" };
const object: Field = { is: "object" };

function one(of: Kind): Field {
  return { is: "one", of };
}

function map(of: Kind): Field {
  return { is: "map", of };
}

function list(of: Kind): Field {
  return { is: "list", of };
}

function texted(...names: readonly string[]): Record<string, Field> {
  return Object.fromEntries(names.map((name) => [name, text]));
}

const told: Readonly<Record<string, Field>> = {
  ...texted("title", "summary", "description"),
  tags: list("tag"),
  externalDocs: one("externalDocs"),
};

const ofMessage: Readonly<Record<string, Field>> = {
  ...told,
  ...texted("name", "contentType"),
  headers: one("schema"),
  correlationId: one("correlationId"),
  bindings: one("messageBindings"),
  examples: list("messageExample"),
  deprecated: flag,
};

const ofOperation: Readonly<Record<string, Field>> = {
  ...told,
  security: list("securityScheme"),
  bindings: one("operationBindings"),
};

function protocols(...more: readonly string[]): Shape {
  const names = [
    ..."amqp amqp1 anypointmq googlepubsub http ibmmq jms kafka".split(" "),
    ..."mqtt nats redis sns solace sqs stomp ws".split(" "),
    ...more,
  ];
  return {
    required: [],
    fields: Object.fromEntries(names.map((name) => [name, object])),
  };
}

const reusable: Readonly<Record<string, Kind>> = {
  schemas: "schema",
  servers: "server",
  channels: "channel",
  operations: "operation",
  messages: "message",
  securitySchemes: "securityScheme",
  serverVariables: "serverVariable",
  parameters: "parameter",
  correlationIds: "correlationId",
  replies: "reply",
  replyAddresses: "replyAddress",
  externalDocs: "externalDocs",
  tags: "tag",
  operationTraits: "operationTrait",
  messageTraits: "messageTrait",
  serverBindings: "serverBindings",
  channelBindings: "channelBindings",
  operationBindings: "operationBindings",
  messageBindings: "messageBindings",
};

/** All kinds but schemas, which have rules of their own. */
export const shapes: Readonly<Record<Exclude<Kind, "schema">, Shape>> = {
  document: {
    required: ["asyncapi", "info"],
    fields: {
      ...texted("asyncapi", "id", "defaultContentType"),
      info: one("info"),
      servers: map("server"),
      channels: map("channel"),
      operations: map("operation"),
      components: one("components"),
    },
  },
  info: {
    required: ["title", "version"],
    fields: {
      ...texted("title", "version", "description", "termsOfService"),
      contact: one("contact"),
      license: one("license"),
      tags: list("tag"),
      externalDocs: one("externalDocs"),
    },
  },
  contact: { required: [], fields: texted("name", "url", "email") },
  license: { required: ["name"], fields: texted("name", "url") },
  tag: {
    required: ["name"],
    fields: {
      ...texted("name", "description"),
      externalDocs: one("externalDocs"),
    },
  },
  externalDocs: { required: ["url"], fields: texted("url", "description") },
  server: {
    required: ["host", "protocol"],
    fields: {
      ...told,
      ...texted("host", "protocol", "protocolVersion", "pathname"),
      variables: map("serverVariable"),
      security: list("securityScheme"),
      bindings: one("serverBindings"),
    },
  },
  serverVariable: {
    required: [],
    fields: {
      ...texted("default", "description"),
      enum: texts,
      examples: texts,
    },
  },
  securityScheme: {
    required: ["type"],
    fields: {
      ...texted("type", "description", "name", "in", "scheme"),
      ...texted("bearerFormat", "openIdConnectUrl"),
      flows: one("oauthFlows"),
      scopes: texts,
    },
  },
  oauthFlows: {
    required: [],
    fields: {
      implicit: one("oauthFlow"),
      password: one("oauthFlow"),
      clientCredentials: one("oauthFlow"),
      authorizationCode: one("oauthFlow"),
    },
  },
  oauthFlow: {
    required: ["availableScopes"],
    fields: {
      ...texted("authorizationUrl", "tokenUrl", "refreshUrl"),
      availableScopes: object,
    },
  },
  channel: {
    required: [],
    fields: {
      ...told,
      address: { is: "address" },
      messages: map("message"),
      servers: { is: "list", of: "server", byReference: true },
      parameters: map("parameter"),
      bindings: one("channelBindings"),
    },
  },
  parameter: {
    required: [],
    fields: {
      ...texted("default", "description", "location"),
      enum: texts,
      examples: texts,
    },
  },
  operation: {
    required: ["action", "channel"],
    fields: {
      ...ofOperation,
      action: text,
      channel: { is: "one", of: "channel", byReference: true },
      messages: { is: "list", of: "message", byReference: true },
      reply: one("reply"),
      traits: list("operationTrait"),
    },
  },
  operationTrait: { required: [], fields: ofOperation },
  reply: {
    required: [],
    fields: {
      address: one("replyAddress"),
      channel: { is: "one", of: "channel", byReference: true },
      messages: { is: "list", of: "message", byReference: true },
    },
  },
  replyAddress: {
    required: ["location"],
    fields: texted("location", "description"),
  },
  message: {
    required: [],
    fields: {
      ...ofMessage,
      payload: one("schema"),
      traits: list("messageTrait"),
    },
  },
  messageTrait: { required: [], fields: ofMessage },
  messageExample: {
    required: [],
    fields: { ...texted("name", "summary"), headers: object, payload: any },
  },
  correlationId: {
    required: ["location"],
    fields: texted("location", "description"),
  },
  multiFormat: {
    required: ["schemaFormat", "schema"],
    fields: { schemaFormat: text, schema: any },
  },
  serverBindings: protocols("pulsar", "ros2"),
  channelBindings: protocols("pulsar"),
  operationBindings: protocols("ros2"),
  messageBindings: protocols(),
  components: {
    required: [],
    fields: Object.fromEntries(
      Object.entries(reusable).map(([name, kind]) => [name, map(kind)]),
    ),
  },
};
