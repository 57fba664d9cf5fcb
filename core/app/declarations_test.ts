import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { bytes, channel } from "../channel.ts";
import { bytesCodec, jsonCodec } from "../codecs.ts";
import type { Codec } from "../contract/codec.ts";
import { out } from "../publish/out.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import { FakeBroker, info } from "./_kit_test.ts";
import { declarations } from "./declarations.ts";
import { on } from "./elsewhere.ts";
import { Router } from "./router.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<{ id: number }>("orders");
const receipts = channel<{ id: number }>("receipts");
const dead = bytes("dead");
const own: Codec = { ...jsonCodec, contentType: "application/own" };

test("declarations() gives what is read and published, merged with what is around it", () => {
  const server = { host: "broker:4222", protocol: "fake" };
  const [here, there] = [
    new FakeBroker({ servers: [server] }),
    new FakeBroker({ name: "there" }),
  ];
  const take = batchSubscriber(orders, {
    name: "take",
    max: 10,
    group: "g",
    reply: receipts,
    out: { audit: out(receipts) },
    deadLetter: dead,
    retry: { maxAttempts: 5 },
  }, () => []);
  const router = new Router({ prefix: "eu", codec: own })
    .include(take, { out: { audit: on(there) } });
  const app = new RustStream(info)
    .withBroker(here, (b) => b.include(router))
    .withBroker(there, (b) => b.include(subscriber(receipts, () => {})));

  const { info: named, brokers, subscribers } = declarations(app);

  assert.equal(named, app.info);
  assert.deepEqual(brokers, [
    { name: "fake", servers: [server] },
    { name: "there", servers: [] },
  ]);
  const [taking, reading] = subscribers;
  assert.deepEqual(taking, {
    name: "take",
    isNamed: true,
    address: "eu.orders",
    channel: orders,
    codec: own,
    broker: "fake",
    group: "g",
    batch: { max: 10, waitMs: 0 },
    reply: { channel: receipts, codec: own, broker: "fake" },
    slots: [{ slot: "audit", channel: receipts, codec: own, broker: "there" }],
    deadLetter: { channel: dead, codec: bytesCodec, broker: "fake" },
    retry: {
      maxAttempts: 5,
      order: "yield",
      backoff: { initialMs: 100, maxMs: 30_000, factor: 2, jitter: true },
    },
  });
  assert.equal(reading?.isNamed, false);
  assert.equal(reading?.codec, jsonCodec);
});

test("declarations() gives what requests are answered with", () => {
  const ask = subscriber(
    orders,
    { out: { more: out(receipts).requests(orders) } },
    () => {},
  );
  const app = new RustStream(info).withBroker(
    new FakeBroker(),
    (b) => b.include(ask as never),
  );

  const [asking] = declarations(app).subscribers;

  assert.deepEqual(asking?.slots[0]?.reply, {
    channel: orders,
    codec: jsonCodec,
    broker: "fake",
  });
});

test("declarations() refuses what is no application", () => {
  assert.throws(() => declarations({} as RustStream), { name: "TypeError" });
});
