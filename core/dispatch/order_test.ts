import { channel, type Outcome, retry, subscriber } from "@ruststream/core";
import type { AsyncCodec } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Gauge, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const byKey = ({ key = "" }: Order): string => key;

/** JSON that is decoded so many milliseconds later. */
function slowJson(kit: Kit, ms: (order: Order) => number): AsyncCodec {
  return {
    contentType: "application/json",
    waits: true,
    encode: () => ({ body: new Uint8Array() }),
    async decode({ body }) {
      const order: Order = JSON.parse(new TextDecoder().decode(body));
      await kit.clock.sleep(ms(order));
      return order;
    },
  };
}

interface Seen {
  readonly done: Map<string, number[]>;
  readonly overlaps: string[];
  readonly gauge: Gauge;
}

/** Publishes 1,000 messages of 16 keys to a handler that fails a third of the time, and says how it went. */
async function storm(seed: number, order: "keep" | "yield"): Promise<Seen> {
  await using kit = new Kit({}, { seed });
  const dice = new VirtualClock({ seed: seed + 1 });
  const seen: Seen = { done: new Map(), overlaps: [], gauge: new Gauge() };
  const busy = new Set<string>();
  const running = await kit.start(
    subscriber(orders, {
      name: `storm ${order}`,
      group: "g",
      orderBy: byKey,
      concurrency: 8,
      retry: { order, maxAttempts: Infinity },
    }, async ({ id, key = "" }): Promise<Outcome | void> => {
      if (busy.has(key)) seen.overlaps.push(key);
      busy.add(key);
      seen.gauge.enter();
      await kit.clock.sleep(Math.floor(dice.random() * 5));
      seen.gauge.leave();
      busy.delete(key);
      if (dice.random() < 0.2) throw new Error("no");
      if (dice.random() < 0.1) return retry();
      if (dice.random() < 0.1) return retry({ afterMs: 0 });
      seen.done.set(key, [...seen.done.get(key) ?? [], id]);
    }),
    {},
    new MemoryBroker(),
  );
  for (let id = 1; id <= 1_000; id++) {
    const key = `k${Math.floor(dice.random() * 16)}`;
    await running.publisher.publish(orders, { id, key });
  }
  for (let n = 0; n < 2_000 && !await running.isIdle(); n++) {
    await kit.clock.advance(50);
  }
  return seen;
}

for (const seed of [1, 2]) {
  test(
    `orderBy keeps 1,000 messages of 16 keys in order under failures, seed ${seed}`,
    async () => {
      const { done, overlaps, gauge } = await storm(seed, "keep");

      assert.deepEqual(overlaps, []);
      assert.equal(gauge.most, 8);
      assert.equal(done.size, 16);
      assert.equal([...done.values()].flat().length, 1_000);
      for (const ids of done.values()) {
        assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
      }
    },
    { timeoutMs: 60_000 },
  );

  test(
    `orderBy with order "yield" delivers all 1,000, never two of a key at once, seed ${seed}`,
    async () => {
      const { done, overlaps, gauge } = await storm(seed, "yield");

      const ids = [...done.values()].flat();
      assert.deepEqual(overlaps, []);
      assert.equal(gauge.most, 8);
      assert.equal(new Set(ids).size, 1_000);
      assert.equal(ids.length, 1_000);
    },
    { timeoutMs: 60_000 },
  );
}

for (const order of ["keep", "yield"] as const) {
  test(`under "${order}" a key that fails for ever blocks no other`, async () => {
    await using kit = new Kit({ delayedRetry: false });
    const seen: string[] = [];
    await kit.start(
      subscriber(orders, {
        orderBy: byKey,
        concurrency: 2,
        retry: { order, maxAttempts: Infinity },
      }, ({ id, key = "" }) => {
        if (id === 1) throw new Error("no");
        seen.push(`${key}${id}`);
      }),
    );

    await kit.pushMany(100, (n) => n % 2 === 1 ? "bad" : "good");

    const own = seen.filter((s) => s.startsWith("bad"));
    assert.equal(seen.length - own.length, 50);
    assert.equal(own.length, order === "keep" ? 0 : 49);
  });
}

test("orderBy of one key for all is strict order, at any concurrency", async () => {
  await using kit = new Kit();
  const seen: number[] = [];
  const gauge = new Gauge();
  await kit.start(
    subscriber(orders, {
      orderBy: () => "",
      concurrency: 8,
      retry: { maxAttempts: Infinity },
    }, async ({ id }, { attempt }) => {
      gauge.enter();
      await kit.clock.sleep(10 - id % 10);
      gauge.leave();
      if (id % 10 === 0 && attempt < 3) throw new Error("no");
      seen.push(id);
    }),
  );

  await kit.pushMany(100);
  await kit.clock.advance(60_000);

  assert.equal(gauge.most, 1);
  assert.deepEqual(seen, Array.from({ length: 100 }, (_, n) => n + 1));
});

test("orderBy sees the parameters of the address", async () => {
  await using kit = new Kit();
  const keys: unknown[] = [];
  await kit.start(
    subscriber(orders, {
      orderBy: (_payload, ctx) => String(keys.push(ctx.params)),
      retry: { maxAttempts: 1 },
    }, () => {}),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(keys, [{}]);
});

for (
  const [what, orderBy] of [
    ["throws", () => {
      throw new Error("no key");
    }],
    ["gives no string", () => 7],
    ["gives a promise", () => Promise.resolve("a")],
  ] as const
) {
  test(`an orderBy that ${what} makes its delivery undecodable`, async () => {
    await using kit = new Kit();
    let ran = 0;
    await kit.start(
      subscriber(orders, {
        orderBy: orderBy as unknown as () => string,
        retry: { maxAttempts: 3 },
      }, () => void ran++),
    );

    kit.push({ id: 1 });
    await kit.turns();

    assert.equal(ran, 0);
    assert.ok(kit.settled[0]?.startsWith("1 reject "), kit.settled[0]);
    assert.deepEqual(kit.codes, ["undecodable"]);
  });
}

test("start() refuses orderBy that keeps order where nobody wrote maxAttempts", async () => {
  await using kit = new Kit();
  const handle = subscriber(orders, { orderBy: byKey }, () => {});

  await assert.rejects(kit.start(handle), {
    name: "TypeError",
    message: /retry\.maxAttempts must be written/,
  });
  await kit.start(handle, { settings: { retry: { maxAttempts: Infinity } } });
  await kit.stop();
  await kit.start(handle, { settings: { retry: { order: "yield" } } });
});

test("a slow decode keeps the order of a key", async () => {
  await using kit = new Kit();
  const seen: number[] = [];
  const codec = slowJson(kit, ({ id }) => 100 - id);
  await kit.start(
    subscriber(orders, {
      codec,
      orderBy: byKey,
      concurrency: 8,
      retry: { maxAttempts: Infinity },
    }, ({ id }) => void seen.push(id)),
  );

  await kit.pushMany(50, () => "a");
  await kit.clock.advance(10_000);

  assert.deepEqual(seen, Array.from({ length: 50 }, (_, n) => n + 1));
});

test("a retry that waits for the slot of one that decodes runs when that one parks behind it", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  await kit.start(
    subscriber(orders, {
      codec: slowJson(kit, () => 10),
      orderBy: byKey,
      retry: {
        maxAttempts: Infinity,
        backoff: { initialMs: 5, maxMs: 5, jitter: false },
      },
    }, ({ id }, { attempt }) => {
      seen.push(`${id}/${attempt} at ${kit.clock.now()}`);
      if (id === 1 && attempt === 1) throw new Error("no");
    }),
  );

  await kit.pushMany(2, () => "a");
  await kit.clock.advance(1_000);

  assert.deepEqual(seen, ["1/1 at 10", "1/2 at 20", "2/1 at 20"]);
});

test('order "keep" without orderBy holds the whole subscription until its retry is done', async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  await kit.start(
    subscriber(orders, {
      concurrency: 4,
      retry: {
        order: "keep",
        backoff: { initialMs: 100, maxMs: 100, jitter: false },
      },
    }, async ({ id }, { attempt }) => {
      await kit.clock.sleep(1);
      if (id === 1 && attempt < 3) throw new Error("no");
      seen.push(`${id} at ${kit.clock.now()}`);
    }),
  );

  await kit.pushMany(6);
  await kit.clock.advance(150);
  const meanwhile = [...seen];
  await kit.clock.advance(150);

  assert.deepEqual(meanwhile, ["2 at 1", "3 at 1", "4 at 1"]);
  assert.deepEqual(seen.slice(3), ["1 at 203", "5 at 204", "6 at 204"]);
});

test('order "keep" without orderBy retries several in the order they came', async () => {
  await using kit = new Kit({}, { seed: 3 });
  const seen: number[] = [];
  await kit.start(
    subscriber(orders, { concurrency: 8, retry: { order: "keep" } }, (
      { id },
      { attempt },
    ) => {
      if (attempt === 1) throw new Error("no");
      seen.push(id);
    }),
  );

  await kit.pushMany(8);
  await kit.clock.advance(100_000);

  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8]);
});
