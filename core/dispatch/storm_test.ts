import {
  ack,
  batchSubscriber,
  bytes,
  channel,
  type Outcome,
  reject,
  retry,
  type Settings,
  subscriber,
} from "@ruststream/core";
import type { AsyncCodec, Guarantees } from "@ruststream/core/contract";
import { MessagingError } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Gauge, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const drainMs = 400;

/** Random choices that follow from a seed. */
class Dice {
  readonly #clock: VirtualClock;

  constructor(seed: number) {
    this.#clock = new VirtualClock({ seed });
  }

  one<T>(...of: readonly T[]): T {
    return of[Math.floor(this.#clock.random() * of.length)] as T;
  }

  chance(of: number): boolean {
    return this.#clock.random() < of;
  }

  upTo(most: number): number {
    return Math.floor(this.#clock.random() * (most + 1));
  }
}

function guaranteesOf(dice: Dice): Partial<Guarantees> {
  return {
    redelivery: dice.one("none", "on-retry", "until-settled", "until-settled"),
    delayedRetry: dice.chance(0.5),
    countsAttempts: dice.chance(0.7),
    ...(dice.chance(0.5) ? { settleDeadlineMs: 50 } : {}),
  };
}

function settingsOf(dice: Dice, codec: AsyncCodec): Settings {
  return {
    concurrency: dice.one(1, 1, 2, 5),
    maxHeld: dice.one(2, 5, 1_000),
    undecodable: dice.one("reject", "retry"),
    retry: {
      maxAttempts: dice.one(1, 3, Infinity),
      backoff: { initialMs: 5, maxMs: 40 },
      order: dice.one("keep", "yield"),
    },
    ...(dice.chance(0.5) ? { orderBy: ({ key = "" }: Order) => key } : {}),
    ...(dice.chance(0.5) ? { timeoutMs: 20, abandonMs: 10 } : {}),
    ...(dice.chance(0.6) ? { deadLetter: bytes("dead") } : {}),
    ...(dice.chance(0.3) ? { codec } : {}),
  } as Settings;
}

/** What a handler may do with a delivery. */
function endOf(dice: Dice, signal: AbortSignal): Outcome | Promise<Outcome> {
  if (dice.chance(0.15)) throw new Error("no");
  const hang = new Promise<Outcome>((resolve) =>
    signal.addEventListener("abort", () => resolve(ack()))
  );
  return dice.one<() => Outcome | Promise<Outcome>>(
    ack,
    ack,
    ack,
    retry,
    () => retry({ afterMs: 0 }),
    () => retry({ afterMs: 15 }),
    () => reject("no"),
    () => dice.chance(0.3) ? hang : ack(),
  )();
}

/** What a broker may do: take at once, take later, refuse once. */
function misbehave(kit: Kit, dice: Dice): void {
  const failing = () => Promise.reject(new MessagingError("connection", "no"));
  kit.onSettle = () =>
    dice.one<() => void | Promise<void>>(
      () => {},
      () => kit.clock.sleep(dice.upTo(5)),
      () => dice.chance(0.2) ? failing() : undefined,
    )();
  kit.onPublish = () =>
    dice.chance(0.3) ? failing() : kit.clock.sleep(dice.upTo(5));
}

function slowJson(kit: Kit, dice: Dice): AsyncCodec {
  return {
    contentType: "application/json",
    waits: true,
    encode: () => ({ body: new Uint8Array() }),
    async decode({ body }) {
      await kit.clock.sleep(dice.upTo(3));
      return JSON.parse(new TextDecoder().decode(body));
    },
  };
}

for (let seed = 1; seed <= 40; seed++) {
  test(`whatever is set, every message of a real broker is handled in the end, once, and in order where that is asked for, seed ${seed}`, async () => {
    const dice = new Dice(seed);
    await using kit = new Kit({}, { seed });
    const { retry: retries, ...settings } = settingsOf(
      dice,
      slowJson(kit, dice),
    );
    const { order = "yield" } = retries ?? {};
    const maxAttempts = Infinity;
    const done: Order[] = [];
    const fails = (): Outcome | undefined => {
      if (dice.chance(0.15)) throw new Error("no");
      return dice.chance(0.1) ? retry() : undefined;
    };
    const one = async (order: Order): Promise<Outcome | void> => {
      await kit.clock.sleep(dice.upTo(4));
      const failed = fails();
      if (failed === undefined) done.push(order);
      return failed;
    };
    const options = {
      ...settings,
      retry: { ...retries, maxAttempts, order },
      ...(dice.chance(0.5) ? { group: "g" } : {}),
    } as object;
    const max = dice.one(0, 0, 1, 3, 40, 100);
    const waitMs = dice.one(0, 10);
    const running = await kit.start(
      max === 0
        ? subscriber(orders, options, one)
        : batchSubscriber(orders, { ...options, max, waitMs }, async (all) => {
          await kit.clock.sleep(dice.upTo(4));
          const failed = all.length > 1 || dice.chance(0.5) ? fails() : ack();
          if (failed === undefined || failed === ack()) {
            done.push(...all.map(({ payload }) => payload));
          }
          return failed;
        }),
      {},
      new MemoryBroker(),
    );

    const count = 150;
    for (let id = 1; id <= count; id++) {
      void running.publisher.publish(orders, { id, key: `k${dice.upTo(4)}` });
      if (dice.chance(0.2)) await kit.clock.advance(dice.upTo(10));
    }
    for (let n = 0; n < 500 && !await running.isIdle(); n++) {
      await kit.clock.advance(100);
    }

    const ofKeys = Map.groupBy(done, ({ key }) => key);
    const inOrder = [...ofKeys.values()].every((all) =>
      all.every(({ id }, n) => n === 0 || id > (all[n - 1]?.id ?? 0))
    );
    const isOrdered = settings.orderBy !== undefined ||
      settings.concurrency === 1;
    assert.equal(await running.isIdle(), true);
    assert.equal(done.length, count);
    assert.equal(new Set(done.map(({ id }) => id)).size, count);
    assert.ok(inOrder || order === "yield" || !isOrdered);
  });

  test(`whatever is set and whatever fails, a stop in the middle accounts for each delivery once, seed ${seed}`, async () => {
    const dice = new Dice(seed);
    await using kit = new Kit(guaranteesOf(dice), { seed });
    const settings = settingsOf(dice, slowJson(kit, dice));
    const gauge = new Gauge();
    const handle = async (signal: AbortSignal): Promise<Outcome> => {
      gauge.enter();
      try {
        await kit.clock.sleep(dice.upTo(4));
        return await endOf(dice, signal);
      } finally {
        gauge.leave();
      }
    };
    const max = dice.one(0, 0, 1, 3, 40);
    const waitMs = dice.one(0, 10);
    misbehave(kit, dice);
    await kit.start(
      max === 0
        ? subscriber(
          orders,
          settings as object,
          (_order: Order, { signal }) => handle(signal),
        )
        : batchSubscriber(
          orders,
          { ...settings as object, max, waitMs },
          (_batch, { signal }) => handle(signal),
        ),
    );

    const pushed = 150;
    for (let id = 1; id <= pushed; id++) {
      const bad = dice.chance(0.05) ? { body: new Uint8Array([1]) } : {};
      kit.push({ id, key: `k${dice.upTo(4)}` }, bad);
      if (dice.chance(0.1)) await kit.clock.advance(dice.upTo(10));
    }
    await kit.clock.advance(dice.upTo(150));
    const [{ settled, returned, lost }, took] = await kit.stop({ drainMs });
    const tried = kit.settled.length;
    // What hung still ends; nothing comes of it.
    await kit.clock.advance(1_000);

    const ids = kit.settled.map((line) => line.split(" ")[0]);
    const seen = new Set([...ids, ...kit.handedBack]);
    assert.equal(seen.size, pushed, "each is settled or handed back");
    assert.equal(settled + returned + lost, pushed - kit.handedBack.length);
    assert.ok(took <= drainMs, `it took ${took} ms`);
    assert.ok(gauge.most <= (settings.concurrency ?? 1) || settings.timeoutMs);
    assert.equal(kit.settled.length, tried, "nothing is settled after a stop");
    assert.equal(kit.running?.failure, undefined);
  });
}
