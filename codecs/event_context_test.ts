import { test } from "@ruststream/conformance/runner";
import { channel, RustStream, subscriber, type } from "@ruststream/core";
import { headers } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { message } from "./_kit_test.ts";
import { cloudEvents, eventContext } from "./cloudevents.ts";
import { compress } from "./compress.ts";

interface Order {
  readonly id: number;
}
const attributes = ({ id }: Order) => ({
  id: `${id}`,
  source: "/shop",
  type: "placed",
  subject: "orders",
  extensions: { tenant: "acme" },
});

test("cloudEvents({ attributes }) gives a handler the data, and what the event says of it", async () => {
  const placed = channel<Order>("orders.placed");
  const seen: unknown[] = [];
  const handle = subscriber(placed, (order, ctx) => {
    const { id, type, subject, extensions, time } = eventContext(ctx);
    seen.push(order, { id, type, subject, extensions, time });
  });
  const running = await new RustStream({ title: "shop", version: "1.0.0" })
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(handle, { codec: cloudEvents({ attributes }) }),
    ).start();
  await running.publisher.publish(
    channel("orders.placed", {
      payload: type<Order>(),
      codec: cloudEvents({ attributes }),
    }),
    { id: 7 },
  );
  await running.stop();
  assert.deepEqual(seen, [{ id: 7 }, {
    id: "7",
    type: "placed",
    subject: "orders",
    extensions: { tenant: "acme" },
    time: undefined,
  }]);
});

test("cloudEvents({ attributes }) writes headers and an id, and reads events that are one JSON object", () => {
  const codec = cloudEvents({ attributes });
  const { body, headers: fields } = codec.encode({ id: 7 });
  assert.equal(new TextDecoder().decode(body), '{"id":7}');
  assert.equal(headers(fields).get("ce-source"), "/shop");
  assert.equal(headers(fields).get("message-id"), "/shop 7");

  const whole = cloudEvents().encode({ ...attributes({ id: 8 }), data: "x" });
  const found = message(whole.body, whole.headers);
  assert.equal(codec.decode(found), "x");
  assert.equal(eventContext({ message: found }).id, "8");
});

test("cloudEvents({ attributes }) refuses attributes that break the specification, and the other mode", () => {
  const codec = cloudEvents({
    attributes: () => ({ id: "", source: "/shop", type: "placed" }),
  });
  assert.throws(() => codec.encode({}), /Cannot take "id" of a CloudEvent/);
  assert.throws(
    () => cloudEvents({ attributes, mode: "structured" }),
    /"mode" must be "binary"/,
  );
});

test("eventContext() refuses a message that was read otherwise", async () => {
  const plain = message(new TextEncoder().encode("{}"), {});
  assert.throws(() => eventContext({ message: plain }), TypeError);
  const codec = compress(cloudEvents({ attributes }), { minBytes: 0 });
  const large = { id: 7, note: "x".repeat(1_000) };
  const { body, headers: fields } = await codec.encode(large);
  const packed = message(body, fields);
  assert.deepEqual(await codec.decode(packed), large);
  assert.throws(() => eventContext({ message: packed }), TypeError);
});
