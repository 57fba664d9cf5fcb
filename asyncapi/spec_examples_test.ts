/**
 * Services of the specification's own examples, as applications of ours: what they take and send must come out the same.
 *
 * @module
 */
import { test } from "@ruststream/conformance/runner";
import { channel, out, RustStream, subscriber } from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { ServedBroker } from "./_kit_test.ts";
import { parserErrors } from "./official_tools_test.ts";
import { type AsyncApiDocument, asyncApiDocument } from "./document.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { checkDocument } from "./lint/lint.ts";
import { Document } from "./lint/sites.ts";

/** A document's messages by what is done with them and where, their schemas with all references put in. */
function outline(document: AsyncApiDocument) {
  const within = new Document(document);
  const put = (value: unknown): Json => {
    const found = within.resolve(value)?.value;
    if (Array.isArray(found)) return found.map(put);
    if (!isObject(found)) return found as Json;
    const { title: _title, description: _text, ...rest } = found;
    return Object.fromEntries(
      Object.entries(rest).map(([name, inner]) => [name, put(inner)]),
    );
  };
  const messagesOf = ({ messages }: JsonObject): readonly Json[] =>
    (messages as readonly Json[]).map((one) => {
      const { payload, headers, correlationId } = put(one) as JsonObject;
      const { location } = (correlationId ?? {}) as JsonObject;
      return {
        payload: payload ?? null,
        ...(headers !== undefined && { headers }),
        ...(location !== undefined && { location }),
      };
    });
  const addressOf = (one: JsonObject): Json =>
    (put(one.channel) as JsonObject).address ?? null;
  return Object.values(document.operations).map((operation) => {
    const { action, reply } = operation;
    return {
      does: `${action} ${addressOf(operation)}`,
      messages: messagesOf(operation),
      ...(isObject(reply) &&
        { answer: { at: addressOf(reply), messages: messagesOf(reply) } }),
    };
  });
}

async function checkLawful(document: AsyncApiDocument): Promise<void> {
  assert.deepEqual(checkDocument(document), []);
  assert.deepEqual(await parserErrors(document), []);
}

/** An object of the given fields, none of them required. */
const object = (properties: JsonObject) => ({ type: "object", properties });
const optional = <T extends z.ZodType>(schema: T) => schema.optional();
const whole = { type: "integer", minimum: 0 };
/** What zod adds to whole numbers. */
const safe = { maximum: Number.MAX_SAFE_INTEGER };

const when = optional(z.string());
const lamp = (what: string) =>
  `smartylighting.streetlights.1.0.action.{streetlightId}.${what}` as const;
const lampHeaders = z.object({
  "my-app-header": optional(z.int().min(0).max(100)),
});
const turn = z.object({
  command: optional(z.enum(["on", "off"])),
  sentAt: when,
});
const measured = channel(
  "smartylighting.streetlights.1.0.event.{streetlightId}.lighting.measured",
  {
    payload: z.object({ lumens: optional(z.int().min(0)), sentAt: when }),
    headers: lampHeaders,
    title: "Light measured",
  },
);
const on = channel(lamp("turn.on"), { payload: turn, headers: lampHeaders });
const off = channel(lamp("turn.off"), { payload: turn, headers: lampHeaders });
const dim = channel(lamp("dim"), {
  payload: z.object({ percentage: optional(z.int().min(0).max(100)) }),
  headers: lampHeaders,
});

test("the streetlights on Kafka: a measurement is read, and lamps are told what to do", async () => {
  const kafka = new ServedBroker(
    "kafka",
    { host: "test.mykafkacluster.org:18092", protocol: "kafka-secure" },
  );
  const app = new RustStream({ title: "Streetlights", version: "1.0.0" })
    .withBroker(kafka, (b) =>
      b.include(subscriber(measured, {
        name: "receiveLightMeasurement",
        out: { turnOn: out(on), turnOff: out(off), dimLight: out(dim) },
      }, () => {})));

  const { document } = asyncApiDocument(app, {
    license: { name: "Apache 2.0", url: "https://www.apache.org/licenses/" },
    servers: {
      kafka: { security: ["scram"], tags: [{ name: "kind:remote" }] },
    },
    parameters: {
      streetlightId: { description: "The ID of the streetlight." },
    },
    securitySchemes: { scram: { type: "scramSha256" } },
  });

  const common = {
    headers: object({ "my-app-header": { ...whole, maximum: 100 } }),
  };
  const text = { type: "string" };
  const command = object({
    command: { type: "string", enum: ["on", "off"] },
    sentAt: text,
  });
  assert.deepEqual(outline(document), [
    {
      does: `receive ${measured.address}`,
      messages: [{
        payload: object({ lumens: { ...whole, ...safe }, sentAt: text }),
        ...common,
      }],
    },
    {
      does: `send ${dim.address}`,
      messages: [{
        payload: object({ percentage: { ...whole, maximum: 100 } }),
        ...common,
      }],
    },
    {
      does: `send ${off.address}`,
      messages: [{ payload: command, ...common }],
    },
    { does: `send ${on.address}`, messages: [{ payload: command, ...common }] },
  ]);
  assert.deepEqual(document.servers, {
    kafka: {
      host: "test.mykafkacluster.org:18092",
      protocol: "kafka-secure",
      tags: [{ name: "kind:remote" }],
      security: [{ $ref: "#/components/securitySchemes/scram" }],
    },
  });
  await checkLawful(document);
});

test("an RPC server: it reads numbers, and answers with their sum", async () => {
  const headers = z.object({ correlation_id: optional(z.string()) });
  const results = channel("results", {
    payload: z.object({ result: optional(z.number()) }),
    headers,
    examples: [{ result: 7 }],
  });
  const asked = channel("rpc_queue", {
    payload: z.object({ numbers: optional(z.array(z.number())) }),
    headers,
    examples: [{ numbers: [4, 3] }],
  });
  const broker = new ServedBroker(
    "production",
    { host: "rabbitmq.example.org", protocol: "amqp" },
  );
  const sum = subscriber(
    asked,
    { name: "sum", reply: results },
    ({ numbers = [] }) => ({ result: numbers.reduce((a, b) => a + b, 0) }),
  );
  const app = new RustStream({ title: "RPC Server Example", version: "1.0.0" })
    .withBroker(broker, (b) => b.include(sum));

  const { document } = asyncApiDocument(app, {
    id: "urn:example:rpcserver",
    correlationHeader: "correlation_id",
    channels: {
      rpc_queue: {
        bindings: { amqp: { is: "queue", queue: { durable: false } } },
      },
    },
  });

  const location = "$message.header#/correlation_id";
  const tied = object({ correlation_id: { type: "string" } });
  const both = { headers: tied, location };
  const result = object({ result: { type: "number" } });
  const numbers = object({
    numbers: { type: "array", items: { type: "number" } },
  });
  assert.deepEqual(outline(document), [{
    does: "receive rpc_queue",
    messages: [{ payload: numbers, ...both }],
    answer: { at: "results", messages: [{ payload: result, ...both }] },
  }]);
  assert.deepEqual(document.channels["rpc_queue"]?.bindings, {
    amqp: { is: "queue", queue: { durable: false }, bindingVersion: "0.3.0" },
  });
  await checkLawful(document);
});

test("an RPC client: it asks, and wants the answer where it says", async () => {
  const results = channel("results", {
    payload: z.object({ result: optional(z.number()) }),
  });
  const asked = channel("rpc_queue", {
    payload: z.object({ numbers: optional(z.array(z.number())) }),
    reply: results,
  });
  const todo = channel("todo", { payload: z.array(z.number()) });
  const app = new RustStream({ title: "RPC Client Example", version: "1.0.0" })
    .withBroker(new MemoryBroker(), (b) =>
      b.include(subscriber(
        todo,
        { name: "add", out: { requestSum: out(asked).requests() } },
        () => {},
      )));

  const { document } = asyncApiDocument(app, { id: "urn:example:rpcclient" });

  assert.deepEqual(outline(document)[1], {
    does: "send rpc_queue",
    messages: [{
      payload: object({
        numbers: { type: "array", items: { type: "number" } },
      }),
    }],
    answer: {
      at: null,
      messages: [{ payload: object({ result: { type: "number" } }) }],
    },
  });
  await checkLawful(document);
});

const key = z.object({ key: optional(z.string()) })
  .meta({ id: "objectWithKey" });
const key2 = z.object({ key2: optional(z.string()) })
  .meta({ id: "objectWithKey2" });
const keyed = object({ key: { type: "string" } });
const keyed2 = object({ key2: { type: "string" } });

test("a message that is one or the other: one schema of both, and two messages of one channel", async () => {
  const read = channel("test", { payload: z.union([key, key2]) });
  const send = channel("test2", { payload: key });
  const send2 = channel("test2", { payload: key2 });
  const app = new RustStream({ title: "OneOf example", version: "1.0.0" })
    .withBroker(new MemoryBroker(), (b) =>
      b.include(subscriber(read, {
        name: "onTestMsg",
        out: { sendTest: out(send), sendTest2: out(send2) },
      }, () => {})));

  const { document } = asyncApiDocument(app);

  assert.deepEqual(outline(document), [
    {
      does: "receive test",
      messages: [{ payload: { anyOf: [keyed, keyed2] } }],
    },
    { does: "send test2", messages: [{ payload: keyed }] },
    { does: "send test2", messages: [{ payload: keyed2 }] },
  ]);
  assert.deepEqual(Object.keys(document.channels["test2"]?.messages ?? {}), [
    "objectWithKey",
    "objectWithKey2",
  ]);
  await checkLawful(document);
});

test("application headers: nested ones are shown as they are declared", async () => {
  const measured = channel("streetlights.{streetlightId}.measured", {
    payload: z.object({ lumens: optional(z.int().min(0)) }),
    headers: z.object({
      MQMD: optional(z.object({
        CorrelId: optional(z.string().length(24)),
      })),
      applicationInstanceId: optional(z.string()),
    }),
  });
  const app = new RustStream({ title: "Headers", version: "1.0.0" })
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(measured, { name: "receive" }, () => {})),
    );

  const { document } = asyncApiDocument(app);

  assert.deepEqual(outline(document), [{
    does: `receive ${measured.address}`,
    messages: [{
      payload: object({ lumens: { ...whole, ...safe } }),
      headers: object({
        MQMD: object({
          CorrelId: { type: "string", minLength: 24, maxLength: 24 },
        }),
        applicationInstanceId: { type: "string" },
      }),
    }],
  }]);
  await checkLawful(document);
});

test("security of one operation: it is asked for beside that of its server", async () => {
  const created = channel("payments.created", {
    payload: z.object({ url: optional(z.string()) }),
  });
  const broker = new ServedBroker(
    "petstore",
    { host: "petstore.example", protocol: "http" },
  );
  const app = new RustStream({ title: "Petstore", version: "1.0.0" })
    .withBroker(
      broker,
      (b) => b.include(subscriber(created, { name: "paid" }, () => {})),
    );

  const { document } = asyncApiDocument(app, {
    securitySchemes: {
      store: {
        type: "oauth2",
        flows: {
          clientCredentials: {
            tokenUrl: "https://example.com/api/oauth/dialog",
            availableScopes: { "subscribe:auth": "To subscribe" },
          },
        },
        scopes: ["subscribe:auth"],
      },
    },
    subscribers: { paid: { security: ["store"] } },
  });

  const store = [{ $ref: "#/components/securitySchemes/store" }];
  assert.deepEqual(document.operations["paid"]?.security, store);
  assert.equal(document.servers["petstore"]?.security, undefined);
  assert.equal(outline(document)[0]?.does, "receive payments.created");
  await checkLawful(document);
});
