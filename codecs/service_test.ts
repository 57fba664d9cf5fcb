import { test } from "@ruststream/conformance/runner";
import {
  bytes,
  channel,
  RustStream,
  type Settings,
  subscriber,
  type as typed,
} from "@ruststream/core";
import {
  deduplicate,
  MemoryDeduplicationStore,
} from "@ruststream/core/middleware";
import { testApp } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { OrderSchema } from "./_order_pb_test.ts";
import { cbor } from "./cbor.ts";
import { type CloudEvent, cloudEvents, eventSchema } from "./cloudevents.ts";
import { compress } from "./compress.ts";
import { json } from "./json.ts";
import { msgpack } from "./msgpack.ts";
import { protobuf } from "./protobuf.ts";
import { registry } from "./registry.ts";

interface Order {
  readonly id: number;
}

const raw = bytes("orders");
const dead = bytes("dead");
const orders = channel("orders", {
  payload: typed<Order>(),
  codec: registry([json(), cbor(), msgpack()]),
});
const written = {
  "application/json": json(),
  "application/cbor": cbor(),
  "application/vnd.msgpack": msgpack(),
};

function service(settings: Settings, seen: Order[]): RustStream {
  return new RustStream({ title: "orders", version: "1.0.0" })
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(
          subscriber(orders, settings, (order) => void seen.push(order)),
        ),
    ) as RustStream;
}

test("a service takes JSON, CBOR and MessagePack on one address", async () => {
  const seen: Order[] = [];
  await using t = await testApp(service({}, seen));

  let id = 0;
  for (const [type, codec] of Object.entries(written)) {
    const { body } = codec.encode({ id: id++ });
    await t.publish(raw, body, { headers: { "content-type": type } });
  }
  await t.publish(raw, json().encode({ id: 3 }).body, { headers: {} });
  await t.publish(orders, { id: 4 });

  // What is published as bytes says that it is bytes, so the fourth is refused.
  assert.deepEqual(seen.map((order) => order.id), [0, 1, 2, 4]);
});

/** A malformed body of each kind, and bodies of no kind. */
const malformed: Readonly<Record<string, readonly [string, Uint8Array]>> = {
  "JSON": ["application/json", Uint8Array.of(123)],
  "JSON that is no UTF-8": ["application/json", Uint8Array.of(34, 255, 34)],
  "CBOR": ["application/cbor", Uint8Array.of(0xa1)],
  "MessagePack": [
    "application/vnd.msgpack",
    Uint8Array.of(0xdd, 255, 255, 255, 255),
  ],
  "a type without a codec": ["application/xml", Uint8Array.of(60)],
  "nothing at all": ["application/json", new Uint8Array()],
};

for (const [what, [type, body]] of Object.entries(malformed)) {
  test(`a service dead-letters ${what} as "codec", unrun`, async () => {
    const seen: Order[] = [];
    await using t = await testApp(service({ deadLetter: dead }, seen));

    await t.publish(raw, body, { headers: { "content-type": type } });

    const [letter] = t.published(dead).messages;
    assert.deepEqual(seen, []);
    assert.equal(
      letter?.headers?.get("ruststream-dead-letter-reason"),
      "codec",
    );
    assert.deepEqual(letter?.body, body);
  });
}

test("a service reads what is compressed, and dead-letters what would not end", async () => {
  const seen: Order[][] = [];
  const packed = channel("packed", {
    payload: typed<Order[]>(),
    codec: compress(registry([msgpack(), json()]), { maxBytes: 100_000 }),
  });
  const app = new RustStream({ title: "orders", version: "1.0.0" })
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(
          subscriber(
            packed,
            { deadLetter: dead },
            (list) => void seen.push(list),
          ),
        ),
    );
  await using t = await testApp(app);
  const large = (count: number) =>
    Array.from({ length: count }, () => ({ id: 1 }));

  await t.publish(packed, large(1_000));
  await t.publish(packed, large(90_000));

  const [letter] = t.published(dead).messages;
  assert.deepEqual(seen.map((list) => list.length), [1_000]);
  assert.equal(letter?.headers?.get("content-encoding"), "gzip");
});

test("a channel of protobuf is typed by the message, and needs nothing else", async () => {
  const ids: bigint[] = [];
  const placed = channel("placed.{shop}", protobuf(OrderSchema));
  const app = new RustStream({ title: "orders", version: "1.0.0" })
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(placed, (order) => void ids.push(order.id))),
    );
  await using t = await testApp(app);

  await t.publish(placed, { id: 7n }, { params: { shop: "a" } });
  // @ts-expect-error the field is a bigint
  const wrong = t.publish(placed, { id: "seven" }, { params: { shop: "a" } });

  await assert.rejects(async () => await wrong, { code: "codec" });
  assert.deepEqual(ids, [7n]);
});

test("an event is handled once, by its id and source", async () => {
  const seen: CloudEvent<Order>[] = [];
  const events = channel("events", {
    payload: eventSchema<Order>(),
    codec: cloudEvents(),
  });
  const once = deduplicate({ store: new MemoryDeduplicationStore() });
  const app = new RustStream({ title: "orders", version: "1.0.0" })
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(subscriber(events, { middleware: [once] }, (event) => {
          const { subject = "", data: { id } = { id: 0 } } = event;
          seen.push({ ...event, subject: `${subject}${id}` });
        })),
    );
  await using t = await testApp(app);
  const event = { source: "/shop", type: "placed", data: { id: 5 } };

  for (const id of ["1", "1", "2"]) await t.publish(events, { ...event, id });

  assert.deepEqual(seen.map(({ id, subject }) => [id, subject]), [["1", "5"], [
    "2",
    "5",
  ]]);
});
