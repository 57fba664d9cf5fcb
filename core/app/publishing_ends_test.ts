import { test } from "@ruststream/conformance/runner";
import {
  isMessagingError,
  MessagingError,
  type Publisher,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { channel, type } from "../channel.ts";
import { out } from "../publish/out.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import { info } from "./_kit_test.ts";
import { on } from "./elsewhere.ts";
import { Router } from "./router.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<number>("orders");
const audit = channel<number>("audit");
const prices = channel<number>("prices");
const quotes = channel("quotes", { payload: type<number>(), reply: prices });
const soon = { timeoutMs: 1_000 };

/** A middleware that counts the messages of each of its compositions. */
function counting(counts: number[]): PublishMiddleware {
  return (next) => {
    const index = counts.push(0) - 1;
    return (message, to) => {
      counts[index] = (counts[index] ?? 0) + 1;
      return next(message, to);
    };
  };
}

test("publish middleware is composed once for all channels, transactions and publisherOf() of a broker", async () => {
  const counts: number[] = [];
  const broker = new MemoryBroker();
  const running = await new RustStream(info).usePublish(counting(counts))
    .withBroker(broker).start({ clock: new VirtualClock() });
  const composed = counts.length;

  await running.publisher.publish(orders, 1);
  await running.publisher.publish(audit, 1);
  for (const _ of [1, 2]) {
    const transaction = await running.publisherOf(broker).begin();
    await transaction.publish(orders, 1);
    await transaction.commit();
  }
  await running.stop();

  assert.equal(composed, 1);
  assert.deepEqual(counts, [4]);
});

test("publish middleware is composed at the start for the slots of a transactional batch", async () => {
  const clock = new VirtualClock();
  const counts: number[] = [];
  const book = batchSubscriber(orders, {
    max: 1,
    transactional: true,
    out: { audit: out(audit) },
    publishMiddleware: [counting(counts)],
  }, async (_batch, ctx) => {
    await ctx.out.audit.publish(1);
  });
  const running = await new RustStream(info)
    .withBroker(new MemoryBroker(), (b) => b.include(book)).start({ clock });
  const composed = counts.length;

  for (const id of [1, 2, 3]) await running.publisher.publish(orders, id);
  await clock.advance(0);
  await running.stop();

  assert.equal(counts.length, composed);
  assert.equal(Math.max(...counts), 3);
});

test("publish middleware that makes no function, or throws when it is composed, fails the start", async () => {
  const wrong = [
    () => undefined,
    () => {
      throw new TypeError("no");
    },
  ] as unknown as PublishMiddleware[];

  for (const layer of wrong) {
    await assert.rejects(
      new RustStream(info).usePublish(layer).withBroker(new MemoryBroker())
        .start({ clock: new VirtualClock() }),
      TypeError,
    );
  }
});

test("a publish by hand through a middleware that never answers gives up with its signal", async () => {
  const running = await new RustStream(info)
    .usePublish(() => () => new Promise(() => {}))
    .withBroker(new MemoryBroker()).start({ clock: new VirtualClock() });
  const stop = new AbortController();
  const enough = new Error("enough");
  const { signal } = stop;
  const waiting = Promise.all(
    [
      running.publisher.publish(orders, 1, { signal }),
      running.publisher.publish(audit, 1, { signal }),
    ].map((one) => assert.rejects(one, (error) => error === enough)),
  );

  stop.abort(enough);
  await waiting;

  assert.deepEqual((await running.stop()).lost, 0);
});

test("a reply whose publish fails is published again by itself, with its middleware, and its handler not run again", async () => {
  const clock = new VirtualClock();
  let runs = 0;
  let publishes = 0;
  const seen: number[] = [];
  const running = await new RustStream(info)
    .usePublish((next) => (message, to) => {
      if (to.kind !== "reply") return next(message, to);
      if (++publishes > 2) return next(message, to);
      throw new MessagingError("connection", "away", { retryable: true });
    })
    .withBroker(new MemoryBroker(), (b) => {
      b.include(subscriber(orders, { reply: prices }, (id) => {
        runs++;
        return id;
      }));
      b.include(subscriber(prices, (price) => void seen.push(price)));
    })
    .start({ clock });

  await running.publisher.publish(orders, 7);
  await clock.advance(60_000);
  await running.stop();

  assert.equal(runs, 1);
  assert.equal(publishes, 3);
  assert.deepEqual(seen, [7]);
});

test("slots that ask for a capability have it from a sink, also on another broker, also over a router", async () => {
  const clock = new VirtualClock();
  const [here, there] = [
    new MemoryBroker({ name: "here" }),
    new MemoryBroker({ name: "there" }),
  ];
  const seen: number[] = [];
  const opened: string[] = [];
  const take = subscriber(orders, {
    out: { ask: out(quotes).requests(), later: out(audit).schedules() },
  }, async (id, ctx) => {
    seen.push(await ctx.out.ask.request(id, soon));
    await ctx.out.later.schedule(id, new Date(0));
  });
  const router = new Router().include(take, {
    out: {
      ask: on(there),
      later: on(there, {
        open: (connection) => {
          opened.push(connection.state);
          return Promise.resolve(connection.publisher);
        },
      }),
    },
  });
  const running = await new RustStream(info)
    .withBroker(here, (b) => b.include(router))
    .withBroker(there, (b) => {
      b.include(subscriber(quotes, (id) => id * 2));
      b.include(subscriber(audit, (id) => void seen.push(id)));
    })
    .start({ clock });

  await running.publisher.publish(orders, 4);
  await clock.advance(0);
  await running.stop();

  assert.deepEqual(seen, [8, 4]);
  assert.deepEqual(opened, ["connected"]);
});

test("a sink that says the name of its broker is a sink", async () => {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const raw: Publisher = {
    confirms: "stored",
    publish: ({ address }) => void sent.push(address),
  };
  const sink = { broker: "elsewhere", open: () => Promise.resolve(raw) };
  const take = subscriber(
    orders,
    { out: { audit: out(audit) } },
    async (_id, ctx) => {
      await ctx.out.audit.publish(1);
    },
  );
  const running = await new RustStream(info)
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(take, { out: { audit: sink } }),
    )
    .start({ clock });

  await running.publisher.publish(orders, 1);
  await running.stop();

  assert.deepEqual(sent, ["audit"]);
});

test("slots may have any name, also one that all objects have", async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const running = await new RustStream(info)
    .withBroker(new MemoryBroker(), (b) => {
      b.include(
        subscriber(
          orders,
          { out: { constructor: out(audit) } as never },
          async (id, ctx) => {
            const { constructor: slot } = ctx.out as unknown as {
              constructor: { publish(id: number): Promise<unknown> };
            };
            await slot.publish(id);
          },
        ),
      );
      b.include(subscriber(audit, (id) => void seen.push(id)));
    })
    .start({ clock });

  await running.publisher.publish(orders, 1);
  await running.stop();

  assert.deepEqual(seen, [1]);
});

test("a stop waits for the requests of handlers, by slot, and their replies come", async () => {
  const clock = new VirtualClock();
  const [here, there] = [
    new MemoryBroker({ name: "here" }),
    new MemoryBroker({ name: "there" }),
  ];
  const seen: number[] = [];
  const gate = Promise.withResolvers<void>();
  const answering = await new RustStream(info)
    .withBroker(there, (b) =>
      b.include(subscriber(quotes, async (id) => {
        await gate.promise;
        return id * 2;
      })))
    .start({ clock });
  const running = await new RustStream(info)
    .withBroker(here, (b) =>
      b.include(
        subscriber(
          orders,
          { out: { ask: out(quotes).requests() } },
          async (id, ctx) => {
            seen.push(await ctx.out.ask.request(id, soon));
          },
        ),
        { out: { ask: on(there) } },
      ))
    .withBroker(there)
    .start({ clock });
  await running.publisherOf(here).publish(orders, 4);
  await clock.advance(0);

  const stopped = running.stop();
  await clock.advance(0);
  gate.resolve();
  const report = await stopped;
  await answering.stop();

  assert.deepEqual(seen, [8]);
  assert.deepEqual(report, { settled: 1, returned: 0, lost: 0 });
});

test("a slot on a broker whose connection has ended fails its handler, which is retried", async () => {
  const clock = new VirtualClock();
  const [here, there] = [
    new MemoryBroker({ name: "here" }),
    new MemoryBroker({ name: "there" }),
  ];
  const errors: unknown[] = [];
  const running = await new RustStream(info, { retry: { maxAttempts: 2 } })
    .withBroker(here, (b) =>
      b.include(
        subscriber(
          orders,
          { out: { audit: out(audit) } },
          async (id, ctx) => {
            try {
              await ctx.out.audit.publish(id);
            } catch (error) {
              errors.push(error);
              throw error;
            }
          },
        ),
        { out: { audit: on(there) } },
      ))
    .withBroker(there)
    .start({ clock });
  await running.connections.get("there")?.shutdown();

  await running.publisherOf(here).publish(orders, 1);
  await clock.advance(60_000);
  await running.stop();

  assert.equal(errors.length, 2);
  assert.ok(errors.every((error) => isMessagingError(error, "closed")));
});

test("deadlines are those of the application's clock, and what comes past one is not run", async () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  const broker = new MemoryBroker();
  const gate = Promise.withResolvers<void>();
  const running = await new RustStream(info)
    .withBroker(broker, (b) =>
      b.include(subscriber(quotes, async (id) => {
        ran.push(id);
        await gate.promise;
        return id;
      })))
    .start({ clock });
  const by = running.publisherOf(broker);
  const both = [1, 2].map((id) =>
    assert.rejects(
      by.request(quotes, id, soon),
      (error) => isMessagingError(error, "timeout"),
    )
  );

  await clock.advance(1_001);
  await Promise.all(both);
  gate.resolve();
  await clock.advance(0);
  await running.stop();

  assert.deepEqual(ran, [1]);
});

test("slots refuse reserved headers written by hand, and leave out those of their delivery", async () => {
  const clock = new VirtualClock();
  const seen: (string | undefined)[] = [];
  const refused: unknown[] = [];
  const broker = new MemoryBroker();
  const running = await new RustStream(info)
    .withBroker(broker, (b) => {
      b.include(
        subscriber(
          quotes,
          { out: { audit: out(audit) } },
          async (id, ctx) => {
            await ctx.out.audit.publish(id, { headers: ctx.headers });
            await ctx.out.audit.publish(id, {
              headers: { "ruststream-deadline": "1" },
            }).catch((error) => refused.push(error));
            return id;
          },
        ),
      );
      b.include(
        subscriber(audit, (_id, { headers: fields }) => {
          seen.push(fields.get("ruststream-deadline"), fields.get("x-a"));
        }),
      );
    })
    .start({ clock });

  const price = await running.publisherOf(broker).request(quotes, 1, {
    ...soon,
    headers: { "x-a": "1" },
  });
  await running.stop();

  assert.equal(price, 1);
  assert.deepEqual(seen, [undefined, "1"]);
  assert.equal(refused.length, 1);
  assert.ok(refused[0] instanceof TypeError);
});
