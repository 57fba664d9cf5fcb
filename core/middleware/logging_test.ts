import {
  ack,
  batchSubscriber,
  channel,
  type Outcome,
  reject,
  reply,
  retry,
  subscriber,
} from "@ruststream/core";
import {
  correlate,
  logging,
  type LoggingOptions,
} from "@ruststream/core/middleware";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const receipts = channel<Order>("receipts");

for (
  const [what, end, level, outcome, more] of [
    ["acks", () => {}, "info", "ack", {}],
    ["replies", () => reply({ id: 1 }), "info", "reply", {}],
    ["retries", () => retry({ afterMs: 60_000 }), "warn", "retry", {}],
    ["rejects", () => reject("no"), "warn", "reject", { reason: "no" }],
    [
      "throws",
      () => {
        throw new Error("bad");
      },
      "warn",
      "throw",
      { error: "Error: bad" },
    ],
    ["throws nothing", () => Promise.reject(), "warn", "throw", { error: "" }],
  ] as const
) {
  for (const waits of [false, true]) {
    test(`logging() says one line for a handler that ${what}, ${waits ? "after a wait" : "at once"}`, async () => {
      await using kit = new Kit();
      const finish = end as () => Outcome;
      const handle = subscriber(
        orders,
        { retry: { maxAttempts: 2, order: "keep" }, reply: receipts },
        waits
          ? async () => {
            await kit.clock.sleep(25);
            return await finish() ?? ack();
          }
          : () => finish() ?? ack(),
      );
      await kit.start(handle, [logging()]);

      await kit.publish([1]);
      if (waits) await kit.clock.advance(25);

      assert.deepEqual(
        kit.lines.filter(({ message }) => message.startsWith("Handled")),
        [{
          level,
          message: `Handled a delivery of "orders": ${outcome}`,
          fields: {
            subscriber: "orders",
            address: "orders",
            attempt: 1,
            outcome,
            ms: waits ? 25 : 0,
            ...more,
          },
        }],
      );
      assert.equal(JSON.stringify(kit.lines).includes('"id"'), false);
    });
  }
}

test("logging() says each attempt, at the levels it is given", async () => {
  await using kit = new Kit();
  const backoff = { initialMs: 10, maxMs: 10, jitter: false };
  const handle = subscriber(orders, { retry: { backoff } }, (_o, ctx) => {
    return ctx.attempt < 3 ? retry() : ack();
  });
  await kit.start(handle, [logging({ level: "debug", failureLevel: "error" })]);

  await kit.publish([1]);
  await kit.clock.advance(20);

  assert.deepEqual(
    kit.lines.map(({ level, fields }) => [level, fields["attempt"]]),
    [["error", 1], ["error", 2], ["debug", 3]],
  );
});

test("logging() says the payload where it is asked to", async () => {
  await using kit = new Kit();
  await kit.start(subscriber(orders, () => {}), [logging({ payload: true })]);

  await kit.publish([7]);

  assert.deepEqual(kit.lines[0]?.fields["payload"], { id: 7 });
});

test("logging() says of a batch how many it had, and how many of each outcome", async () => {
  await using kit = new Kit();
  const handle = batchSubscriber(
    orders,
    { max: 3, waitMs: 10 },
    (batch) =>
      batch.map(({ payload: { id } }) => id === 2 ? reject("no") : ack()),
  );
  await kit.start(handle, [logging()]);

  await kit.publish([1, 2, 3]);
  await kit.publish([4]);
  await kit.clock.advance(10);

  assert.deepEqual(
    kit.lines.filter(({ message }) => message.startsWith("Handled")),
    [{
      level: "warn",
      message: 'Handled a delivery of "orders": ack, reject',
      fields: {
        subscriber: "orders",
        count: 3,
        outcome: "ack, reject",
        ms: 0,
        outcomes: { ack: 2, reject: 1 },
      },
    }, {
      level: "info",
      message: 'Handled a delivery of "orders": ack',
      fields: { subscriber: "orders", count: 1, outcome: "ack", ms: 0 },
    }],
  );
});

test("logging() says the correlation id inside correlate()", async () => {
  await using kit = new Kit();
  await kit.start(subscriber(orders, () => {}), [
    correlate().middleware,
    logging(),
  ]);

  await kit.publish([1], { "correlation-id": "abc" });

  assert.equal(kit.lines[0]?.fields["correlationId"], "abc");
});

test("logging() changes nothing where the logger throws, or an inner middleware gives no outcome", async () => {
  await using kit = new Kit();
  kit.logFailure = new Error("no log");
  await kit.start(
    subscriber(orders, { retry: { maxAttempts: 1 } }, () => {}),
    [
      logging(),
      (next) => (ctx) =>
        (ctx.payload as Order).id === 2 ? "nonsense" as never : next(ctx),
    ],
  );

  await kit.publish([1, 2]);

  assert.deepEqual(
    kit.lines.map(({ fields }) => fields["outcome"]).filter(Boolean),
    ["ack", "throw"],
  );
  assert.match(String(kit.notices[0]?.error), /a middleware gave string/);
  assert.deepEqual(await kit.stop(), { settled: 2, returned: 0, lost: 0 });
});

for (const options of [{ level: "trace" }, { failureLevel: 3 }] as const) {
  test(`logging() refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => logging(options as unknown as LoggingOptions), {
      name: "TypeError",
      message: /^Cannot log handled messages: .*evel must be "debug"/,
    });
  });
}
