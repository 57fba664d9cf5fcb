import { parseAddress, systemClock } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Bus } from "./_bus.ts";
import { BusConnection } from "./_connection.ts";
import { text } from "./_kit_test.ts";
import { Session } from "./_session.ts";
import { settingsOf } from "./_settings.ts";

interface Open {
  readonly bus: Bus;
  readonly clock: VirtualClock;
  readonly connection: BusConnection;
}

function open(): Open {
  const bus = new Bus(settingsOf({}));
  const clock = new VirtualClock();
  const connection = new BusConnection(bus, new Session(clock, () => {}));
  return { bus, clock, connection };
}

interface Host {
  readonly Bun?: { gc(force: true): void };
  readonly process: {
    memoryUsage(): { readonly heapUsed: number };
    getBuiltinModule(id: "node:v8"): { setFlagsFromString(flag: string): void };
    getBuiltinModule(id: "node:vm"): {
      runInNewContext(code: string): () => void;
    };
  };
}

function collector({ Bun: bun, process }: Host): () => void {
  if (bun !== undefined) return () => bun.gc(true);
  process.getBuiltinModule("node:v8").setFlagsFromString("--expose-gc");
  return process.getBuiltinModule("node:vm").runInNewContext("gc");
}

// Bytes in use once everything that can be collected was: what has finalizers goes in several rounds.
async function heapUsed(): Promise<number> {
  const host = globalThis as unknown as Host;
  const collect = collector(host);
  for (let round = 0; round < 5; round++) {
    collect();
    await systemClock.turn();
  }
  return host.process.memoryUsage().heapUsed;
}

async function cycle({ connection }: Open, count: number): Promise<void> {
  const stop = new AbortController();
  for (let n = 0; n < count; n++) {
    const address = n % 2 === 0 ? `a.${n}` : `a.${n}.{rest+}`;
    const subscription = await connection.subscribe(parseAddress(address), {
      signal: stop.signal,
    });
    await connection.publisher.publish(text(`a.${n}`));
    if (n % 3 === 0) await subscription.deliveries.cancel();
    else await subscription[Symbol.asyncDispose]();
  }
}

test("10,000 subscriptions opened and closed leave nothing", async () => {
  const all = open();
  await cycle(all, 2_000);
  const before = await heapUsed();

  await cycle(all, 10_000);

  const perSubscription = (await heapUsed() - before) / 10_000;
  assert.ok(all.bus.router.size <= 1, `${all.bus.router.size} routes left`);
  assert.equal(all.clock.pending, 0);
  assert.ok(perSubscription < 100, `${perSubscription} bytes are held each`);
  await all.connection.shutdown();
}, { timeoutMs: 60_000 });

test("addresses without number leave a bounded cache", async () => {
  const { bus, connection } = open();

  for (let n = 0; n < 20_000; n++) {
    await connection.publisher.publish(text(`customer.${n}`));
  }

  assert.ok(bus.router.size <= 4096);
});

test("requests that ended leave nothing", async () => {
  const { bus, clock, connection } = open();
  await connection.subscribe(parseAddress("ask"));
  const asked = Array.from(
    { length: 100 },
    () => connection.request(text("ask"), { timeoutMs: 10 }),
  );
  const over = Promise.allSettled(asked);
  const during = bus.askers.size;

  await clock.advance(10);
  await over;

  assert.deepEqual([during, bus.askers.size, clock.pending], [100, 0, 0]);
  await connection.shutdown();
});

interface Watched {
  readonly signal: AbortSignal;
  /** Listeners that are there now. */
  count(): number;
  /** Listeners that ever were. */
  added(): number;
}

function watched(): Watched {
  const { signal } = new AbortController();
  let [added, removed] = [0, 0];
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.defineProperties(signal, {
    addEventListener: {
      value: (...args: Parameters<typeof add>) => {
        added++;
        add(...args);
      },
    },
    removeEventListener: {
      value: (...args: Parameters<typeof remove>) => {
        removed++;
        remove(...args);
      },
    },
  });
  return { signal, count: () => added - removed, added: () => added };
}

test("a wait that is over does not listen to its signal", async () => {
  const bus = new Bus(settingsOf({ capacity: 1, publishTimeoutMs: 5 }));
  const clock = new VirtualClock();
  const connection = new BusConnection(bus, new Session(clock, () => {}));
  const { signal, count, added } = watched();
  const orders = await connection.subscribe(parseAddress("a"), { signal });
  const reader = orders.deliveries.getReader();
  await connection.publisher.publish(text("a"), { signal });

  const admitted = connection.publisher.publish(text("a"), { signal });
  await reader.read();
  await admitted;
  const late = connection.publisher.publish(text("a"), { signal });
  const asked = connection.request(text("a"), { timeoutMs: 10, signal });
  const over = Promise.allSettled([late, asked]);
  await clock.advance(10);
  await over;
  const subscribed = count();
  await orders[Symbol.asyncDispose]();

  assert.deepEqual([added(), subscribed, count()], [4, 1, 0]);
  await connection.shutdown();
});

test("a transaction that is over does not listen to its signal", async () => {
  const { connection } = open();
  const { signal, count, added } = watched();
  const begin = () => connection.publisher.begin({ signal });
  const [committed, discarded] = [await begin(), await begin()];
  await begin();

  await committed.commit();
  await discarded[Symbol.asyncDispose]();
  const left = count();
  await connection.shutdown();

  assert.deepEqual([added(), left, count()], [3, 1, 0]);
});
