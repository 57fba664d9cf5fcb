import {
  ack,
  channel,
  type Outcome,
  reject,
  retry,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const plain = {
  retry: { backoff: { initialMs: 100, maxMs: 100, jitter: false } },
};

for (
  const [what, returned, becomes] of [
    ["nothing", () => {}, "1 ack"],
    ["ack()", () => ack(), "1 ack"],
    ["retry()", () => retry(), "1 retry 100"],
    ["retry({ afterMs: 0 })", () => retry({ afterMs: 0 }), "1 retry"],
    ["retry({ afterMs: 7 })", () => retry({ afterMs: 7 }), "1 retry 7"],
    ["reject()", () => reject(), "1 reject rejected"],
    ["reject(reason)", () => reject("no"), "1 reject no"],
    ["a promise of nothing", async () => {}, "1 ack"],
    [
      "a promise of reject()",
      () => Promise.resolve(reject("no")),
      "1 reject no",
    ],
  ] as const
) {
  test(`subscriber() takes ${what} for ${becomes.slice(2)}`, async () => {
    await using kit = new Kit();
    await kit.start(subscriber(orders, plain, returned));

    kit.push({ id: 1 });
    await kit.turns();

    assert.deepEqual(kit.settled, [becomes]);
  });
}

const thrown: readonly (readonly [string, () => unknown])[] = [
  ["undefined", () => undefined],
  ["a frozen object", () => Object.freeze({})],
  ["a string", () => "no"],
  ["an object that is no string", () => Object.create(null)],
  ["a symbol", () => Symbol("no")],
  [
    "an error whose message throws",
    () =>
      Object.defineProperty(new Error(), "message", {
        get() {
          throw new Error("not even that");
        },
      }),
  ],
];
for (const [what, value] of thrown) {
  for (const how of ["throws", "rejects with"] as const) {
    test(`subscriber() retries a handler that ${how} ${what}, and goes on`, async () => {
      await using kit = new Kit();
      await kit.start(
        subscriber(orders, {
          ...plain,
          retry: { ...plain.retry, maxAttempts: 2 },
        }, ({ id }): Promise<void> | void => {
          if (id === 2) return;
          if (how === "throws") throw value();
          return Promise.reject(value());
        }),
      );

      kit.push({ id: 1 });
      kit.push({ id: 1 }, { attempt: 2 });
      kit.push({ id: 2 });
      await kit.turns();

      const [first, second, third] = kit.settled;
      assert.equal(first, "1 retry 100");
      assert.ok(second?.startsWith("2 reject "), second);
      assert.equal(third, "3 ack");
      assert.equal(kit.running?.failure, undefined);
    });
  }
}

test("subscriber() takes a value of a handler without a reply for a throw", async () => {
  await using kit = new Kit();
  const seen: unknown[] = [];
  await kit.start(
    subscriber(
      orders,
      {
        retry: {
          retryable: (error) => {
            seen.push((error as Error).message);
            return false;
          },
        },
      },
      () => ({ id: 1 }) as unknown as Outcome,
    ),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(seen, [
    'Cannot settle a delivery of "orders": its handler declares no reply and returned an object',
  ]);
  assert.ok(kit.settled[0]?.startsWith("1 reject TypeError: "));
});

for (
  const [what, value] of [
    ["undefined", undefined],
    ["a number", 7],
    ["an object that looks like an outcome", {
      settlement: { kind: "ack" },
      after: [],
    }],
    ["a promise of null", Promise.resolve(null)],
    ["an object whose then throws", {
      get then() {
        throw new Error("no");
      },
    }],
  ] as const
) {
  test(`use() takes ${what} from a middleware for a throw`, async () => {
    await using kit = new Kit();
    await kit.start(subscriber(orders, plain, () => {}), {
      use: [() => () => value as unknown as Outcome],
    });

    kit.push({ id: 1 });
    await kit.turns();
    kit.push({ id: 2 });
    await kit.turns();

    assert.deepEqual(kit.settled, ["1 retry 100", "2 retry 100"]);
  });
}

test("subscriber() goes on beside a handler that never returns", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(
      orders,
      { concurrency: 2 },
      ({ id }) => id === 1 ? new Promise<void>(() => {}) : undefined,
    ),
  );

  await kit.pushMany(3);

  assert.deepEqual(kit.settled, ["2 ack", "3 ack"]);
});

test("andAfter() runs after the settlement is confirmed, in order", async () => {
  await using kit = new Kit();
  const confirmed = Promise.withResolvers<void>();
  kit.onSettle = () => confirmed.promise;
  const ran: string[] = [];
  await kit.start(
    subscriber(orders, () =>
      ack()
        .andAfter(async () => {
          await kit.clock.sleep(10);
          ran.push("first");
        })
        .andAfter(() => void ran.push("second"))),
  );

  kit.push({ id: 1 });
  await kit.turns();
  const before = [...ran];
  confirmed.resolve();
  await kit.turns();
  const meanwhile = [...ran];
  await kit.clock.advance(10);

  assert.deepEqual([before, meanwhile, ran], [[], [], ["first", "second"]]);
});

test("andAfter() does not run when the settlement is refused", async () => {
  await using kit = new Kit();
  kit.onSettle = () => Promise.reject(new Error("no"));
  let ran = 0;
  await kit.start(subscriber(orders, () => ack().andAfter(() => void ran++)));

  kit.push({ id: 1 });
  await kit.turns();

  assert.equal(ran, 0);
  assert.deepEqual(kit.settled, ["1 ack", "1 ack"]);
});

test("andAfter() runs once when the settlement is refused once", async () => {
  await using kit = new Kit();
  let refused = 0;
  kit.onSettle = () =>
    refused++ === 0 ? Promise.reject(new Error("no")) : undefined;
  let ran = 0;
  await kit.start(subscriber(orders, () => ack().andAfter(() => void ran++)));

  kit.push({ id: 1 });
  await kit.turns();

  assert.equal(ran, 1);
  assert.deepEqual(kit.codes, []);
});

test("andAfter() that throws is told, and the work after it still runs", async () => {
  await using kit = new Kit();
  let ran = 0;
  await kit.start(
    subscriber(orders, () =>
      ack().andAfter(() => {
        throw new Error("no");
      }).andAfter(() => void ran++)),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(kit.codes, ["after-failed"]);
  assert.equal(ran, 1);
});

test("stop() waits for work after a settlement", async () => {
  await using kit = new Kit();
  let ran = 0;
  await kit.start(
    subscriber(orders, () =>
      ack().andAfter(async () => {
        await kit.clock.sleep(500);
        ran++;
      })),
  );
  kit.push({ id: 1 });
  await kit.turns();

  const [report, took] = await kit.stop();

  assert.equal(ran, 1);
  assert.equal(took, 500);
  assert.deepEqual(report, { settled: 1, returned: 0, lost: 0 });
});

test("andAfter() of a retry that is held here runs once, and not when a stop gives it back instead", async () => {
  await using kit = new Kit({ delayedRetry: false });
  const ran: number[] = [];
  const gate = Promise.withResolvers<void>();
  await kit.start(
    subscriber(orders, { concurrency: 2 }, async ({ id }) => {
      if (id === 2) await gate.promise;
      return retry({ afterMs: 1_000 }).andAfter(() => void ran.push(id));
    }),
  );
  await kit.pushMany(2);

  const stopping = kit.running?.stop();
  await kit.turns();
  gate.resolve();
  await stopping;

  assert.deepEqual(ran, [1]);
  assert.deepEqual(kit.settled, ["1 release", "2 release"]);
});
