import assert from "node:assert/strict";
import {
  BaseConnection,
  BaseSubscription,
  type BrokerEvent,
  type Delivery,
  type Publisher,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { counted, delivery, guarantees, idle, idsOf } from "./_kit_test.ts";

class OwnConnection extends BaseConnection {
  readonly publisher: Publisher = { confirms: "sent", publish: () => {} };

  subscribe(): Promise<OwnSubscription> {
    return Promise.resolve(
      new OwnSubscription({ connection: this, guarantees }),
    );
  }
}

class OwnSubscription extends BaseSubscription {
  readonly events: string[] = [];
  stopping: () => Promise<void> = () => Promise.resolve();
  givingBack: () => Promise<void> = () => Promise.resolve();

  push(...ids: readonly string[]): boolean {
    return ids.map((id) => this.buffer.push(delivery(id))).every(Boolean);
  }

  override again(again: Delivery, afterMs?: number): boolean {
    return super.again(again, afterMs);
  }

  override fail(cause: unknown): void {
    super.fail(cause);
  }

  protected override demanded(count: number): void {
    this.events.push(`asks ${count}`);
  }

  protected override stop(why: "drain" | "cancel"): Promise<void> {
    this.events.push(why);
    return this.stopping();
  }

  protected override handBack(deliveries: readonly Delivery[]): Promise<void> {
    this.events.push(`back ${idsOf(deliveries)}`);
    return this.givingBack();
  }
}

interface Made {
  readonly clock: VirtualClock;
  readonly told: BrokerEvent[];
  readonly connection: OwnConnection;
  readonly stop: AbortController;
  readonly subscription: OwnSubscription;
}

function make(): Made {
  const clock = new VirtualClock();
  const told: BrokerEvent[] = [];
  const report = (event: BrokerEvent): void => void told.push(event);
  const connection = new OwnConnection({ clock, report });
  const stop = new AbortController();
  const { signal } = stop;
  const subscription = new OwnSubscription({ connection, guarantees, signal });
  return { clock, told, connection, stop, subscription };
}

test("BaseSubscription() gives what is pushed, on both faces, and says who asks", async () => {
  const { subscription } = make();
  subscription.push("a", "b", "c");

  const reader = subscription.deliveries.getReader();
  const first = await reader.read();
  reader.releaseLock();
  const batches = subscription.batches(5).getReader();
  const rest = await batches.read();
  const waiting = batches.read();
  await idle();
  await subscription.cancel();

  assert.equal(first.value?.id, "a");
  assert.equal(idsOf(rest.value ?? []), "b,c");
  assert.equal((await waiting).done, true);
  assert.deepEqual(subscription.events, ["asks 5", "cancel"]);
  assert.equal(subscription.guarantees, guarantees);
});

test("BaseSubscription.cancel() stops, then hands back, then leaves its connection", async () => {
  const { connection, subscription } = make();
  subscription.push("a", "b");
  const back = Promise.withResolvers<void>();
  subscription.givingBack = () => back.promise;

  const cancelled = subscription.cancel();
  await idle();
  const kept = connection.subscriptions.has(subscription);
  back.resolve();
  await cancelled;

  assert.equal(kept, true);
  assert.deepEqual(subscription.events, ["cancel", "back a,b"]);
  assert.equal(connection.subscriptions.size, 0);
  assert.equal(subscription.disposed, false);
});

test("BaseSubscription.drain() stops, gives the rest, and leaves its connection with the last", async () => {
  const { connection, subscription } = make();
  subscription.push("a");
  subscription.stopping = () => {
    subscription.push("b");
    return Promise.resolve();
  };

  await subscription.drain();
  const kept = connection.subscriptions.has(subscription);
  const late = subscription.push("c");
  const got = await Array.fromAsync(subscription.deliveries);
  await idle();

  assert.equal(kept, true);
  assert.equal(late, false);
  assert.equal(idsOf(got), "a,b");
  assert.deepEqual(subscription.events, ["drain"]);
  assert.equal(connection.subscriptions.size, 0);
});

test("BaseSubscription() hands back what a drain left, at the shutdown", async () => {
  const { connection, subscription } = make();
  subscription.push("a");
  await subscription.drain();

  await connection.shutdown();

  assert.deepEqual(subscription.events, ["drain", "back a"]);
  assert.equal(subscription.disposed, true);
  assert.equal(subscription.closed, true);
});

test("BaseSubscription() is disposed before its cancel has ended", async () => {
  const { subscription } = make();

  const disposing = subscription[Symbol.asyncDispose]();

  assert.equal(subscription.disposed, true);
  assert.equal(subscription.closed, false);
  await disposing;
  await subscription[Symbol.asyncDispose]();
  assert.deepEqual(subscription.events, ["cancel"]);
});

test("BaseSubscription() is cancelled by its signal, also where that fails", async () => {
  const { connection, stop, subscription } = make();
  subscription.stopping = () => Promise.reject(new Error("no answer"));
  const reading = subscription.deliveries.getReader().read();
  await idle();

  stop.abort();

  assert.equal((await reading).done, true);
  await idle();
  assert.deepEqual(subscription.events, ["asks 1", "cancel"]);
  assert.equal(connection.subscriptions.size, 0);
});

test("BaseSubscription() is cut short by its signal while it drains, and not after", async () => {
  const { stop, subscription } = make();
  subscription.push("a");
  await subscription.drain();

  stop.abort();
  await idle();

  assert.deepEqual(await Array.fromAsync(subscription.deliveries), []);
  assert.deepEqual(subscription.events, ["drain", "back a"]);
});

for (const end of ["cancel", "drain", "fail"] as const) {
  test(`BaseSubscription.${end}() leaves no listener behind`, async () => {
    const { connection } = make();
    const { stop: { signal }, listeners } = counted();
    const options = { connection, guarantees, signal };
    const subscription = new OwnSubscription(options);
    const before = listeners();

    await subscription[end](new Error("gone"));

    assert.equal(before, 1);
    assert.equal(listeners(), 0);
  });
}

test("BaseSubscription() throws the reason of a signal that is aborted already, and opens nothing", () => {
  const connection = new OwnConnection();
  const signal = AbortSignal.abort("enough");

  let thrown: unknown;
  try {
    new OwnSubscription({ connection, guarantees, signal });
  } catch (reason) {
    thrown = reason;
  }

  assert.equal(thrown, "enough");
  assert.equal(connection.subscriptions.size, 0);
});

test("BaseSubscription.fail() errors the stream, hands back, and does not stop what is lost", async () => {
  const { clock, connection, subscription } = make();
  const cause = new Error("gone");
  subscription.push("a");
  subscription.again(delivery("b"), 1000);

  subscription.fail(cause);

  await assert.rejects(subscription.deliveries.getReader().read(), cause);
  await idle();
  assert.deepEqual(subscription.events, ["back a"]);
  assert.equal(connection.subscriptions.size, 0);
  assert.equal(clock.pending, 0);
});

test("BaseSubscription.again() delivers at once, or not sooner than asked", async () => {
  const { clock, subscription } = make();
  const reader = subscription.deliveries.getReader();

  const now = subscription.again(delivery("now"));
  const later = subscription.again(delivery("later"), 1000);
  const first = await reader.read();
  let second: string | undefined;
  const reading = reader.read().then(({ value }) => second = value?.id);
  await clock.advance(999);
  const early = second;
  await clock.advance(1);
  await reading;

  assert.deepEqual([now, later], [true, true]);
  assert.equal(first.value?.id, "now");
  assert.equal(early, undefined);
  assert.equal(second, "later");
});

test("BaseSubscription.again() is false after a cancel, which leaves no timer and tells nothing", async () => {
  const { clock, told, subscription } = make();
  subscription.again(delivery("a"), 1000);

  await subscription.cancel();

  assert.equal(clock.pending, 0);
  assert.equal(subscription.again(delivery("b")), false);
  assert.equal(subscription.again(delivery("c"), 1), false);
  assert.deepEqual(told, []);
});

test("BaseSubscription.drain() tells how many retries will not come back", async () => {
  const { clock, told, subscription } = make();
  subscription.again(delivery("a"), 1000);
  subscription.again(delivery("b"), 2000);
  subscription.again(delivery("c"));

  await subscription.drain();
  const got = await Array.fromAsync(subscription.deliveries);

  assert.deepEqual(told.map(({ kind }) => kind), ["lost"]);
  assert.ok(told.some((event) => "count" in event && event.count === 2));
  assert.equal(idsOf(got), "c");
  assert.equal(clock.pending, 0);
});

test("BaseSubscription.again() comes back while a drain still takes, and is refused a delay", async () => {
  const { subscription } = make();
  const taken: boolean[] = [];
  subscription.stopping = () => {
    taken.push(subscription.again(delivery("now")));
    taken.push(subscription.again(delivery("later"), 1));
    return Promise.resolve();
  };

  await subscription.drain();

  assert.deepEqual(taken, [true, false]);
  const got = await Array.fromAsync(subscription.deliveries);
  assert.equal(idsOf(got), "now");
});

test("BaseSubscription() extends what it holds by the deadline of its guarantees", async () => {
  const { clock, connection } = make();
  const leased = { ...guarantees, settleDeadlineMs: 1000 };
  const subscription = new OwnSubscription({ connection, guarantees: leased });
  subscription.push("a");

  const { pending } = clock;
  await subscription.cancel();

  assert.equal(pending, 1);
  assert.equal(clock.pending, 0);
});
