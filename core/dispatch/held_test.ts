import { channel, type Outcome, retry, subscriber } from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const byKey = ({ key = "" }: Order): string => key;
const later = () => retry({ afterMs: 1_000 });

test("a held delivery gives its slot back", async () => {
  await using kit = new Kit({ delayedRetry: false });
  const seen: number[] = [];
  await kit.start(subscriber(orders, ({ id }) => {
    seen.push(id);
    return later();
  }));

  await kit.pushMany(20);

  assert.equal(seen.length, 20);
  assert.deepEqual(kit.settled, []);
});

for (const concurrency of [1, 4]) {
  test(`at maxHeld intake stops and that is told, concurrency ${concurrency}`, async () => {
    await using kit = new Kit({ delayedRetry: false });
    const seen: number[] = [];
    await kit.start(
      subscriber(orders, { maxHeld: 5, concurrency }, ({ id }, { attempt }) => {
        if (attempt > 1) return;
        seen.push(id);
        return later();
      }),
    );

    await kit.pushMany(20);
    const meanwhile = seen.length;
    await kit.clock.advance(10_000);

    assert.equal(meanwhile, 5);
    assert.deepEqual(kit.codes, ["held-limit"], "once");
    assert.equal(kit.notices[0]?.level, "warn");
    assert.equal(kit.settled.length, 20);
  });
}

test("at maxHeld a delivery that runs already keeps its slot when it fails", async () => {
  await using kit = new Kit({ delayedRetry: false });
  const seen: string[] = [];
  await kit.start(
    subscriber(
      orders,
      { maxHeld: 2, concurrency: 3 },
      async ({ id }, { attempt }): Promise<Outcome | void> => {
        seen.push(`${id} at ${kit.clock.now()}`);
        if (id < 4 && attempt === 1) {
          await kit.clock.sleep(10);
          return retry({ afterMs: id * 100 });
        }
        await kit.clock.sleep(20);
      },
    ),
  );

  await kit.pushMany(6);
  await kit.clock.advance(150);

  // When the third fails two are held already, so it keeps its slot. When the first has come back only one is held, and one slot is free.
  assert.deepEqual(seen.slice(3), [
    ...["4 at 10", "1 at 110", "5 at 110", "6 at 130"],
  ]);
  await kit.clock.advance(1_000);
  assert.equal(kit.settled.length, 6);
});

test("maxHeld counts those that wait behind a held key", async () => {
  await using kit = new Kit();
  let ran = 0;
  await kit.start(
    subscriber(orders, {
      maxHeld: 10,
      orderBy: byKey,
      concurrency: 4,
      retry: { maxAttempts: Infinity },
    }, ({ key }, { attempt }) => {
      ran++;
      return key === "a" && attempt === 1 ? later() : undefined;
    }),
  );

  await kit.pushMany(9, () => "a");
  await kit.pushMany(1, () => "b");
  const first = ran;
  await kit.pushMany(5, () => "b");

  assert.equal(first, 2, "one of each key");
  assert.equal(ran, 7, "nine are held, so there is room for one at a time");
  await kit.pushMany(1, () => "a");
  await kit.pushMany(5, () => "b");
  assert.equal(ran, 7, "ten are held, so intake waits");
  await kit.clock.advance(20_000);
  assert.equal(kit.settled.length, 21);
});

test("a stop gives held deliveries back head first, then those behind them, then what was read", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(orders, {
      orderBy: byKey,
      retry: { maxAttempts: Infinity },
      maxHeld: 6,
      concurrency: 2,
    }, ({ key }) => key === "c" ? undefined : later()),
  );
  for (const key of ["a", "b", "a", "b", "a", "b", "c", "c"]) {
    kit.push({ id: 0, key });
  }
  await kit.turns();

  const [report] = await kit.stop();

  assert.deepEqual(kit.settled, [
    ...["1 release", "2 release", "3 release", "4 release"],
    ...["5 release", "6 release", "7 release", "8 release"],
  ]);
  assert.deepEqual(report, { settled: 0, returned: 8, lost: 0 });
});

test("a stop gives back those that wait behind a key that runs, and the head when it fails", async () => {
  await using kit = new Kit();
  const gate = Promise.withResolvers<void>();
  let ran = 0;
  const running = await kit.start(
    subscriber(orders, {
      orderBy: byKey,
      retry: { maxAttempts: Infinity },
      concurrency: 2,
    }, async () => {
      ran++;
      await gate.promise;
      throw new Error("no");
    }),
  );
  await kit.pushMany(3, () => "a");

  const stopping = running.stop();
  await kit.turns();
  gate.resolve();
  const report = await stopping;

  assert.equal(ran, 1);
  assert.deepEqual(kit.settled, ["2 release", "3 release", "1 release"]);
  assert.deepEqual(report, { settled: 0, returned: 3, lost: 0 });
});

test("a stop says that held deliveries are lost where nothing is redelivered", async () => {
  await using kit = new Kit({ redelivery: "none" });
  await kit.start(subscriber(orders, later));
  await kit.pushMany(3);

  const [report, took] = await kit.stop();

  assert.deepEqual(report, { settled: 0, returned: 0, lost: 3 });
  assert.equal(took, 0);
});

test("a service that stops while retries are held, and starts again, runs each message to its end once", async () => {
  await using kit = new Kit({}, { seed: 5 });
  const broker = new MemoryBroker();
  const done: number[] = [];
  const handle = subscriber(orders, {
    group: "g",
    orderBy: byKey,
    concurrency: 4,
    retry: { maxAttempts: Infinity },
  }, async ({ id }) => {
    await kit.clock.sleep(3);
    if (kit.clock.random() < 0.3) throw new Error("no");
    done.push(id);
  });
  const first = await kit.start(handle, {}, broker);
  for (let id = 1; id <= 200; id++) {
    await first.publisher.publish(orders, { id, key: `k${id % 8}` });
  }

  for (let round = 0; round < 20; round++) {
    await kit.clock.advance(20);
    await kit.stop();
    await kit.start(handle, {}, broker);
  }
  for (let n = 0; n < 500 && !await kit.running?.isIdle(); n++) {
    await kit.clock.advance(100);
  }

  assert.equal(done.length, 200);
  assert.equal(new Set(done).size, 200);
  for (let key = 0; key < 8; key++) {
    const ids = done.filter((id) => id % 8 === key);
    assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
  }
});

for (const attempt of [1, 30]) {
  test(`a delivery that keeps its order without a cap is told of once after ten attempts, from attempt ${attempt} on`, async () => {
    await using kit = new Kit();
    let ran = 0;
    await kit.start(
      subscriber(
        orders,
        { retry: { order: "keep", maxAttempts: Infinity } },
        () => {
          ran++;
          throw new Error("no");
        },
      ),
    );

    kit.push({ id: 1 }, { attempt });
    await kit.clock.advance(400_000);

    assert.ok(ran > 10);
    assert.deepEqual(kit.codes, ["blocked"]);
    assert.equal(kit.notices[0]?.level, "warn");
  });
}

test("a delivery that keeps its order up to a cap is not told of as blocked", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(orders, { retry: { order: "keep", maxAttempts: 12 } }, () => {
      throw new Error("no");
    }),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(1_000_000);

  assert.deepEqual(kit.codes, ["rejected"]);
});
