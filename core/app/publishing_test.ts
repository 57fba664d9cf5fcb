import { test } from "@ruststream/conformance/runner";
import { isMessagingError } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { bytes, channel, type } from "../channel.ts";
import { out } from "../publish/out.ts";
import { reject } from "../outcome.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import { publisher } from "../publish/publisher.ts";
import { subscriber } from "../subscriber.ts";
import { info } from "./_kit_test.ts";
import { Router } from "./router.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<{ id: number }>("orders");
const audit = channel<{ what: string }>("audit");
const receipts = channel<{ id: number }>("receipts");
const dead = bytes("dead");
const prices = channel<{ cents: number }>("prices");
const quotes = channel("quotes", {
  payload: type<{ sku: string }>(),
  reply: prices,
});

/** A middleware that writes down what goes through it. */
function noting(name: string, log: string[]): PublishMiddleware {
  return (next) => (message, to) => {
    log.push(
      `${name}: ${to.kind} ${message.address} by ${to.subscriber ?? "hand"}`,
    );
    return next(message, to);
  };
}

test("publish middleware is around slots, replies and dead letters: application, broker, router, subscriber", async () => {
  const log: string[] = [];
  const clock = new VirtualClock();
  const take = subscriber(orders, {
    name: "take",
    out: { audit: out(audit) },
    reply: receipts,
    deadLetter: dead,
    publishMiddleware: [noting("subscriber", log)],
  }, async ({ id }, ctx) => {
    await ctx.out.audit.publish({ what: `order ${id}` });
    return id === 1 ? { id } : reject("no");
  });
  const running = await new RustStream(info)
    .usePublish(noting("application", log))
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.usePublish(noting("broker", log)).include(
          new Router().usePublish(noting("router", log)).include(take),
        ),
    )
    .start({ clock });

  await running.publisher.publish(orders, { id: 1 });
  await running.publisher.publish(orders, { id: 2 });
  await running.stop();

  const four = (what: string) =>
    ["application", "broker", "router", "subscriber"].map((level) =>
      `${level}: ${what} by take`
    );
  const byHand = ["application", "broker"].map((level) =>
    `${level}: publish orders by hand`
  );
  assert.deepEqual(
    log.filter((line) => line.endsWith("hand")),
    [...byHand, ...byHand],
  );
  assert.deepEqual(log.filter((line) => line.endsWith("take")), [
    ...four("publish audit"),
    ...four("reply receipts"),
    ...four("publish audit"),
    ...four("dead-letter dead"),
  ]);
});

test("publish middleware may change a message, refuse it, and see what came of it", async () => {
  const clock = new VirtualClock();
  const seen: unknown[] = [];
  const running = await new RustStream(info)
    .usePublish((next) => async (message, to) => {
      if (message.body.length > 10) throw new RangeError("too long");
      const receipt = await next({ ...message, key: "k" }, to);
      seen.push(receipt);
      return receipt;
    })
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(
          subscriber(orders, (_o, { message }) => void seen.push(message.key)),
        ),
    )
    .start({ clock });

  await running.publisher.publish(orders, { id: 1 });
  const refused = running.publisher.publish(orders, { id: 123_456_789 });

  await assert.rejects(refused, new RangeError("too long"));
  await running.stop();
  assert.deepEqual(seen.sort(), ["k", undefined]);
});

test("publish middleware that throws at once fails the publish", async () => {
  const running = await new RustStream(info)
    .usePublish(() => () => {
      throw new TypeError("never");
    })
    .withBroker(new MemoryBroker())
    .start({ clock: new VirtualClock() });

  const refused = running.publisher.publish(orders, { id: 1 });

  await assert.rejects(refused, new TypeError("never"));
  await running.stop();
});

test("publish middleware is around requests, many of them, schedules and transactions", async () => {
  const log: string[] = [];
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const running = await new RustStream(info)
    .usePublish(noting("app", log))
    .withBroker(
      broker,
      (b) =>
        b.include(subscriber(quotes, ({ sku }) => ({ cents: sku.length }))),
    )
    .start({ clock });
  const by = running.publisherOf(broker);

  const price = await by.request(quotes, { sku: "ab" }, { timeoutMs: 1_000 });
  const all: number[] = [];
  for await (
    const { cents } of by.requestMany(quotes, { sku: "abc" }, {
      timeoutMs: 1_000,
      maxReplies: 1,
    })
  ) all.push(cents);
  await by.schedule(audit, { what: "later" }, new Date(clock.now() + 1));
  const transaction = await by.begin();
  await transaction.publish(audit, { what: "both" });
  await transaction.commit();
  await running.stop();

  assert.deepEqual([price, all], [{ cents: 2 }, [3]]);
  assert.deepEqual(log.filter((line) => line.endsWith("hand")), [
    "app: request quotes by hand",
    "app: request quotes by hand",
    "app: schedule audit by hand",
    "app: publish audit by hand",
  ]);
});

for (const level of ["application", "scope", "router"] as const) {
  test(`usePublish() of the ${level} refuses what is no function`, () => {
    const use = (of: { usePublish(layer: never): unknown }): void =>
      void of.usePublish("x" as never);

    assert.throws(() => {
      if (level === "application") use(new RustStream(info));
      else if (level === "router") use(new Router());
      else new RustStream(info).withBroker(new MemoryBroker(), use);
    }, TypeError);
  });
}

test("a transaction of typed payloads is visible after its commit, in order, and not before", async () => {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const seen: number[] = [];
  const running = await new RustStream(info)
    .withBroker(
      broker,
      (b) => b.include(subscriber(orders, ({ id }) => void seen.push(id))),
    )
    .start({ clock });
  const by = running.publisherOf(broker);
  {
    await using left = await by.begin();
    await left.publish(orders, { id: 9 });
  }
  await using transaction = await by.begin();
  for (const id of [1, 2, 3]) await transaction.publish(orders, { id });
  await clock.turn();
  const before = [...seen];
  await transaction.commit();

  await assert.rejects(
    transaction.publish(orders, { id: 4 }),
    (error) => isMessagingError(error, "closed"),
  );
  await running.stop();
  assert.deepEqual([before, seen], [[], [1, 2, 3]]);
});

test("slots have the capability that they ask for", async () => {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const seen: unknown[] = [];
  const take = subscriber(orders, {
    out: {
      ask: out(quotes).requests(),
      ledger: out(audit).transactional(),
      later: out(receipts).schedules(),
    },
  }, async ({ id }, ctx) => {
    const price = await ctx.out.ask.request({ sku: "abc" }, { timeoutMs: 100 });
    await using transaction = await ctx.out.ledger.begin();
    await transaction.publish({ what: `${price.cents}` });
    await transaction.commit();
    await ctx.out.later.schedule({ id }, new Date(clock.now() + 1_000));
  });
  const running = await new RustStream(info)
    .withBroker(broker, (b) =>
      b.include(take)
        .include(subscriber(quotes, ({ sku }) => ({ cents: sku.length })))
        .include(subscriber(audit, ({ what }) => void seen.push(what)))
        .include(subscriber(receipts, ({ id }) => void seen.push(id))))
    .start({ clock });

  await running.publisher.publish(orders, { id: 7 });
  await clock.advance(1_000);
  await running.stop();

  assert.deepEqual(seen, ["3", 7]);
});

test("headers of a slot stand under those of a call, name by name", async () => {
  const seen: unknown[] = [];
  const take = subscriber(orders, {
    messageIds: false,
    out: {
      audit: out(audit, { headers: { "x-from": "take", "X-Kind": "order" } }),
    },
  }, async (_o, ctx) => {
    await ctx.out.audit.publish({ what: "1" });
    await ctx.out.audit.publish({ what: "2" }, {
      headers: { "x-kind": "other", "x-more": "1" },
    });
  });
  const running = await new RustStream(info)
    .withBroker(new MemoryBroker(), (b) =>
      b.include(take).include(
        subscriber(audit, (_a, { message }) =>
          void seen.push([...message.headers ?? []])),
      ))
    .start({ clock: new VirtualClock() });

  await running.publisher.publish(orders, { id: 1 });
  await running.stop();

  assert.deepEqual(seen, [
    [["x-from", "take"], ["X-Kind", "order"]],
    [["x-from", "take"], ["x-kind", "other"], ["x-more", "1"]],
  ]);
});

test("publisher() hands the broker its own options, and checks nothing where it is told not to", async () => {
  const given: unknown[] = [];
  const raw = {
    confirms: "stored" as const,
    publish: (
      _message: unknown,
      options?: { readonly id?: string; readonly signal?: AbortSignal },
    ) => void given.push(options),
  };
  const strict = channel("strict", {
    payload: {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => ({ issues: [{ message: "never" }] }),
      },
    },
  });

  await publisher({ publisher: raw }).publish(audit, { what: "x" }, {
    id: "7",
    key: "k",
    headers: { a: "b" },
  });
  await publisher({ publisher: raw }, { validate: false }).publish(strict, 1);
  const checked = publisher({ publisher: raw }).publish(strict, 1);

  await assert.rejects(checked, (error) => isMessagingError(error, "schema"));
  assert.deepEqual(given, [{ id: "7" }, undefined]);
});
