import { channel, reject, retry, subscriber } from "@ruststream/core";
import {
  circuitBreaker,
  type CircuitBreakerOptions,
  type CircuitState,
  timeout,
} from "@ruststream/core/middleware";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { gate, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const range = (count: number): number[] =>
  Array.from({ length: count }, (_, n) => n + 1);
const down = new Error("down");

/** A handler of what may be down, and what it did. */
class Shop {
  readonly kit: Kit = new Kit();
  readonly seen: string[] = [];
  readonly states: CircuitState[] = [];
  isDown = true;
  handle: (order: Order, signal: AbortSignal) => unknown = () => {
    if (this.isDown) throw down;
  };

  async start(
    options: Partial<CircuitBreakerOptions> = {},
    settings: object = {},
  ): Promise<void> {
    const breaker = circuitBreaker({
      failures: 2,
      openMs: 1_000,
      onChange: (state) => this.states.push(state),
      ...options,
    });
    const handle = subscriber(
      orders,
      { retry: { maxAttempts: 1 }, ...settings },
      (order, ctx) => {
        this.seen.push(`${ctx.clock.now()}: ${order.id}`);
        return this.handle(order, ctx.signal) as undefined;
      },
    );
    await this.kit.start(handle, [breaker]);
  }
}

for (const concurrency of [1, 3]) {
  test(`circuitBreaker() opens after failures in a row, has one try, and closes when that goes well, with ${concurrency} at once`, async () => {
    const shop = new Shop();
    await using kit = shop.kit;
    await shop.start({}, { concurrency });

    await kit.publish(range(6));
    const first = [...shop.seen];
    await kit.clock.advance(999);
    const waiting = [...shop.seen];
    await kit.clock.advance(1);
    const tried = shop.seen.slice(first.length);
    shop.isDown = false;
    await kit.clock.advance(1_000);

    assert.deepEqual(first, ["0: 1", "0: 2"]);
    assert.deepEqual(waiting, first);
    assert.deepEqual(tried, ["1000: 3"]);
    assert.deepEqual(shop.seen.slice(3).sort(), [
      "2000: 4",
      "2000: 5",
      "2000: 6",
    ]);
    assert.deepEqual(shop.states, [
      "open",
      "half-open",
      "open",
      "half-open",
      "closed",
    ]);
    assert.equal(kit.clock.pending, 0);
  });
}

test("circuitBreaker() tells the log of each change", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start();

  await kit.publish(range(3));
  shop.isDown = false;
  await kit.clock.advance(1_000);

  assert.deepEqual(
    kit.lines.filter(({ message }) => message.startsWith("The circuit")),
    [
      {
        level: "warn",
        message:
          'The circuit of "orders" is open: 2 failures in a row, and nothing passes for 1000 ms',
        fields: { error: "Error: down" },
      },
      {
        level: "info",
        message: 'The circuit of "orders" is half-open: one delivery tries',
        fields: {},
      },
      {
        level: "info",
        message: 'The circuit of "orders" is closed: all may pass',
        fields: {},
      },
    ],
  );
});

test("circuitBreaker() counts failures in a row only, and what a handler answers is none", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start();
  const ends = [
    () => Promise.reject(down),
    () => {},
    () => Promise.reject(down),
    () => reject("no"),
    () => {
      throw down;
    },
    () => retry(),
  ];
  shop.handle = ({ id }) => ends[id - 1]?.();

  await kit.publish(range(6));

  assert.equal(shop.seen.length, 6);
  assert.deepEqual(shop.states, []);
});

test("circuitBreaker() counts what it is told to, and each error where the telling throws", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({
    counts: (error) => {
      if (error === down) throw new Error("cannot say");
      return false;
    },
  });
  shop.handle = ({ id }) => {
    throw id <= 3 ? new TypeError("of the message") : down;
  };

  await kit.publish([1, 2, 3]);
  const before = [...shop.states];
  await kit.publish([4, 5]);

  assert.deepEqual([before, shop.states], [[], ["open"]]);
});

test("circuitBreaker() lets one try at a time, and others wait for it", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({}, { concurrency: 4 });
  await kit.publish(range(2));
  const trial = gate();
  shop.handle = () => trial.promise;

  await kit.publish([3, 4, 5]);
  await kit.clock.advance(5_000);
  const during = shop.seen.slice(2);
  trial.resolve();
  await kit.turns();

  assert.deepEqual(during, ["1000: 3"]);
  assert.deepEqual(shop.seen.slice(3), ["5000: 4", "5000: 5"]);
});

test("circuitBreaker() takes a try for failed whose signal aborts, and another one tries", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({}, { concurrency: 2, timeoutMs: 5_000, abandonMs: 0 });
  await kit.publish(range(2));
  const stuck = gate();
  shop.handle = ({ id }) => id === 3 ? stuck.promise : undefined;

  await kit.publish([3]);
  await kit.clock.advance(3_000);
  await kit.publish([4]);
  await kit.clock.advance(2_500);
  stuck.resolve();
  await kit.clock.advance(10_000);

  assert.deepEqual(shop.seen.slice(2), ["1000: 3", "6000: 4"]);
  assert.deepEqual(shop.states.slice(1), [
    "half-open",
    "open",
    "half-open",
    "closed",
  ]);
});

test("circuitBreaker() keeps to one try where one that was given up ends late", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({}, {
    concurrency: 3,
    timeoutMs: 5_000,
    abandonMs: 60_000,
  });
  await kit.publish(range(2));
  const [stuck, trial] = [gate(), gate()];
  shop.handle = ({ id }) => id === 3 ? stuck.promise : trial.promise;

  await kit.publish([3]);
  await kit.clock.advance(4_000);
  await kit.publish([4]);
  await kit.clock.advance(2_500);
  stuck.resolve();
  await kit.turns();
  await kit.publish([5]);
  const during = shop.seen.slice(2);
  trial.resolve();
  await kit.turns();

  assert.deepEqual(during, ["1000: 3", "6000: 4"]);
  assert.deepEqual(shop.seen.slice(4), ["6500: 5"]);
});

test("circuitBreaker() lets go of who is aborted while another tries", async () => {
  await using kit = new Kit();
  const breaker = circuitBreaker({ failures: 1, openMs: 1_000 });
  const other = channel<Order>("other");
  const trial = gate();
  const seen: number[] = [];
  await kit.start([
    subscriber(orders, { retry: { maxAttempts: 1 } }, ({ id }) => {
      seen.push(id);
      return id === 1 ? Promise.reject(down) : trial.promise;
    }),
    subscriber(
      other,
      { timeoutMs: 2_000, retry: { maxAttempts: 1 } },
      ({ id }) => void seen.push(id),
    ),
  ], [breaker]);
  await kit.publish([1, 2]);
  await kit.clock.advance(1_000);

  await kit.publish([3], {}, "other");
  await kit.clock.advance(2_000);

  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(
    kit.notices.filter(({ subscriber }) => subscriber === "other")
      .map(({ code }) => code),
    ["timed-out", "rejected"],
  );
  trial.resolve();
  await kit.stop();
});

test("circuitBreaker() hears nothing of runs that began before it opened", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({}, { concurrency: 4 });
  const [good, bad] = [gate(), gate()];
  shop.handle = ({ id }) => {
    if (id === 1) return good.promise;
    if (id === 2) return bad.promise;
    throw down;
  };

  await kit.publish(range(4));
  good.resolve();
  bad.reject(down);
  await kit.turns();
  await kit.publish([5]);

  assert.deepEqual(shop.states, ["open"]);
  assert.equal(shop.seen.length, 4);
  await kit.clock.advance(1_000);
  assert.equal(shop.seen.at(-1), "1000: 5");
});

test("circuitBreaker() counts a timeout inside it", async () => {
  await using kit = new Kit();
  const states: CircuitState[] = [];
  const breaker = circuitBreaker({
    failures: 1,
    openMs: 60_000,
    onChange: (state) => states.push(state),
  });
  const handle = subscriber(
    orders,
    { retry: { maxAttempts: 1 } },
    (_order, ctx) => ctx.clock.sleep(1_000, ctx.signal),
  );
  await kit.start(handle, [breaker, timeout(10)]);

  await kit.publish([1]);
  await kit.clock.advance(10);

  assert.deepEqual(states, ["open"]);
});

test("circuitBreaker() gives what waits back at the end of a drain, unrun and with no attempt counted", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({}, { group: "all", concurrency: 2 });
  await kit.publish(range(4));

  const report = await kit.stop(500);

  assert.deepEqual(report, { settled: 2, returned: 2, lost: 0 });
  assert.deepEqual(shop.seen, ["0: 1", "0: 2"]);
  assert.deepEqual([shop.states, kit.clock.pending], [["open"], 0]);
});

test("circuitBreaker() goes on where whom it tells throws", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  kit.logFailure = new Error("no log");
  await shop.start({
    onChange: () => {
      throw new Error("no ear");
    },
  });

  await kit.publish(range(3));
  shop.isDown = false;
  await kit.clock.advance(1_000);

  assert.deepEqual(shop.seen, ["0: 1", "0: 2", "1000: 3"]);
  assert.deepEqual(kit.said("error").filter((line) => /circuit/.test(line)), [
    "Cannot tell that the circuit is open",
    "Cannot tell that the circuit is half-open",
    "Cannot tell that the circuit is closed",
  ]);
});

test("circuitBreaker() is closed on another clock", async () => {
  const breaker = circuitBreaker({ failures: 1, openMs: 60_000 });
  const seen: number[] = [];
  for (const run of [1, 2]) {
    await using kit = new Kit();
    const clock = new VirtualClock();
    const handle = subscriber(orders, { retry: { maxAttempts: 1 } }, () => {
      seen.push(run);
      throw down;
    });
    await kit.start(handle, [breaker], [], clock);
    await kit.publish([1]);
    await clock.advance(0);
    await kit.stop(1_000, clock);
  }
  assert.deepEqual(seen, [1, 2]);
});

for (
  const [options, name, message] of [
    [{ failures: 0, openMs: 1 }, "RangeError", /failures must be a whole/],
    [{ failures: 1.5, openMs: 1 }, "RangeError", /failures must be a whole/],
    [{ failures: 1, openMs: 0 }, "RangeError", /openMs must be a finite/],
    [{ failures: 1, openMs: 1, counts: 1 }, "TypeError", /counts must be a f/],
    [{ failures: 1, openMs: 1, onChange: {} }, "TypeError", /onChange must be/],
  ] as const
) {
  test(`circuitBreaker() refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => circuitBreaker(options as never), { name, message });
  });
}
