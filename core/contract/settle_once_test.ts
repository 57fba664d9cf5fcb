import assert from "node:assert/strict";
import {
  type Awaitable,
  type Guarantees,
  type Settlement,
  SettleOnce,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

type Promised = Pick<Guarantees, "redelivery" | "delayedRetry">;

class OwnDelivery extends SettleOnce {
  readonly message = { address: "orders", body: new Uint8Array() };
  readonly id = "7";
  readonly seen: Settlement[] = [];
  closed = false;
  gone: string | undefined;
  guarantees: Promised = { redelivery: "on-retry", delayedRetry: true };
  answer: () => Awaitable<void> = () => {};

  protected isClosed(): boolean {
    return this.closed;
  }

  protected override lost(): string | undefined {
    return this.gone;
  }

  protected carryOut(settlement: Settlement): Awaitable<void> {
    this.seen.push(settlement);
    return this.answer();
  }
}

const ack: Settlement = { kind: "ack" };

// What is thrown synchronously is no rejection, and fails the test.
async function refused(
  settled: Awaitable<void>,
  expected: object,
): Promise<void> {
  assert.ok(settled instanceof Promise);
  await assert.rejects(settled, expected);
}

for (const kind of ["ack", "retry", "reject", "release"] as const) {
  test(`SettleOnce.settle() carries out ${kind} once, without a promise`, async () => {
    const delivery = new OwnDelivery();
    const settlement: Settlement = { kind };

    const settled = delivery.settle(settlement);
    await refused(delivery.settle(settlement), { code: "settled" });

    assert.equal(settled, undefined);
    assert.deepEqual(delivery.seen, [settlement]);
  });
}

test("SettleOnce.settle() takes the claim before the broker is asked", async () => {
  const delivery = new OwnDelivery();
  let second: Awaitable<void> = undefined;
  delivery.answer = () => {
    second = delivery.settle(ack);
  };

  delivery.settle(ack);

  await refused(second, { code: "settled" });
  assert.equal(delivery.seen.length, 1);
});

test("SettleOnce.settle() waits for the broker, and is settled meanwhile and after", async () => {
  const delivery = new OwnDelivery();
  const { promise, resolve } = Promise.withResolvers<void>();
  delivery.answer = () => promise;

  const first = delivery.settle(ack);
  await refused(delivery.settle(ack), { code: "settled" });
  resolve();
  await first;

  await refused(delivery.settle(ack), { code: "settled" });
  assert.equal(delivery.seen.length, 1);
});

for (const how of ["throws", "rejects"] as const) {
  test(`SettleOnce.settle() rejects with what the broker ${how}, and can be settled again`, async () => {
    const cause = new Error("no answer");
    const delivery = new OwnDelivery();
    delivery.answer = () => {
      if (how === "rejects") return Promise.reject(cause);
      throw cause;
    };

    await refused(delivery.settle(ack), cause);
    delivery.answer = () => {};

    assert.equal(delivery.settle({ kind: "reject" }), undefined);
    assert.deepEqual(delivery.seen.map(({ kind }) => kind), ["ack", "reject"]);
  });
}

test("SettleOnce.settle() refuses with closed before settled, and settled before lost", async () => {
  const delivery = new OwnDelivery();
  const lost = new OwnDelivery();
  lost.gone = "its deadline passed";

  delivery.settle(ack);
  delivery.gone = "its deadline passed";

  await refused(delivery.settle(ack), { code: "settled" });
  delivery.closed = true;
  await refused(delivery.settle(ack), { code: "closed" });
  await refused(lost.settle(ack), {
    code: "refused",
    message: 'Cannot settle delivery 7 of "orders": its deadline passed',
  });
  assert.deepEqual(lost.seen, []);
});

const none: Promised = { redelivery: "none", delayedRetry: false };
const undelayed: Promised = { redelivery: "on-retry", delayedRetry: false };
const whole: Promised = { redelivery: "on-retry", delayedRetry: true };

for (
  const [what, promised, settlement, expected] of [
    ["a retry where nothing comes back", none, {}, { code: "unsupported" }],
    ["a delay where there is none", undelayed, { afterMs: 0 }, {
      code: "unsupported",
    }],
    ["a negative delay", whole, { afterMs: -1 }, RangeError],
    ["a delay that is no number", none, { afterMs: NaN }, RangeError],
    ["a delay without an end", whole, { afterMs: Infinity }, RangeError],
  ] as const
) {
  test(`SettleOnce.settle() refuses ${what}, and can be settled again`, async () => {
    const delivery = new OwnDelivery();
    delivery.guarantees = promised;

    await refused(delivery.settle({ kind: "retry", ...settlement }), expected);

    assert.deepEqual(delivery.seen, []);
    assert.equal(delivery.settle(ack), undefined);
  });
}

test("SettleOnce.settle() takes a retry without a delay where there is none", () => {
  const delivery = new OwnDelivery();
  delivery.guarantees = undelayed;

  assert.equal(delivery.settle({ kind: "retry" }), undefined);
});

for (const odd of [undefined, null, {}, { kind: "explode" }, "ack"]) {
  test(`SettleOnce.settle() refuses ${JSON.stringify(odd)}, and can be settled again`, async () => {
    const delivery = new OwnDelivery();

    await refused(delivery.settle(odd as Settlement), TypeError);

    assert.equal(delivery.settle(ack), undefined);
  });
}
