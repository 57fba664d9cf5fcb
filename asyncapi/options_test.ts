import { test } from "@ruststream/conformance/runner";
import { bytes, channel, subscriber, text, type } from "@ruststream/core";
import type { Schema } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { at, emptyApp } from "./_kit_test.ts";
import { asyncApiDocument } from "./document.ts";
import { checkDocument } from "./lint/lint.ts";
import type { DocumentOptions } from "./options.ts";

const Order = z.object({ id: z.number() }).meta({ title: "Order" });
const orders = channel("orders.{shop}", {
  payload: Order,
  headers: z.object({ trace: z.string() }),
});
const count = subscriber(orders, { name: "count" }, () => {});
const bill = subscriber(
  orders,
  { name: "bill", deadLetter: bytes("dead.{shop}") },
  () => {},
);
const read = subscriber(text("notes"), () => {});

function shopDocument(options: DocumentOptions) {
  const app = emptyApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(bill).include(count).include(read),
  );
  return asyncApiDocument(app, options).document;
}

test("asyncApiDocument() tells which channels have no schema, and why", () => {
  const broken = channel("broken", {
    payload: z.object({ at: z.date() }),
    headers: type<{ a: string }>(),
    examples: [{ at: new Date(0) }],
  });
  const foreign = channel("foreign", {
    payload: {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: (value: unknown) => ({ value }),
      },
    } satisfies Schema,
    examples: [10n],
  });
  const app = emptyApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(broken, () => {}))
        .include(subscriber(foreign, () => {}))
        .include(subscriber(channel<{ a: 1 }>("typed"), () => {}))
        .include(read),
  );

  const { document: made, gaps } = asyncApiDocument(app);

  assert.deepEqual(gaps.map(({ address, part }) => `${address} ${part}`), [
    "broken headers",
    "broken payload",
    "foreign examples",
    "foreign payload",
    "typed payload",
  ]);
  assert.match(gaps[1]?.why ?? "", /^the schema cannot say itself, .*Date/);
  assert.equal(
    gaps[3]?.why,
    'schemas of "own" do not say themselves as JSON Schema',
  );
  assert.equal(
    gaps[4]?.why,
    "it is declared by a type, without a schema",
  );
  assert.deepEqual(checkDocument(made), []);
});

test("asyncApiDocument() asks the option jsonSchema first", () => {
  const app = emptyApp()
    .withBroker(new MemoryBroker(), (b) => b.include(count));

  const { document: made, gaps } = asyncApiDocument(app, {
    jsonSchema: (schema) =>
      schema === Order ? { title: "Mine", type: "object" } : undefined,
  });

  assert.deepEqual(gaps, []);
  assert.deepEqual(at(made, "/components/schemas/Mine"), {
    title: "Mine",
    type: "object",
  });
  assert.notEqual(
    at(made, "/components/schemas/orders.shop.headers"),
    undefined,
  );
});

test("asyncApiDocument() leaves out what is undocumented, and all that only it needs", () => {
  const made = shopDocument({ undocumented: ["bill", "notes"] });

  assert.deepEqual(Object.keys(made.operations), ["count"]);
  assert.deepEqual(Object.keys(made.channels), ["orders.shop"]);
  assert.deepEqual(Object.keys(made.components["messages"] ?? {}), ["Order"]);
});

test("asyncApiDocument() says what options say", () => {
  const made = shopDocument({
    version: "3.0.0",
    id: "urn:example:shop",
    termsOfService: "https://a.example/terms",
    contact: { email: "a@a.example" },
    license: { name: "Apache-2.0" },
    tags: [{ name: "sales" }],
    externalDocs: { url: "https://a.example" },
    subscribers: { bill: { title: "Bill", tags: [{ name: "money" }] } },
  });

  assert.equal(made.asyncapi, "3.0.0");
  assert.equal(made.id, "urn:example:shop");
  assert.deepEqual(made.info, {
    title: "shop",
    version: "1.0.0",
    description: "It sells.",
    termsOfService: "https://a.example/terms",
    contact: { email: "a@a.example" },
    license: { name: "Apache-2.0" },
    tags: [{ name: "sales" }],
    externalDocs: { url: "https://a.example" },
  });
  assert.equal(made.operations["bill"]?.["title"], "Bill");
  assert.deepEqual(checkDocument(made), []);
});

test("asyncApiDocument() refuses options that name what is not there", () => {
  const wrong: readonly (readonly [DocumentOptions, RegExp])[] = [
    [{ titel: 1 } as DocumentOptions, /option "titel"/],
    [{ version: "2.6.0" } as unknown as DocumentOptions, /found "2.6.0"/],
    [{ id: "shop" }, /a URI, found "shop"/],
    [{ undocumented: ["bil"] }, /subscriber "bil", and there are "bill"/],
    [{ subscribers: { bil: {} } }, /subscriber "bil"/],
    [{ servers: { nats: {} } }, /broker "nats"/],
    [
      { servers: { memory: { security: ["key"] } } },
      /"key", and there is none/,
    ],
    [{ securitySchemes: { "a b": {} } }, /found "a b"/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => shopDocument(options), { name: "TypeError", message });
  }
});
