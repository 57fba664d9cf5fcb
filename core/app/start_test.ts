import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { out } from "../publish/out.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import { FakeBroker, info, Kit, settleDown, waits } from "./_kit_test.ts";
import { gate } from "./_kit_test.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<{ id: number }>("orders");
const refunds = channel<{ id: number }>("refunds");
const audit = channel<{ id: number }>("audit");

const readOrders = subscriber(
  orders,
  { out: { audit: out(audit) } },
  () => {},
);
const readRefunds = subscriber(refunds, () => {});

test("RustStream.start() goes from the state to reading, each step after the one before", async () => {
  const log: string[] = [];
  const one = new FakeBroker({ name: "one" }, log);
  const two = new FakeBroker({ name: "two" }, log);
  const app = new RustStream(info)
    .withState((stack) => {
      log.push("state");
      stack.defer(() => void log.push("state gone"));
    })
    .withBroker(one, (b) =>
      b.include(readOrders, {
        out: {
          audit: {
            open: ({ publisher }) => {
              log.push("sink");
              return Promise.resolve(publisher);
            },
          },
        },
      }))
    .withBroker(two, (b) => b.include(readRefunds))
    .afterStart(async () => {
      await settleDown();
      log.push("after start");
    })
    .afterStop(() => void log.push("after stop"));

  const running = await app.start();
  await settleDown();
  await running.stop();

  assert.deepEqual(log, [
    "state",
    "connect one",
    "connect two",
    "sink",
    "subscribe orders",
    "subscribe refunds",
    "after start",
    "read orders",
    "read refunds",
    "dispose orders",
    "dispose refunds",
    "shutdown two",
    "shutdown one",
    "after stop",
    "state gone",
  ]);
});

test("RustStream.start() connects one broker after the other", async () => {
  const open = gate();
  const one = new FakeBroker({
    name: "one",
    connect: (make) => open.promise.then(make),
  });
  const two = new FakeBroker({ name: "two" });
  const starting = new RustStream(info).withBroker(one).withBroker(two).start();

  await settleDown();
  const before = two.connections.length;
  open.resolve();
  await (await starting).stop();

  assert.equal(before, 0);
  assert.equal(two.connections.length, 1);
});

test("RustStream.start() reads nothing while a hook runs, and misses nothing that was published before it", async () => {
  const { memory, clock } = new Kit();
  const seen: number[] = [];
  const hook = gate();
  const starting = new RustStream(info)
    .withBroker(
      memory,
      (b) => b.include(subscriber(orders, ({ id }) => void seen.push(id))),
    )
    .afterStart(async ({ publisher }) => {
      await publisher.publish(orders, { id: 1 });
      await hook.promise;
    })
    .start({ clock });

  await settleDown();
  const before = [...seen];
  hook.resolve();
  await (await starting).stop();

  assert.deepEqual(before, []);
  assert.deepEqual(seen, [1]);
});

test("RustStream.start() gives an asynchronous state to handlers and hooks", async () => {
  const { memory, clock } = new Kit();
  const seen: string[] = [];
  const app = new RustStream(info)
    .withState(async () => {
      await settleDown();
      return { name: "db" };
    })
    .withBroker(
      memory,
      (b) =>
        b.include(subscriber(orders, (_order, { state }) => {
          seen.push((state as { name: string }).name);
        })),
    )
    .afterStart(({ state, log, signal }) => {
      seen.push(`${state.name} ${typeof log.info} ${signal.aborted}`);
    })
    .afterStop(({ state, signal }) => {
      seen.push(`${state.name} at the end ${signal.aborted}`);
    });

  const running = await app.start({ clock });
  await running.publisher.publish(orders, { id: 1 });
  await running.stop();

  assert.deepEqual(seen, ["db function false", "db", "db at the end false"]);
});

test("RustStream.start() tells a hook of the start that the drain has ended", async () => {
  const { memory, clock } = new Kit();
  let signal: AbortSignal | undefined;
  const running = await new RustStream(info).withBroker(memory)
    .afterStart((ctx) => {
      signal = ctx.signal;
    })
    .start({ clock });
  const before = signal?.aborted;

  await running.stop();

  assert.equal(before, false);
  assert.equal(signal?.aborted, true);
});

test("RustStream.start() runs an application without a broker, which cannot publish", async () => {
  const running = await new RustStream(info).start();

  await assert.rejects(
    running.publisher.publish(orders, { id: 1 }),
    /^TypeError: Cannot publish by "shop": it has no broker$/,
  );
  assert.deepEqual(await running.stop(), { settled: 0, returned: 0, lost: 0 });
});

test("RustStream.start() publishes on the first broker", async () => {
  const one = new FakeBroker({ name: "one" });
  const two = new FakeBroker({ name: "two" });
  await using running = await new RustStream(info)
    .withBroker(one).withBroker(two).start();

  await running.publisher.publish(orders, { id: 1 });

  assert.deepEqual([...running.connections.keys()], ["one", "two"]);
  assert.equal(running.connections.get("two"), two.live);
  assert.deepEqual(one.live.sent.map(({ address }) => address), ["orders"]);
  assert.deepEqual(two.live.sent, []);
});

test("RustStream.start() starts the same application twice, side by side and again after a stop", async () => {
  const { memory, clock } = new Kit();
  let states = 0;
  const seen: string[] = [];
  const app = new RustStream(info)
    .withState(() => ++states)
    .withBroker(
      memory,
      (b) =>
        b.include(subscriber(orders, ({ id }, { state }) => {
          seen.push(`${state}:${id}`);
        })),
    );

  const one = await app.start({ clock });
  const two = await app.start({ clock });
  await one.publisher.publish(orders, { id: 1 });
  await one.stop();
  const stillReady = two.health().ready;
  await two.publisher.publish(orders, { id: 2 });
  await two.stop();
  const three = await app.start({ clock });
  await three.publisher.publish(orders, { id: 3 });
  await three.stop();

  assert.equal(stillReady, true);
  assert.deepEqual(seen.sort(), ["1:1", "2:1", "2:2", "3:3"]);
});

test("RustStream.start() leaves a running application alone when more is added", async () => {
  const { memory, clock } = new Kit();
  const log: string[] = [];
  const app = new RustStream(info).withBroker(memory);
  const running = await app.start({ clock });

  app.afterStop(() => void log.push("late hook"));
  await running.stop();

  assert.deepEqual(log, []);
});

test("RustStream.start() hands the clock to the broker, and tells how many will be in hand", async () => {
  const { clock } = new Kit();
  const broker = new FakeBroker();
  await using _running = await new RustStream(info).withBroker(
    broker,
    (b) =>
      b.include(readOrders, {
        concurrency: 4,
        group: "workers",
        retry: { maxAttempts: 3 },
      }),
  ).start({ clock });

  const { signal: _signal, ...options } = broker.live.subscriptions[0]
    ?.options ?? {};

  assert.equal(broker.live.given.clock, clock);
  assert.deepEqual(options, {
    concurrency: 4,
    group: "workers",
    maxAttempts: 3,
  });
});

test("RustStream.start() tells the broker of all deliveries that batches may hold", async () => {
  const broker = new FakeBroker();
  await using _running = await new RustStream(info).withBroker(
    broker,
    (b) =>
      b.include(
        batchSubscriber(orders, { max: 10, concurrency: 3 }, () => {}),
      ),
  ).start();

  assert.equal(broker.live.subscriptions[0]?.options.concurrency, 30);
});

test("RustStream.start() ends neither connection nor subscription with the signal that they were opened by", async () => {
  const stop = new AbortController();
  const broker = new FakeBroker();
  const running = await new RustStream(info)
    .withBroker(broker, (b) => b.include(readRefunds))
    .start({ signal: stop.signal });
  const connecting = broker.live.given.signal;
  const subscribing = broker.live.subscriptions[0]?.options.signal;

  stop.abort();
  await running.stopped;

  assert.equal(connecting?.aborted, false);
  assert.equal(subscribing?.aborted, false);
});

test("RustStream.start() of a publish-only broker subscribes to nothing", async () => {
  const broker = new FakeBroker();
  await using running = await new RustStream(info).withBroker(broker).start();

  assert.deepEqual(broker.log, ["connect fake"]);
  assert.deepEqual(running.health(), {
    live: true,
    ready: true,
    brokers: { fake: "connected" },
  });
  assert.equal(await waits(running.stopped), true);
});
