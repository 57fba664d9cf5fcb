import { test } from "@ruststream/conformance/runner";
import {
  batchSubscriber,
  bytes,
  channel,
  on,
  out,
  Router,
  subscriber,
  text,
} from "@ruststream/core";
import type { Source } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { at, emptyApp, ServedBroker } from "./_kit_test.ts";
import { asyncApiDocument } from "./document.ts";
import { checkDocument } from "./lint/lint.ts";
import type { DocumentOptions } from "./options.ts";

const Order = z.object({ id: z.number(), note: z.string().default("") })
  .meta({ title: "Order" });
const Receipt = z.object({ paid: z.number() });
const Question = z.object({ sku: z.string() });

const orders = channel("orders.{shop}", {
  payload: Order,
  headers: z.object({ trace: z.string() }),
  title: "Orders",
  summary: "What customers order",
  examples: [{ id: 7 }],
});
const receipts = channel("receipts.{shop}", { payload: Receipt });
const audit = channel("audit.{rest+}", { payload: Receipt });
const stock = channel("stock", { payload: Question, reply: receipts });
const dead = bytes("dead.{shop}");
const notes = text("notes");

const bill = subscriber(orders, {
  name: "bill",
  reply: receipts,
  out: { audit: out(audit) },
  group: "billing",
  retry: { maxAttempts: 3 },
  deadLetter: dead,
}, () => ({ paid: 1 }));
const count = batchSubscriber(
  orders,
  { name: "count", max: 5 },
  () => {},
);
const read = subscriber(notes, () => {});

function shopDocument(options: DocumentOptions = {}) {
  const app = emptyApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(bill).include(count).include(read),
  );
  return asyncApiDocument(app, options).document;
}

test("asyncApiDocument() shows who receives what, and what becomes of it", () => {
  const { operations } = shopDocument();

  assert.deepEqual(Object.keys(operations), [
    "bill",
    "bill.audit",
    "bill.dead-letter",
    "count",
    "notes",
  ]);
  assert.deepEqual(operations["bill"], {
    action: "receive",
    channel: { $ref: "#/channels/orders.shop" },
    messages: [{ $ref: "#/channels/orders.shop/messages/Order" }],
    reply: {
      channel: { $ref: "#/channels/receipts.shop" },
      messages: [{
        $ref: "#/channels/receipts.shop/messages/receipts.shop",
      }],
    },
    "x-ruststream-group": "billing",
    "x-ruststream-retry": {
      maxAttempts: 3,
      order: "yield",
      backoff: { initialMs: 100, maxMs: 30_000, factor: 2, jitter: true },
      deadLetter: "dead.{shop}",
    },
  });
  assert.deepEqual(operations["bill.dead-letter"], {
    action: "send",
    channel: { $ref: "#/channels/dead.shop" },
    messages: [{ $ref: "#/channels/dead.shop/messages/dead.shop" }],
  });
  assert.deepEqual(operations["count"]?.["x-ruststream-batch"], {
    max: 5,
    waitMs: 0,
  });
});

test("asyncApiDocument() shows channels once, with their parameters", () => {
  const { channels } = shopDocument({
    parameters: { shop: { description: "Which", enum: ["acme"] } },
  });

  assert.deepEqual(Object.keys(channels), [
    "audit.rest",
    "dead.shop",
    "notes",
    "orders.shop",
    "receipts.shop",
  ]);
  assert.deepEqual(channels["orders.shop"], {
    address: "orders.{shop}",
    parameters: { shop: { description: "Which", enum: ["acme"] } },
    title: "Orders",
    summary: "What customers order",
    servers: [{ $ref: "#/servers/memory" }],
    messages: { Order: { $ref: "#/components/messages/Order" } },
  });
  assert.deepEqual(channels["audit.rest"], {
    address: "audit.{rest}",
    "x-ruststream-address": "audit.{rest+}",
    parameters: {
      rest: { description: "One token or more, joined by dots." },
    },
    servers: [{ $ref: "#/servers/memory" }],
    messages: { "audit.rest": { $ref: "#/components/messages/audit.rest" } },
  });
});

test("asyncApiDocument() shows messages as they are on the wire", () => {
  const made = shopDocument();

  assert.deepEqual(at(made, "/components/messages/Order"), {
    name: "Order",
    title: "Order",
    summary: "What customers order",
    contentType: "application/json",
    headers: { $ref: "#/components/schemas/orders.shop.headers" },
    payload: { $ref: "#/components/schemas/Order" },
    examples: [{ payload: { id: 7 } }],
  });
  assert.deepEqual(at(made, "/components/schemas/Order/required"), ["id"]);
  assert.deepEqual(at(made, "/components/messages/notes"), {
    name: "notes",
    contentType: "text/plain; charset=utf-8",
    payload: { $ref: "#/components/schemas/notes.payload" },
  });
  assert.deepEqual(at(made, "/components/messages/dead.shop"), {
    name: "dead.shop",
    contentType: "application/octet-stream",
    headers: { $ref: "#/components/schemas/dead-letter-headers" },
  });
  assert.deepEqual(
    at(made, "/components/schemas/dead-letter-headers/required"),
    ["address", "reason", "attempts", "subscriber", "at"].map((name) =>
      `ruststream-dead-letter-${name}`
    ),
  );
  assert.equal(made.defaultContentType, undefined);
});

test("asyncApiDocument() shows what options say of channels and messages", () => {
  const { channels, components } = shopDocument({
    channels: {
      "orders.{shop}": {
        title: "All orders",
        description: "Each *once*.",
        tags: [{ name: "shop" }],
        bindings: { kafka: { topic: "o" }, own: { a: 1 } },
        message: {
          summary: "An order",
          description: "As it came",
          tags: [{ name: "order" }],
          bindings: { kafka: { key: { type: "string" } } },
        },
      },
    },
  });

  assert.deepEqual(channels["orders.shop"], {
    address: "orders.{shop}",
    parameters: { shop: {} },
    title: "All orders",
    summary: "What customers order",
    description: "Each *once*.",
    tags: [{ name: "shop" }],
    servers: [{ $ref: "#/servers/memory" }],
    messages: { Order: { $ref: "#/components/messages/Order" } },
    bindings: { kafka: { topic: "o", bindingVersion: "0.5.0" } },
    "x-own": { a: 1 },
  });
  const order = at(components, "/messages/Order") as Record<string, unknown>;
  const { summary, description, tags, bindings, title } = order;
  assert.deepEqual({ summary, description, tags, bindings, title }, {
    title: "Order",
    summary: "An order",
    description: "As it came",
    tags: [{ name: "order" }],
    bindings: {
      kafka: { key: { type: "string" }, bindingVersion: "0.5.0" },
    },
  });
  assert.throws(() => shopDocument({ channels: { nope: {} } }), {
    name: "TypeError",
    message: /channels names address "nope", and there are "/,
  });
});

test("asyncApiDocument() says what all messages are, where they agree", () => {
  const app = emptyApp()
    .withBroker(new MemoryBroker(), (b) => b.include(count));

  const { document: made } = asyncApiDocument(app);

  assert.equal(made.defaultContentType, "application/json");
});

test("asyncApiDocument() shows requests with a channel for their answers", () => {
  const ask = subscriber(
    notes,
    { name: "ask", out: { stock: out(stock).requests() } },
    () => {},
  );
  const app = emptyApp().withBroker(new MemoryBroker(), (b) => b.include(ask));

  const { document: made } = asyncApiDocument(app);

  assert.deepEqual(made.operations["ask.stock"], {
    action: "send",
    channel: { $ref: "#/channels/stock" },
    messages: [{ $ref: "#/channels/stock/messages/stock" }],
    reply: {
      channel: { $ref: "#/channels/ask.stock.reply" },
      messages: [{
        $ref: "#/channels/ask.stock.reply/messages/receipts.shop",
      }],
    },
  });
  assert.equal(at(made, "/channels/ask.stock.reply/address"), null);
  assert.deepEqual(checkDocument(made), []);
});

test("asyncApiDocument() is the same in whatever order things are mounted", () => {
  const same = channel("orders.shop", { payload: Receipt });
  const parts = [
    bill,
    count,
    read,
    subscriber(orders, () => {}),
    subscriber(same, () => {}),
    subscriber(same, { group: "a" }, () => {}),
  ];
  const of = (all: typeof parts) => {
    const app = emptyApp().withBroker(new MemoryBroker(), (b) => {
      for (const one of all) b.include(one as typeof read);
      return b;
    });
    return asyncApiDocument(app).document;
  };

  const made = of(parts);

  assert.deepEqual(
    JSON.stringify(of(parts.toReversed())),
    JSON.stringify(made),
  );
  assert.equal(
    Object.keys(made.channels).filter((id) => id.startsWith("orders.shop-"))
      .length,
    2,
  );
  assert.deepEqual(checkDocument(made), []);
});

test("asyncApiDocument() shows servers by their broker, and never who one is", () => {
  const busy = new ServedBroker(
    "busy",
    { host: "me:secret@a.example:4222", protocol: "nats" },
    {
      host: "nats://me:secret@b.example/at?token=secret",
      protocol: "nats",
      protocolVersion: "2",
      bindings: { nats: { name: 1 }, kafka: { schemaRegistryUrl: "r" } },
    },
  );
  const app = emptyApp()
    .withBroker(busy, (b) => b.include(bill, { out: { audit: on(busy) } }))
    .withBroker(new MemoryBroker(), (b) => b.include(bill2));

  const { document: made } = asyncApiDocument(app, {
    servers: { busy: { summary: "The one", security: ["key"] } },
    securitySchemes: { key: { type: "userPassword" } },
  });

  assert.deepEqual(made.servers, {
    "busy-1": {
      host: "a.example:4222",
      protocol: "nats",
      summary: "The one",
      security: [{ $ref: "#/components/securitySchemes/key" }],
    },
    "busy-2": {
      host: "b.example",
      pathname: "/at",
      protocol: "nats",
      protocolVersion: "2",
      summary: "The one",
      security: [{ $ref: "#/components/securitySchemes/key" }],
      bindings: {
        kafka: { schemaRegistryUrl: "r", bindingVersion: "0.5.0" },
      },
      "x-nats": { name: 1 },
    },
    memory: { host: "in-process", protocol: "in-process" },
  });
  assert.doesNotMatch(JSON.stringify(made), /secret|token=/);
  assert.deepEqual(checkDocument(made), []);
});

const bill2 = subscriber(orders, { name: "bill-2" }, () => {});

test("asyncApiDocument() gives an address a channel on each broker", () => {
  const there = new MemoryBroker({ name: "there" });
  const app = emptyApp()
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(bill, { out: { audit: on(there) } }).include(bill2),
    )
    .withBroker(there, (b) => b.include(count));

  const { channels } = asyncApiDocument(app).document;

  const servers = Object.values(channels)
    .filter(({ address }) => address === "orders.{shop}")
    .map((one) => at(one, "/servers/0/$ref"));
  assert.deepEqual(servers.sort(), ["#/servers/memory", "#/servers/there"]);
  assert.deepEqual(channels["audit.rest"]?.servers, [
    { $ref: "#/servers/there" },
  ]);
});

test("asyncApiDocument() shows the address with the prefix of its routers", () => {
  const router = new Router({ prefix: "eu" }).include(bill2);
  const app = emptyApp()
    .withBroker(new MemoryBroker(), (b) => b.include(router));

  const { channels } = asyncApiDocument(app).document;

  assert.equal(at(channels, "/eu.orders.shop/address"), "eu.orders.{shop}");
});

test("asyncApiDocument() shows what a source says of its protocol", () => {
  const broker = new MemoryBroker();
  const source: Source<unknown, typeof receipts> = {
    channel: receipts,
    guarantees: broker.guarantees,
    open: () => Promise.reject(new Error("Not to be opened")),
    bindings: {
      operation: { nats: { queue: "q" }, jetstream: { stream: "S" } },
    },
  };
  const app = emptyApp().withBroker(
    broker,
    (b) => b.include(subscriber(source, { name: "sub" }, () => {})),
  );

  const { operations } = asyncApiDocument(app).document;

  assert.deepEqual(operations["sub"]?.["bindings"], {
    nats: { queue: "q", bindingVersion: "0.1.0" },
  });
  assert.deepEqual(operations["sub"]?.["x-jetstream"], { stream: "S" });
});
