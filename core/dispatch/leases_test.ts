import {
  bytes,
  channel,
  reject,
  retry,
  type Settings,
  subscriber,
} from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const deadline = { settleDeadlineMs: 1_000 };

/** The ids that were extended at a time. */
function at(kit: Kit, ms: number): string[] {
  return kit.extended.filter((line) => line.startsWith(`${ms}: `))
    .map((line) => line.slice(`${ms}: `.length));
}

test("what runs, and what was read and waits, is extended at half of the deadline", async () => {
  await using kit = new Kit(deadline);
  await kit.start(subscriber(orders, ({ id }) => kit.clock.sleep(id * 1_700)));

  await kit.pushMany(3);
  await kit.clock.advance(1_200);
  const first = [...kit.extended];
  await kit.clock.advance(10_000);

  assert.deepEqual(first, [
    ...["500: 1", "500: 2", "500: 3"],
    ...["1000: 1", "1000: 2", "1000: 3"],
  ]);
  assert.deepEqual(at(kit, 2_000), ["2", "3"]);
  assert.equal(kit.settled.length, 3);
});

test("what waits behind a key, and what is held, is extended too", async () => {
  await using kit = new Kit(deadline);
  await kit.start(
    subscriber(
      orders,
      {
        orderBy: ({ key = "" }) => key,
        concurrency: 2,
        retry: { maxAttempts: Infinity },
      },
      (_order, { attempt }) =>
        attempt === 1 ? retry({ afterMs: 1_200 }) : undefined,
    ),
  );

  await kit.pushMany(2, () => "a");
  await kit.clock.advance(1_100);

  assert.deepEqual(kit.extended, [
    ...["500: 1", "500: 2", "1000: 1", "1000: 2"],
  ]);
  await kit.clock.advance(10_000);
});

test("nothing is extended, and no timer waits, when nothing is in hand", async () => {
  await using kit = new Kit(deadline);
  await kit.start(subscriber(orders, () => {}));

  await kit.pushMany(3);
  await kit.clock.advance(10_000);

  assert.deepEqual(kit.extended, []);
  assert.equal(kit.clock.pending, 0);
});

for (const startMs of [0, 1_000_000]) {
  test(`a delivery is extended for maxHoldMs from its first run, then not, and that is told once, from ${startMs}`, async () => {
    await using kit = new Kit(deadline, { startMs });
    const gate = Promise.withResolvers<void>();
    await kit.start(
      subscriber(orders, { maxHoldMs: 1_600 }, () => gate.promise),
    );

    kit.push({ id: 1 });
    await kit.clock.advance(5_000);

    const times = kit.extended.map((line) => parseInt(line) - startMs);
    assert.deepEqual(times, [500, 1_000, 1_500]);
    assert.deepEqual(kit.codes, ["held-too-long"]);
    assert.equal(kit.notices[0]?.level, "error");
    gate.resolve();
  });
}

test("planned delays do not count for maxHoldMs", async () => {
  await using kit = new Kit({ ...deadline, delayedRetry: false });
  await kit.start(
    subscriber(
      orders,
      { maxHoldMs: 1_000 },
      (_order, { attempt }) =>
        attempt < 3 ? retry({ afterMs: 20_000 }) : undefined,
    ),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(50_000);

  assert.deepEqual(kit.codes, []);
  assert.equal(kit.extended.at(-1), "39500: 1");
  assert.deepEqual(kit.settledAt, ["40000: 1 ack"]);
});

test("when a delivery is no longer ours its signal aborts, and its outcome is not settled", async () => {
  await using kit = new Kit(deadline);
  kit.onExtend = (id) => id !== "1";
  const aborted: unknown[] = [];
  await kit.start(
    subscriber(orders, { concurrency: 2 }, async ({ id }, { signal }) => {
      signal.addEventListener("abort", () => aborted.push(id));
      await kit.clock.sleep(1_700);
    }),
  );

  await kit.pushMany(4);
  await kit.clock.advance(1_699);
  const meanwhile = [...aborted];
  await kit.clock.advance(10_000);

  assert.deepEqual(meanwhile, [1]);
  assert.deepEqual(kit.settledAt, [
    ...["1700: 2 ack", "3400: 3 ack", "3400: 4 ack"],
  ], "its slot was free when its handler ended");
  assert.deepEqual(kit.codes, ["lease-lost"]);
});

const lostWhileIdle: readonly (readonly [string, Settings, string[]])[] = [
  ["is held", { retry: { order: "keep" } }, ["2 ack", "3 ack"]],
  ["waits behind a key", {
    orderBy: () => "a",
    retry: { maxAttempts: Infinity },
  }, ["2 ack", "3 ack"]],
];
for (const [what, settings, settled] of lostWhileIdle) {
  test(`a delivery that ${what} and is no longer ours is let go of`, async () => {
    await using kit = new Kit(deadline);
    kit.onExtend = (id) => id !== "1";
    let ran = 0;
    await kit.start(
      subscriber(orders, settings as object, ({ id }: Order) => {
        ran++;
        return id === 1 ? retry({ afterMs: 700 }) : undefined;
      }),
    );

    await kit.pushMany(3);
    await kit.clock.advance(10_000);

    assert.equal(ran, 3);
    assert.deepEqual(kit.settled, settled);
    assert.deepEqual(kit.codes, ["lease-lost"]);
  });
}

test("intake that waited for a dead letter goes on when its delivery is no longer ours", async () => {
  await using kit = new Kit(deadline);
  kit.onPublish = () => Promise.reject(new MessagingError("connection", "no"));
  let isOurs = true;
  kit.onExtend = (id) => id !== "1" || isOurs;
  await kit.start(
    subscriber(
      orders,
      { deadLetter: bytes("dead") },
      ({ id }) => id === 1 ? reject("bad") : undefined,
    ),
  );
  kit.push({ id: 1 });
  await kit.clock.advance(5_000);
  kit.push({ id: 2 });
  await kit.turns();
  const before = [...kit.settled];

  isOurs = false;
  await kit.clock.advance(500);

  assert.deepEqual([before, kit.settled], [[], ["2 ack"]]);
});

test("a delivery that was read and is no longer ours is never run", async () => {
  await using kit = new Kit(deadline);
  kit.onExtend = (id) => id !== "2";
  const seen: number[] = [];
  await kit.start(
    subscriber(orders, async ({ id }) => {
      seen.push(id);
      await kit.clock.sleep(700);
    }),
  );

  await kit.pushMany(3);
  await kit.clock.advance(5_000);

  assert.deepEqual(seen, [1, 3]);
  assert.deepEqual(kit.settled, ["1 ack", "3 ack"]);
});

test("an extend that throws is not taken for a loss, and the others have their turn", async () => {
  await using kit = new Kit(deadline);
  kit.onExtend = (id) => {
    if (id === "1") throw new Error("no");
    return true;
  };
  await kit.start(
    subscriber(orders, { concurrency: 2 }, () => kit.clock.sleep(1_200)),
  );

  await kit.pushMany(2);
  await kit.clock.advance(1_200);

  assert.deepEqual(kit.extended, ["500: 1", "500: 2", "1000: 1", "1000: 2"]);
  assert.deepEqual(kit.settled, ["1 ack", "2 ack"]);
});

test("a delivery is not delivered twice while its handler takes longer than the deadline", async () => {
  await using kit = new Kit();
  let ran = 0;
  await kit.start(
    subscriber(orders, { group: "g" }, async () => {
      ran++;
      await kit.clock.sleep(120_000);
    }),
    {},
    new MemoryBroker(),
  );

  for (const id of [1, 2]) await kit.running?.publisher.publish(orders, { id });
  await kit.clock.advance(500_000);

  assert.equal(ran, 2);
  assert.equal(await kit.running?.isIdle(), true);
});
