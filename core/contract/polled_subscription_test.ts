import assert from "node:assert/strict";
import {
  BaseConnection,
  type Delivery,
  PolledSubscription,
  type Publisher,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { delivery, guarantees, idle, idsOf } from "./_kit_test.ts";

class ListConnection extends BaseConnection {
  readonly publisher: Publisher = { confirms: "sent", publish: () => {} };

  subscribe(): Promise<ListSubscription> {
    return Promise.resolve(new ListSubscription(this));
  }
}

class ListSubscription extends PolledSubscription {
  readonly list: Delivery[] = [];
  readonly events: string[] = [];
  /** Waited for by each fetch, before it takes something. */
  before: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  constructor(connection: BaseConnection, pollMs = 100) {
    super({ connection, guarantees, pollMs });
  }

  add(...ids: readonly string[]): void {
    for (const id of ids) this.list.push(delivery(id));
  }

  override fail(cause: unknown): void {
    super.fail(cause);
  }

  protected async fetch(
    count: number,
    signal: AbortSignal,
  ): Promise<readonly Delivery[]> {
    this.events.push(`fetch ${count}`);
    await this.before(signal);
    return this.list.splice(0, count);
  }

  protected override fetchRest(): Promise<readonly Delivery[]> {
    this.events.push("rest");
    return Promise.resolve(this.list.splice(0));
  }

  protected override handBack(deliveries: readonly Delivery[]): void {
    this.events.push(`back ${idsOf(deliveries)}`);
  }
}

interface Made {
  readonly clock: VirtualClock;
  readonly connection: ListConnection;
  readonly subscription: ListSubscription;
}

function make(...ids: readonly string[]): Made {
  const clock = new VirtualClock();
  const connection = new ListConnection({ clock });
  const subscription = new ListSubscription(connection);
  subscription.add(...ids);
  return { clock, connection, subscription };
}

test("PolledSubscription() asks for nothing before somebody reads, and for no more than is read", async () => {
  const { subscription } = make("a", "b", "c");
  await idle();
  const before = [...subscription.events];

  const { value } = await subscription.deliveries.getReader().read();
  await idle();

  assert.deepEqual(before, []);
  assert.equal(value?.id, "a");
  assert.deepEqual(subscription.events, ["fetch 1"]);
  assert.equal(idsOf(subscription.list), "b,c");
});

test("PolledSubscription() asks for as many as a batch may hold", async () => {
  const { subscription } = make("a", "b", "c", "d");
  const reader = subscription.batches(3).getReader();

  const one = await reader.read();
  const two = await reader.read();

  assert.deepEqual([idsOf(one.value ?? []), idsOf(two.value ?? [])], [
    "a,b,c",
    "d",
  ]);
  assert.deepEqual(subscription.events, ["fetch 3", "fetch 3"]);
});

test("PolledSubscription() looks again after a while, as long as the reader waits", async () => {
  const { clock, subscription } = make();
  const reader = subscription.deliveries.getReader();
  const reading = reader.read();
  await idle();
  await clock.advance(99);
  const early = subscription.events.length;
  subscription.add("a");
  await clock.advance(1);

  const { value } = await reading;
  await clock.advance(1000);

  assert.equal(early, 1);
  assert.equal(value?.id, "a");
  assert.deepEqual(subscription.events, ["fetch 1", "fetch 1"]);
  assert.equal(clock.pending, 0);
});

test("PolledSubscription() looks no more once a read was given up", async () => {
  const { clock, subscription } = make();
  const reader = subscription.deliveries.getReader();
  const reading = reader.read().catch(() => {});
  await idle();

  reader.releaseLock();
  await reading;
  await clock.advance(100);
  subscription.add("a");
  await clock.advance(1000);

  assert.deepEqual(subscription.events, ["fetch 1"]);
  const { value } = await subscription.deliveries.getReader().read();
  assert.equal(value?.id, "a");
});

test("PolledSubscription.cancel() ends a wait between two looks", async () => {
  const { clock, subscription } = make();
  const reading = subscription.deliveries.getReader().read();
  await idle();

  await subscription.cancel();

  assert.equal((await reading).done, true);
  assert.equal(clock.pending, 0);
  assert.deepEqual(subscription.events, ["fetch 1"]);
});

test("PolledSubscription.cancel() waits for the look under way, and hands back what it brings", async () => {
  const { subscription } = make("a");
  const look = Promise.withResolvers<void>();
  const aborted: boolean[] = [];
  subscription.before = async (signal) => {
    await look.promise;
    aborted.push(signal.aborted);
  };
  const reading = subscription.deliveries.getReader().read();
  await idle();

  let waits = true;
  const cancelled = subscription.cancel().then(() => waits = false);
  assert.equal((await reading).done, true);
  await idle();
  const waited = waits;
  look.resolve();
  await cancelled;

  assert.equal(waited, true);
  assert.deepEqual(aborted, [true]);
  assert.deepEqual(subscription.events, ["fetch 1", "back a"]);
});

test("PolledSubscription.cancel() resolves where the look under way ends with its signal", async () => {
  const { clock, subscription } = make("a");
  subscription.before = (signal) => clock.sleep(60_000, signal);
  const reading = subscription.deliveries.getReader().read();
  await idle();

  await subscription.cancel();

  assert.equal((await reading).done, true);
  assert.equal(clock.pending, 0);
  assert.equal(idsOf(subscription.list), "a");
});

test("PolledSubscription.drain() takes what is there, that of the look under way first", async () => {
  const { subscription } = make("a", "b", "c");
  const look = Promise.withResolvers<void>();
  subscription.before = () => look.promise;
  const reader = subscription.deliveries.getReader();
  const reading = reader.read();
  await idle();

  const drained = subscription.drain();
  await idle();
  look.resolve();
  await drained;
  subscription.add("late");
  reader.releaseLock();
  const rest = await Array.fromAsync(subscription.deliveries);

  assert.equal((await reading).value?.id, "a");
  assert.equal(idsOf(rest), "b,c");
  assert.deepEqual(subscription.events, ["fetch 1", "rest"]);
});

test("PolledSubscription() is lost with what a look throws, once", async () => {
  const { clock, connection, subscription } = make();
  const cause = new Error("no answer");
  subscription.before = () => Promise.reject(cause);

  await assert.rejects(subscription.deliveries.getReader().read(), cause);
  await clock.advance(1000);

  assert.deepEqual(subscription.events, ["fetch 1"]);
  assert.equal(connection.subscriptions.size, 0);
  assert.equal(clock.pending, 0);
});

test("PolledSubscription.fail() ends a wait between two looks", async () => {
  const { clock, subscription } = make();
  const cause = new Error("gone");
  const reading = subscription.deliveries.getReader().read();
  await idle();

  subscription.fail(cause);

  await assert.rejects(reading, cause);
  await idle();
  assert.equal(clock.pending, 0);
});

test("PolledSubscription() ends at the shutdown of its connection", async () => {
  const { connection, clock, subscription } = make();
  const reading = subscription.deliveries.getReader().read();
  await idle();

  await connection.shutdown();

  assert.equal((await reading).done, true);
  assert.equal(clock.pending, 0);
});

for (const pollMs of [0, -1, NaN]) {
  test(`PolledSubscription() refuses to look every ${pollMs} ms`, () => {
    const { connection } = make();
    assert.throws(() => new ListSubscription(connection, pollMs), RangeError);
  });
}
