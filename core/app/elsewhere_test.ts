import { test } from "@ruststream/conformance/runner";
import type { Publisher } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { bytes, channel } from "../channel.ts";
import { out } from "../publish/out.ts";
import { reject } from "../outcome.ts";
import { subscriber } from "../subscriber.ts";
import { info } from "./_kit_test.ts";
import { on } from "./elsewhere.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<{ id: number }>("orders");
const audit = channel<{ what: string }>("audit");
const receipts = channel<{ id: number }>("receipts");
const dead = bytes("dead");

test("on() has slots, replies and dead letters published on another broker, added before or after", async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const [left, right] = [
    new MemoryBroker({ name: "left" }),
    new MemoryBroker({ name: "right" }),
  ];
  const take = (name: string) =>
    subscriber(orders, {
      name,
      out: { audit: out(audit) },
      reply: receipts,
      deadLetter: dead,
    }, async ({ id }, ctx) => {
      await ctx.out.audit.publish({ what: `${id}` });
      return id > 0 ? { id } : reject("no");
    });
  const hear = (name: string) =>
    [
      subscriber(audit, ({ what }) => void seen.push(`${name} audit ${what}`)),
      subscriber(receipts, ({ id }) => void seen.push(`${name} receipt ${id}`)),
      subscriber(dead, () => void seen.push(`${name} dead`)),
    ] as const;
  const sinks = (to: MemoryBroker) => ({
    out: { audit: on(to) },
    reply: on(to),
    deadLetterSink: on(to),
  });
  const app = new RustStream(info);
  for (const [here, there] of [[left, right], [right, left]] as const) {
    app.withBroker(here, (b) => {
      b.include(take(`take-${here.name}`), sinks(there));
      for (const one of hear(here.name)) b.include(one);
    });
  }
  const running = await app.start({ clock });

  await running.publisherOf(left).publish(orders, { id: 1 });
  await running.publisherOf(right).publish(orders, { id: 2 });
  await running.publisherOf(left).publish(orders, { id: -1 });
  await running.stop();

  assert.deepEqual(seen.sort(), [
    "left audit 2",
    "left receipt 2",
    "right audit -1",
    "right audit 1",
    "right dead",
    "right receipt 1",
  ]);
});

test("on() takes a sink of the other broker", async () => {
  const clock = new VirtualClock();
  const [left, right] = [
    new MemoryBroker({ name: "left" }),
    new MemoryBroker({ name: "right" }),
  ];
  const sent: string[] = [];
  const raw: Publisher = {
    confirms: "stored",
    publish: ({ address }) => void sent.push(address),
  };
  const running = await new RustStream(info)
    .withBroker(left, (b) =>
      b.include(
        subscriber(
          orders,
          { out: { audit: out(audit) } },
          async (_o, ctx) => {
            await ctx.out.audit.publish({ what: "x" });
          },
        ),
        {
          out: {
            audit: on(right, {
              open: (connection) => {
                sent.push(connection.state);
                return Promise.resolve(raw);
              },
            }),
          },
        },
      ))
    .withBroker(right)
    .start({ clock });

  await running.publisher.publish(orders, { id: 1 });
  await running.stop();

  assert.deepEqual(sent, ["connected", "audit"]);
});

test("on() of a broker that the application does not have fails the start", async () => {
  const app = new RustStream(info).withBroker(
    new MemoryBroker({ name: "here" }),
    (b) =>
      b.include(
        subscriber(
          orders,
          { name: "take", out: { audit: out(audit) } },
          () => {},
        ),
        { out: { audit: on(new MemoryBroker({ name: "there" })) } },
      ),
  );
  const message =
    'Cannot mount "take" on "here": its slot "audit" is published on broker "there", and this application has "here"';

  assert.throws(() => app.describe(), new TypeError(message));
  await assert.rejects(app.start(), new TypeError(message));
});

test("dead letters that come back over another broker fail the start", () => {
  const [left, right] = [
    new MemoryBroker({ name: "left" }),
    new MemoryBroker({ name: "right" }),
  ];
  const passing = subscriber(dead, { deadLetter: bytes("orders") }, () => {});
  const app = new RustStream(info)
    .withBroker(left, (b) =>
      b.include(
        subscriber(orders, { name: "take", deadLetter: dead }, () => {}),
        { deadLetterSink: on(right) },
      ))
    .withBroker(right, (b) => b.include(passing, { deadLetterSink: on(left) }));

  assert.throws(
    () => app.describe(),
    new TypeError(
      'Cannot mount "take" on "left": its dead letters to "dead" would come back to it, and never come to an end',
    ),
  );
});
