// Whose fault it is that something made of a delivery cannot be published.
import {
  bytes,
  channel,
  map,
  pipeline,
  type PublishMiddleware,
  reply,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import {
  headers,
  type Message,
  type Publisher,
} from "@ruststream/core/contract";
import { faulty, testApp } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info } from "./_kit_test.ts";

const orders = channel<number>("orders");
const receipts = channel<number>("receipts");
const dead = bytes("orders.dead");
const settings = {
  deadLetter: dead,
  retry: { backoff: { initialMs: 10, maxMs: 10, jitter: false } },
} as const;

/** What publishes a receipt of each order: by a reply, and by a pipeline. */
const takers = {
  "a reply": subscriber(
    orders,
    { ...settings, reply: receipts },
    (id) => id,
  ),
  "a pipeline": pipeline(
    orders,
    settings,
    (s, io) => s.pipeThrough(map((id) => id)).pipeTo(io.sinkTo(receipts)),
  ),
};

/** Stands around receipts alone. */
const around = (layer: PublishMiddleware): PublishMiddleware => (next) => {
  const made = layer(next);
  return (message, to) =>
    (message.address === "receipts" ? made : next)(message, to);
};

for (const [what, take] of Object.entries(takers)) {
  for (
    const [mistake, wrong] of [
      ["throws a TypeError", (): Message => {
        throw new TypeError("x is undefined");
      }],
      ["makes a message that is not lawful", (message: Message): Message => ({
        ...message,
        key: 7 as never,
      })],
    ] as const
  ) {
    test(`${what} whose publish middleware ${mistake} is tried again, and no dead letter`, async () => {
      const settled: string[] = [];
      let isBroken = true;
      const app = new RustStream(info)
        .usePublish(
          around((next) => (message, to) =>
            next(isBroken ? wrong(message) : message, to)
          ),
        )
        .observe({ settled: ({ settlement }) => settled.push(settlement) })
        .withBroker(new MemoryBroker(), (b) => b.include(take));
      await using t = await testApp(app);

      await t.publish(orders, 1);
      await t.advance(50);
      const letters = t.published(dead).messages.length;
      isBroken = false;
      await t.advance(50);

      assert.equal(letters, 0);
      assert.equal(settled.at(-1), "ack");
      t.published(dead).none();
    });
  }

  for (
    const [does, layer] of [
      ["changes nothing", (message: Message): Message => message],
      ["adds a header", (message: Message): Message => ({
        ...message,
        headers: headers([...message.headers ?? [], ["x-trace", "1"]]),
      })],
    ] as const
  ) {
    test(`${what} that its broker takes for not lawful is a dead letter at once where a publish middleware ${does}`, async () => {
      let tries = 0;
      const memory = faulty(new MemoryBroker(), {
        breaks: "Receipts are refused.",
        publisher: (publisher: Publisher) => ({
          publish: (message: Message) => {
            if (message.address !== "receipts") {
              return publisher.publish(message);
            }
            tries++;
            return Promise.reject(new TypeError("Cannot publish: too long"));
          },
        }),
      });
      const app = new RustStream(info)
        .usePublish(around((next) => (message, to) => next(layer(message), to)))
        .observe({ published: () => {} })
        .withBroker(new MemoryBroker(), (b) => b.include(take));
      await using t = await testApp(app, { brokers: { memory } });

      await t.publish(orders, 1);

      t.published(dead).times(1);
      assert.equal(tries, 1);
    });
  }
}

test("a reply that no broker takes is a dead letter at once, whatever a publish middleware makes of it", async () => {
  const take = subscriber(
    orders,
    { ...settings, reply: receipts },
    (id) => reply(id, { key: 7 as never }),
  );
  const app = new RustStream(info)
    .usePublish((next) => (message, to) => next({ ...message }, to))
    .withBroker(new MemoryBroker(), (b) => b.include(take));
  await using t = await testApp(app);

  await t.publish(orders, 1);

  t.published(dead).times(1);
});
