import {
  bytes,
  channel,
  type Outcome,
  reject,
  retry,
  subscriber,
} from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const backoff = { initialMs: 100, maxMs: 1_000, jitter: false };

/** Starts a handler that always fails, and says when it ran and as which attempt. */
async function failing(
  kit: Kit,
  settings: Parameters<typeof subscriber<typeof orders>>[1] & object,
  broker = kit.broker,
): Promise<string[]> {
  const ran: string[] = [];
  await kit.start(
    subscriber(orders, settings as object, (_order, { attempt }) => {
      ran.push(`${attempt} at ${kit.clock.now()}`);
      throw new Error("no");
    }),
    {},
    broker,
  );
  return ran;
}

test("a retry goes to the broker, with its delay, where the broker can", async () => {
  await using kit = new Kit();
  const ran = await failing(kit, { retry: { backoff, maxAttempts: 5 } });

  kit.push({ id: 1 }, { attempt: 2 });
  await kit.clock.advance(10_000);

  assert.deepEqual(kit.settled, ["1 retry 200"]);
  assert.deepEqual(ran, ["2 at 0"]);
});

for (
  const [what, guarantees, retry] of [
    ["has no delays", { delayedRetry: false }, {}],
    ["redelivers nothing", { redelivery: "none" }, {}],
    ["does not count, and attempts are capped", { countsAttempts: false }, {
      maxAttempts: 9,
    }],
  ] as const
) {
  test(`a retry is held here where the broker ${what}, and the wait grows`, async () => {
    await using kit = new Kit(guarantees);
    const ran = await failing(kit, { retry: { backoff, ...retry } });

    kit.push({ id: 1 });
    await kit.clock.advance(750);

    assert.deepEqual(ran, ["1 at 0", "2 at 100", "3 at 300", "4 at 700"]);
    assert.deepEqual(kit.settled, []);
  });
}

test("a retry that is held yields to later messages", async () => {
  await using kit = new Kit({ delayedRetry: false });
  const seen: number[] = [];
  await kit.start(
    subscriber(orders, { retry: { backoff } }, ({ id }, { attempt }) => {
      if (id === 1 && attempt === 1) throw new Error("no");
      seen.push(id);
    }),
  );

  await kit.pushMany(3);
  await kit.clock.advance(100);

  assert.deepEqual(seen, [2, 3, 1]);
});

test("a wait has jitter from the clock's random numbers by default", async () => {
  await using kit = new Kit({}, { seed: 7 });
  await failing(kit, {});
  const twin = new Kit({}, { seed: 7 }).clock;

  await kit.pushMany(3);

  const expected = [1, 2, 3].map((id) =>
    `${id} retry ${Math.round(100 * twin.random())}`
  );
  assert.deepEqual(kit.settled, expected);
});

test("attempts are the broker's count and the runs made here", async () => {
  await using kit = new Kit({ delayedRetry: false });
  const ran = await failing(kit, { retry: { backoff, maxAttempts: 5 } });

  kit.push({ id: 1 }, { attempt: 3 });
  await kit.clock.advance(10_000);

  assert.deepEqual(ran, ["3 at 0", "4 at 400", "5 at 1200"]);
  assert.deepEqual(kit.settled, ["1 reject Error: no"]);
});

test("the cap is looked at after a failed run, not before the first one here", async () => {
  await using kit = new Kit();
  const ran = await failing(kit, { retry: { maxAttempts: 3 } });

  kit.push({ id: 1 }, { attempt: 12 });
  await kit.turns();

  assert.deepEqual(ran, ["12 at 0"]);
  assert.deepEqual(kit.settled, ["1 reject Error: no"]);
});

test("a delivery that came maxAttempts + 10 times is dead-lettered unrun, as never-finished", async () => {
  await using kit = new Kit();
  const ran = await failing(kit, {
    retry: { maxAttempts: 3 },
    deadLetter: bytes("dead"),
  });

  kit.push({ id: 1 }, { attempt: 13 });
  await kit.turns();

  const [dead] = kit.published;
  assert.deepEqual(ran, []);
  assert.deepEqual(kit.settled, ["1 ack"]);
  assert.equal(
    dead?.headers?.get("ruststream-dead-letter-reason"),
    "never-finished",
  );
});

test("retryable false rejects at once, with the error for the reason", async () => {
  await using kit = new Kit();
  await failing(kit, {
    retry: { retryable: (error) => (error as Error).message !== "no" },
  });

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 reject Error: no"]);
});

test("retry({ afterMs: 0 }) comes at once, and counts", async () => {
  await using kit = new Kit({ redelivery: "none" });
  const attempts: number[] = [];
  await kit.start(
    subscriber(orders, { retry: { maxAttempts: 4 } }, (_order, { attempt }) => {
      attempts.push(attempt);
      return retry({ afterMs: 0 });
    }),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(attempts, [1, 2, 3, 4]);
  assert.equal(kit.clock.now(), 0);
  assert.deepEqual(kit.settled, ["1 reject the handler asked to retry"]);
});

test("attempts go on without end by default", async () => {
  await using kit = new Kit();
  const ran = await failing(kit, { group: "g" }, new MemoryBroker());

  await kit.running?.publisher.publish(orders, { id: 1 });
  await kit.clock.advance(600_000);

  assert.ok(ran.length > 20, `it ran ${ran.length} times`);
  assert.equal(ran.at(-1)?.split(" ")[0], String(ran.length));
});

for (
  const [onExhausted, settled, codes] of [
    ["reject", ["1 reject Error: no"], ["rejected"]],
    ["stop", ["1 release"], ["stopping"]],
    ["dead-letter", ["1 ack"], []],
  ] as const
) {
  test(`onExhausted "${onExhausted}" is what becomes of the last failure`, async () => {
    await using kit = new Kit();
    await failing(kit, {
      onExhausted,
      deadLetter: bytes("dead"),
      retry: { maxAttempts: 1 },
    });

    kit.push({ id: 1 });
    await kit.turns();

    assert.deepEqual(kit.settled, settled);
    assert.deepEqual(kit.codes, codes);
  });
}

test('onExhausted "stop" stops the service with the error, the delivery given back', async () => {
  await using kit = new Kit();
  await failing(kit, { onExhausted: "stop", retry: { maxAttempts: 1 } });

  kit.push({ id: 1 });
  await kit.turns();
  const report = await kit.running?.stopped;

  assert.match(kit.running?.failure?.message ?? "", /stops the service/);
  assert.deepEqual(report, { settled: 0, returned: 1, lost: 0 });
});

test("without a dead letter what is exhausted is rejected, and told as an error", async () => {
  await using kit = new Kit();
  await failing(kit, { retry: { maxAttempts: 1 } });

  kit.push({ id: 1 });
  await kit.turns();

  const [notice] = kit.notices;
  assert.equal(notice?.level, "error");
  assert.equal(notice?.code, "rejected");
  assert.equal(notice?.subscriber, "orders");
  assert.equal(notice?.address, "orders");
  assert.equal((notice?.error as Error).message, "no");
});

test("with a dead letter declared, what is rejected goes there", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(
      orders,
      { deadLetter: bytes("dead") },
      (): Outcome => reject("unknown"),
    ),
  );

  kit.push({ id: 1 });
  await kit.turns();

  const [dead] = kit.published;
  assert.deepEqual(kit.settled, ["1 ack"]);
  assert.equal(
    dead?.headers?.get("ruststream-dead-letter-reason"),
    "rejected",
  );
  assert.equal(dead?.headers?.get("ruststream-dead-letter-error"), "unknown");
});

for (const name of ["onExhausted", "undecodable", "onUnmatched"] as const) {
  test(`start() refuses ${name} "dead-letter" without a dead letter`, async () => {
    await using kit = new Kit();
    const handle = subscriber(orders, { [name]: "dead-letter" }, () => {});

    await assert.rejects(kit.start(handle), {
      name: "TypeError",
      message: /no deadLetter channel is declared/,
    });
  });
}
