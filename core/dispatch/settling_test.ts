import { channel, subscriber } from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const refused = () => Promise.reject(new MessagingError("refused", "no"));

test("a refused settlement is tried once more", async () => {
  await using kit = new Kit();
  let tries = 0;
  kit.onSettle = () => ++tries === 1 ? refused() : undefined;
  let ran = 0;
  await kit.start(subscriber(orders, () => void ran++));

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 ack", "1 ack"]);
  assert.deepEqual([ran, kit.codes], [1, []]);
  assert.deepEqual((await kit.stop())[0], { settled: 1, returned: 0, lost: 0 });
});

test("a settlement that is refused twice is counted and told, the handler is not run again, the slot is free", async () => {
  await using kit = new Kit();
  kit.onSettle = (id) => id === "1" ? refused() : undefined;
  const seen: number[] = [];
  await kit.start(subscriber(orders, ({ id }) => void seen.push(id)));

  await kit.pushMany(2);

  const [notice] = kit.notices;
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(kit.settled.toSorted(), ["1 ack", "1 ack", "2 ack"]);
  assert.deepEqual(kit.codes, ["settle-refused"]);
  assert.equal(notice?.level, "error");
  assert.equal((notice?.error as MessagingError).code, "refused");
  assert.deepEqual((await kit.stop())[0], { settled: 1, returned: 1, lost: 0 });
});

for (
  const [what, code, extend] of [
    ["it was settled", "settled", true],
    ["the connection is closed", "closed", true],
    ["it is no longer ours", "refused", false],
  ] as const
) {
  test(`a refused settlement is not tried again where ${what}`, async () => {
    await using kit = new Kit({ settleDeadlineMs: 1_000 });
    kit.onSettle = () => Promise.reject(new MessagingError(code, "no"));
    kit.onExtend = () => extend;
    await kit.start(subscriber(orders, () => {}));

    kit.push({ id: 1 });
    await kit.turns();

    assert.deepEqual(kit.settled, ["1 ack"]);
    assert.deepEqual(kit.codes, ["settle-refused"]);
  });
}

test("a settlement that throws is one that is refused", async () => {
  await using kit = new Kit();
  let tries = 0;
  kit.onSettle = () => {
    if (++tries === 1) throw new Error("no");
  };
  await kit.start(subscriber(orders, () => {}));

  await kit.pushMany(2);

  assert.equal(tries, 3);
  assert.deepEqual(kit.codes, []);
  assert.deepEqual(kit.settled.toSorted(), ["1 ack", "1 ack", "2 ack"]);
});

test("a settlement that is never answered frees its slot; a stop waits drainMs for it and counts it as not settled", async () => {
  await using kit = new Kit();
  kit.onSettle = (id) => id === "1" ? new Promise(() => {}) : undefined;
  const seen: number[] = [];
  await kit.start(subscriber(orders, ({ id }) => void seen.push(id)));
  await kit.pushMany(3);

  const [report, took] = await kit.stop({ drainMs: 700 });

  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(took, 700);
  assert.deepEqual(report, { settled: 2, returned: 1, lost: 0 });
});

test("a stop waits for a confirmation that comes", async () => {
  await using kit = new Kit();
  kit.onSettle = () => kit.clock.sleep(300);
  await kit.start(subscriber(orders, () => {}));
  await kit.pushMany(3);

  const [report, took] = await kit.stop();

  assert.equal(took, 300);
  assert.deepEqual(report, { settled: 3, returned: 0, lost: 0 });
});

test("what a stop gives back and the broker refuses harms nothing", async () => {
  await using kit = new Kit();
  kit.onSettle = (_id, { kind }) => kind === "release" ? refused() : undefined;
  const gate = Promise.withResolvers<void>();
  const running = await kit.start(subscriber(orders, () => gate.promise));
  await kit.pushMany(3);

  const stopping = running.stop();
  await kit.turns();
  gate.resolve();
  const report = await stopping;

  assert.deepEqual(report, { settled: 1, returned: 2, lost: 0 });
  assert.equal(running.failure, undefined);
});

test("a subscription that ends by itself stops the service, with the cause", async () => {
  await using kit = new Kit();
  const cause = new Error("gone");
  const gate = Promise.withResolvers<void>();
  const running = await kit.start(subscriber(orders, () => gate.promise));
  await kit.pushMany(1);

  kit.subscriptions[0]?.buffer.fail(cause);
  gate.resolve();
  await kit.turns();
  const report = await running.stopped;

  assert.equal(running.failure?.cause, cause);
  assert.deepEqual(kit.codes, ["subscription-lost"]);
  assert.deepEqual(report, { settled: 1, returned: 0, lost: 0 });
});

test('onLost "retry" opens the subscription again, and goes on', async () => {
  await using kit = new Kit();
  const seen: number[] = [];
  await kit.start(subscriber(orders, ({ id }) => void seen.push(id)), {
    scope: { onLost: "retry" },
  });
  await kit.pushMany(1);

  kit.subscriptions[0]?.buffer.fail(new Error("gone"));
  await kit.clock.advance(1_000);
  kit.push({ id: 2 }, {}, 1);
  await kit.turns();

  assert.equal(kit.subscriptions.length, 2);
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(kit.codes, ["subscription-lost"]);
  assert.equal(kit.running?.failure, undefined);
});

test("a stop while a lost subscription waits to be opened again ends at once", async () => {
  await using kit = new Kit();
  await kit.start(subscriber(orders, () => {}), {
    scope: { onLost: "retry" },
    settings: {
      retry: { backoff: { initialMs: 9_000, maxMs: 9_000, jitter: false } },
    },
  });
  kit.subscriptions[0]?.buffer.fail(new Error("gone"));
  await kit.turns();

  const [, took] = await kit.stop();

  assert.equal(took, 0);
  assert.equal(kit.subscriptions.length, 1);
});
