import { test } from "@ruststream/conformance/runner";
import { MessagingError } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { bytes, channel } from "../channel.ts";
import { ack, reject, retry } from "../outcome.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import {
  FakeBroker,
  gate,
  info,
  Kit,
  never,
  Notices,
  settleDown,
} from "./_kit_test.ts";
import { RustStream } from "./ruststream.ts";
import type { Running } from "./types.ts";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const dead = bytes("orders.dead");
const nothing = { settled: 0, returned: 0, lost: 0 };
const noJitter = { initialMs: 1_000, maxMs: 1_000, jitter: false };

async function publish(running: Running, count: number): Promise<void> {
  for (let id = 1; id <= count; id++) {
    await running.publisher.publish(orders, { id });
  }
}

/** Starts once more on the same broker, and says what it is given. */
async function rest(kit: Kit): Promise<readonly number[]> {
  const seen: number[] = [];
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(orders, { group: "workers" }, ({ id }) => void seen.push(id)),
    )).start({ clock: kit.clock });
  await kit.clock.advance(60_000);
  await running.stop();
  return seen;
}

test("Running.stop() in the middle leaves exactly the rest to the next start", async () => {
  const kit = new Kit();
  const seen: number[] = [];
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(
        orders,
        { group: "workers", concurrency: 4 },
        async (order) => {
          seen.push(order.id);
          await settleDown(1);
        },
      ),
    )).start({ clock: kit.clock });
  await publish(running, 200);
  await settleDown();

  const report = await running.stop();
  const before = [...seen];
  const after = await rest(kit);

  assert.ok(before.length > 0 && before.length < 200);
  assert.equal(report.settled, before.length);
  assert.equal(report.lost, 0);
  assert.deepEqual(
    [...before, ...after],
    Array.from({ length: 200 }, (_, at) => at + 1),
  );
  assert.equal(kit.clock.pending, 0);
});

test("Running.stop() gives a batch that is being collected back", async () => {
  const kit = new Kit();
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      batchSubscriber(
        orders,
        { group: "workers", max: 10, waitMs: 60_000 },
        () => ack(),
      ),
    )).start({ clock: kit.clock });
  await publish(running, 3);
  await settleDown();

  const report = await running.stop();

  assert.deepEqual(report, { ...nothing, returned: 3 });
  assert.deepEqual(await rest(kit), [1, 2, 3]);
  assert.equal(kit.clock.pending, 0);
});

test("Running.stop() gives a held retry and the keys behind it back, the head first", async () => {
  const kit = new Kit();
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(orders, {
        group: "workers",
        concurrency: 4,
        orderBy: () => "one key",
        retry: { maxAttempts: Infinity, backoff: noJitter },
      }, () => retry()),
    )).start({ clock: kit.clock });
  await publish(running, 3);
  await settleDown();

  const report = await running.stop();

  assert.deepEqual(report, { ...nothing, returned: 3 });
  assert.deepEqual(await rest(kit), [1, 2, 3]);
  assert.equal(kit.clock.pending, 0);
});

test("Running.stop() leaves a retry that the broker delays to the broker", async () => {
  const kit = new Kit();
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(
        orders,
        { group: "workers" },
        () => retry({ afterMs: 30_000 }),
      ),
    )).start({ clock: kit.clock });
  await publish(running, 1);
  await settleDown();

  const report = await running.stop();

  assert.deepEqual(report, { ...nothing, settled: 1 });
  assert.deepEqual(await rest(kit), [1]);
});

test("Running.stop() gives a delivery back whose dead letter cannot be published", async () => {
  const kit = new Kit();
  const notices = new Notices();
  const refuse = new MessagingError("connection", "Cannot publish: away");
  const running = await new RustStream(info).observe(notices).withBroker(
    kit.memory,
    (b) =>
      b.include(
        subscriber(orders, {
          group: "workers",
          deadLetter: dead,
          retry: { backoff: noJitter },
        }, () => reject("no such order")),
        {
          deadLetterSink: {
            open: () =>
              Promise.resolve({
                confirms: "stored",
                publish: () => Promise.reject(refuse),
              }),
          },
        },
      ),
  ).start({ clock: kit.clock });
  await publish(running, 1);
  await kit.clock.advance(3_500);

  const report = await running.stop({ drainMs: 10 });

  assert.deepEqual(report, { ...nothing, returned: 1 });
  assert.deepEqual(notices.codes(), Array(4).fill("dead-letter-failed"));
  assert.deepEqual(await rest(kit), [1]);
  assert.equal(kit.clock.pending, 0);
});

test("Running.stop() does not wait for a dead letter whose publish never answers", async () => {
  const kit = new Kit();
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(
        orders,
        { group: "workers", deadLetter: dead },
        () => reject("no such order"),
      ),
      {
        deadLetterSink: {
          open: () => Promise.resolve({ confirms: "stored", publish: never }),
        },
      },
    )).start({ clock: kit.clock });
  await publish(running, 1);
  await settleDown();
  const stopping = running.stop({ drainMs: 100 });
  await kit.clock.advance(100);

  assert.deepEqual(await stopping, { ...nothing, returned: 1 });
  assert.deepEqual(await rest(kit), [1]);
  assert.equal(kit.clock.pending, 0);
});

test("Running.stop() waits for work after a settlement", async () => {
  const kit = new Kit();
  const open = gate();
  const log: string[] = [];
  const running = await kit.app().withBroker(
    kit.memory,
    (b) =>
      b.include(subscriber(orders, () =>
        ack().andAfter(async () => {
          await open.promise;
          log.push("after");
        }))),
  ).start({ clock: kit.clock });
  await publish(running, 1);
  await settleDown();
  const stopping = running.stop();
  await settleDown();
  open.resolve();
  await stopping;

  assert.deepEqual(log, ["after"]);
});

test("Running.stop() says that a held retry is lost where nobody can deliver it again", async () => {
  const kit = new Kit();
  const runs: number[] = [];
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(orders, {
        orderBy: () => "",
        retry: { maxAttempts: Infinity, backoff: noJitter },
      }, ({ id }) => {
        runs.push(id);
        return retry();
      }),
    )).start({ clock: kit.clock });
  await publish(running, 2);
  await settleDown();

  const report = await running.stop();

  assert.deepEqual(report, { ...nothing, lost: 2 });
  // The one behind it has its turn before the end.
  assert.deepEqual(runs, [1, 2]);
  assert.equal(kit.clock.pending, 0);
});

test("RustStream.run() resolves when its signal stops it in order", async () => {
  const kit = new Kit();
  const stop = new AbortController();
  const app = kit.app().withBroker(kit.memory).afterStart(() => {
    void settleDown().then(() => stop.abort());
  });

  await app.run({ clock: kit.clock, signal: stop.signal });

  assert.deepEqual(kit.notices.all, []);
});

test("RustStream.run() rejects when a policy stopped it, and gives the delivery back", async () => {
  const kit = new Kit();
  const running = kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(orders, { group: "workers", onExhausted: "stop" }, () => {
        return reject("no such order");
      }),
    )).afterStart(({ publisher }) =>
      publisher.publish(orders, { id: 1 }).then(() => {})
    ).run({ clock: kit.clock });

  await assert.rejects(
    running,
    /^Error: Cannot go on: the policy of "orders" stops the service \(rejected\)$/,
  );
  assert.deepEqual(kit.notices.codes(), ["stopping"]);
  assert.deepEqual(await rest(kit), [1]);
});

test("Running handles nothing again that a policy stopped it for, however long the stop takes", async () => {
  const kit = new Kit();
  let runs = 0;
  const running = await kit.app().withBroker(kit.memory, (b) =>
    b.include(
      subscriber(orders, { group: "workers", onExhausted: "stop" }, () => {
        runs++;
        return reject("no such order");
      }),
    )).start({ clock: kit.clock, readyDelayMs: 10_000 });
  await publish(running, 2);
  await kit.clock.advance(10_000);

  const report = await running.stopped;

  assert.equal(runs, 1);
  assert.deepEqual(report, { ...nothing, returned: 2 });
  assert.deepEqual(await rest(kit), [1, 2]);
  assert.equal(kit.clock.pending, 0);
});

test("RustStream.run() rejects when something was lost", async () => {
  const kit = new Kit();
  const stop = new AbortController();
  const broker = new FakeBroker({ guarantees: { redelivery: "none" } });
  const running = kit.app().withBroker(
    broker,
    (b) => b.include(subscriber(orders, never)),
  ).run({ clock: kit.clock, signal: stop.signal, drainMs: 10 });
  await settleDown();
  broker.live.subscriptions[0]?.push({ id: 1 });
  await settleDown();
  stop.abort();
  const rejected = assert.rejects(
    running,
    /^MessagingError: Cannot stop "shop" without loss: 1 deliveries were neither settled nor given back$/,
  );

  await kit.clock.advance(10);
  await rejected;
});

test("RustStream.run() rejects when a broker says that it lost something", async () => {
  const kit = new Kit();
  const stop = new AbortController();
  const broker = new FakeBroker();
  const running = kit.app().withBroker(broker)
    .run({ clock: kit.clock, signal: stop.signal });
  await settleDown();

  broker.live.given.report?.({ kind: "lost", count: 2 });
  stop.abort();

  await assert.rejects(running, /: 2 deliveries were neither settled/);
});
