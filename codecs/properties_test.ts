import { create, equals } from "@bufbuild/protobuf";
import { test } from "@ruststream/conformance/runner";
import type { Codec } from "@ruststream/core/contract";
import fc from "fast-check";
import assert from "node:assert/strict";
import {
  cases,
  damaged,
  message,
  numbers,
  rejectionOf,
  texts,
  through,
  throughLater,
  thrownBy,
  timeoutMs,
  trees,
} from "./_kit_test.ts";
import { OrderSchema } from "./_order_pb_test.ts";
import { bytesCodec } from "./bytes.ts";
import { cbor } from "./cbor.ts";
import { cloudEvents } from "./cloudevents.ts";
import { compress } from "./compress.ts";
import { json } from "./json.ts";
import { msgpack } from "./msgpack.ts";
import { protobuf } from "./protobuf.ts";
import { textCodec } from "./text.ts";

const limits = { numRuns: cases };
const signed64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const unsigned64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const large = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n });
const dates = fc.date({ noInvalidDate: true });
const near = fc.date({
  noInvalidDate: true,
  min: new Date("-001000-01-01"),
  max: new Date("9999-01-01"),
});
const someBytes = fc.uint8Array({ maxLength: 40 });
const special = fc.constantFrom(NaN, Infinity, -Infinity);

const orders = fc.record({
  id: signed64,
  customer: texts,
  express: fc.boolean(),
  signature: someBytes,
  state: fc.constantFrom(0, 1, 2),
  lines: fc.array(
    fc.record({ sku: texts, count: fc.nat(), price: numbers }),
    { maxLength: 4 },
  ),
  weights: fc.dictionary(fc.string(), fc.integer(), { noNullPrototype: true }),
  offsets: fc.array(fc.integer(), { maxLength: 20 }),
  discount: fc.option(fc.float({ noNaN: true }), { nil: undefined }),
  placedAt: fc.record({ seconds: signed64, nanos: fc.nat() }),
  payment: fc.oneof(
    fc.record({ case: fc.constant("card" as const), value: texts }),
    fc.record({ case: fc.constant("invoice" as const), value: unsigned64 }),
  ),
}, { requiredKeys: [] });

const words = fc.stringMatching(/^[a-z][a-z0-9 .é%"/]{0,20}$/);
const events = fc.record({
  specversion: fc.constant("1.0" as const),
  id: words,
  source: fc.webUrl(),
  type: words,
  datacontenttype: fc.constant("application/json"),
  subject: words,
  time: near.map((date) => date.toISOString().slice(-24)),
  extensions: fc.dictionary(fc.stringMatching(/^x[a-z0-9]{1,9}$/), words, {
    minKeys: 1,
    noNullPrototype: true,
  }),
  data: trees(),
}, {
  requiredKeys: ["specversion", "id", "source", "type", "datacontenttype"],
  noNullPrototype: true,
});

const fields = {
  "content-type": "application/json",
  "ce-specversion": "1.0",
  "ce-id": "1",
  "ce-source": "/",
  "ce-type": "a",
};

const protobufCodec = protobuf(OrderSchema).codec;

/** Each codec, and payloads that it takes. */
const codecs: Readonly<
  Record<string, readonly [Codec, fc.Arbitrary<unknown>]>
> = {
  "json": [json(), trees()],
  "json of dates and bigints": [
    json({ dates: true, bigint: true }),
    trees(dates, large, large.map((n) => -n)),
  ],
  "text": [textCodec, texts],
  "bytes": [bytesCodec, someBytes],
  "msgpack": [msgpack(), trees(dates, someBytes, special)],
  "msgpack of bigints": [
    msgpack({ bigint: true }),
    trees(signed64, unsigned64),
  ],
  "cbor": [cbor(), trees(near, someBytes, special, large)],
  "cloudEvents, structured": [cloudEvents(), events],
  "cloudEvents, binary": [cloudEvents({ mode: "binary" }), events],
};

for (const [name, [codec, payloads]] of Object.entries(codecs)) {
  test(`${name}: what is encoded decodes to its equal`, () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        assert.deepEqual(through(codec, payload), payload);
      }),
      limits,
    );
  }, { timeoutMs });

  test(`${name}: other bytes decode, or give an error`, () => {
    // Only CloudEvents look at headers.
    const given = name === "cloudEvents, binary" ? fields : {};
    fc.assert(
      fc.property(damaged(codec, payloads), (body) => {
        const thrown = thrownBy(() => codec.decode(message(body, given)));
        assert.ok(thrown === undefined || thrown instanceof Error);
      }),
      limits,
    );
  }, { timeoutMs });
}

test("protobuf: what is encoded decodes to its equal", () => {
  fc.assert(
    fc.property(orders, (fields) => {
      const init = fields as Parameters<typeof create<typeof OrderSchema>>[1];
      const read = through(protobufCodec, init);
      const order = create(OrderSchema, init);
      assert.ok(equals(OrderSchema, read as typeof order, order));
    }),
    limits,
  );
}, { timeoutMs });

test("protobuf: other bytes decode, or give an error", () => {
  fc.assert(
    fc.property(damaged(protobufCodec, orders), (body) => {
      const thrown = thrownBy(() => protobufCodec.decode(message(body)));
      assert.ok(thrown === undefined || thrown instanceof Error);
    }),
    limits,
  );
}, { timeoutMs });

const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(255), fc.nat(9_000))
    .map(([byte, length]) => new Uint8Array(length).fill(byte)),
);
const ways = fc.constantFrom("gzip" as const, "deflate" as const);

test("compress: what is encoded decodes to its equal", async () => {
  await fc.assert(
    fc.asyncProperty(ways, bodies, async (as, body) => {
      const codec = compress(bytesCodec, { as, minBytes: 0 });
      assert.deepEqual(await throughLater(codec, body), body);
    }),
    limits,
  );
}, { timeoutMs });

test("compress: other bytes decode, or give an error", async () => {
  const codec = compress(bytesCodec);
  await fc.assert(
    fc.asyncProperty(ways, bodies, async (as, body) => {
      const given = message(body, { "content-encoding": as });
      const thrown = await rejectionOf(() => codec.decode(given));
      assert.ok(thrown === undefined || thrown instanceof Error);
    }),
    limits,
  );
}, { timeoutMs });
