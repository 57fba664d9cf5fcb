import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import type { BrokerEvent, Connection } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { jetStream, type JetStreamOptions } from "./jet_stream.ts";
import { order, orders, take, textOf } from "./_kit_test.ts";
import { ordered } from "./ordered.ts";
import { jetStreamSink, type JetStreamSinkOptions } from "./sink.ts";
import type { JetStreamSubscription } from "./subscription.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;

/** A server in this process, and connections to it. */
class Place implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly events: BrokerEvent[] = [];
  readonly #broker = natsBroker().inProcess();
  readonly #open: Connection[] = [];

  async connect(): Promise<NatsConnection> {
    const connection = await (await this.#broker).connect({
      clock: this.clock,
      report: (event) => void this.events.push(event),
    });
    this.#open.push(connection);
    return connection;
  }

  async read(
    options: Partial<JetStreamOptions> = {},
  ): Promise<JetStreamSubscription> {
    return await jetStream(orders, { stream, deliver: "all", ...options })
      .open(await this.connect());
  }

  async publish(
    ids: readonly number[],
    options: JetStreamSinkOptions = { stream },
  ): Promise<void> {
    const publisher = await jetStreamSink(options).open(await this.connect());
    for (const id of ids) await publisher.publish(order(id));
  }

  /** Asks JetStream's API. */
  async api(verb: string, body: object = {}): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    await sessionOf(await this.connect()).ask(`$JS.API.${verb}`, bytes, {
      timeoutMs: 1_000,
    });
  }

  /** Somebody deletes the stream, and makes it again a moment later. */
  async replaceStream(): Promise<void> {
    await this.clock.advance(1_000);
    await this.api("STREAM.DELETE.ORDERS");
    await this.api("STREAM.CREATE.ORDERS", {
      name: "ORDERS",
      subjects: ["orders.>"],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#open) await connection.shutdown();
    assert.equal(this.clock.pending, 0);
  }
}

/** What so many reads give, each acked, while time goes on. */
async function texts(
  { clock }: Place,
  subscription: Parameters<typeof take>[0],
  count: number,
): Promise<readonly string[]> {
  const taken: string[] = [];
  const reader = subscription.deliveries.getReader();
  const reading = (async () => {
    while (taken.length < count) {
      const { done, value } = await reader.read();
      if (done) return;
      taken.push(textOf(value));
      await value.settle({ kind: "ack" });
    }
  })();
  await clock.advance(20_000);
  reader.releaseLock();
  await reading.catch(() => {});
  return taken;
}

test("what an ephemeral consumer was to bring again comes, though it vanished meanwhile", async () => {
  await using place = new Place();
  const subscription = await place.read();
  await place.publish([1, 2, 3]);
  const [first, second, third] = await take(subscription, 3);
  await second?.settle({ kind: "retry", afterMs: 60_000 });
  await first?.settle({ kind: "ack" });
  await third?.settle({ kind: "ack" });

  await place.api(`CONSUMER.DELETE.ORDERS.${subscription.consumer}`);
  const again = await texts(place, subscription, 3);

  assert.equal(again.includes("2"), true);
  assert.equal(again.includes("1"), false);
});

test("an ephemeral consumer that its server has made again leaves nothing out", async () => {
  await using place = new Place();
  const subscription = await place.read({ deliver: "new" });
  await place.publish([1, 2]);
  const before = await texts(place, subscription, 2);
  const after = take(subscription, 2);
  await place.clock.advance(2_000);

  const { consumer } = subscription;
  const config = {
    name: consumer,
    ack_policy: "explicit",
    deliver_policy: "new",
    filter_subject: "orders.*",
    inactive_threshold: 30_000_000_000,
  };
  const session = sessionOf(await place.connect());
  const say = (subject: string, body: unknown): void => {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    session.send(subject, bytes, { reply: "nobody" });
  };
  say(`$JS.API.CONSUMER.DELETE.ORDERS.${consumer}`, {});
  say("orders.3", 3);
  say(`$JS.API.CONSUMER.CREATE.ORDERS.${consumer}.orders.*`, {
    stream_name: "ORDERS",
    config,
  });
  say("orders.4", 4);
  await place.clock.advance(2_000);

  assert.deepEqual(before, ["1", "2"]);
  assert.deepEqual((await after).map(textOf), ["3", "4"]);
});

test("an ephemeral subscription reads all of a stream that was made again", async () => {
  await using place = new Place();
  const subscription = await place.read();
  await place.publish([1, 2, 3]);
  const before = await texts(place, subscription, 3);

  await place.replaceStream();
  await place.publish([11, 12]);

  assert.deepEqual(before, ["1", "2", "3"]);
  assert.deepEqual(await texts(place, subscription, 2), ["11", "12"]);
});

test("ordered() reads all of a stream that was made again", async () => {
  await using place = new Place();
  const reading = await ordered(orders, { stream }).open(await place.connect());
  await place.publish([1, 2, 3]);
  const before = await texts(place, reading, 3);

  await place.replaceStream();
  await place.publish([11, 12]);

  assert.deepEqual(before, ["1", "2", "3"]);
  assert.deepEqual(await texts(place, reading, 2), ["11", "12"]);
});

test("ordered() makes a stream of its own again that is gone", async () => {
  await using place = new Place();
  const reading = await ordered(orders, { stream }).open(await place.connect());
  await place.publish([1, 2]);
  const before = await texts(place, reading, 2);
  const next = take(reading, 1);

  await place.clock.advance(1_000);
  await place.api("STREAM.DELETE.ORDERS");
  await place.clock.advance(1_000);
  await place.publish([11], { stream: "ORDERS" });

  assert.deepEqual(before, ["1", "2"]);
  assert.deepEqual((await next).map(textOf), ["11"]);
});

test("who holds deliveries of a consumer that somebody made again settles nothing of the new one", async () => {
  await using place = new Place();
  const durable = { durable: "billing", prefetch: 0 };
  const subscription = await place.read(durable);
  await place.publish([1, 2]);
  const old = await take(subscription, 2);

  await place.replaceStream();
  await place.publish([11, 12]);
  const other = await place.read(durable);
  const taken = await take(other, 2);
  for (const delivery of old) {
    await assert.rejects(async () => await delivery.settle({ kind: "ack" }), {
      code: "refused",
    });
  }

  assert.deepEqual(taken.map(textOf), ["11", "12"]);
  assert.deepEqual(await other.backlog(), { waiting: 0, unsettled: 2 });
});

for (const maxBatch of [undefined, 2]) {
  const of = maxBatch === undefined
    ? "that was paused"
    : "whose server gives few at once";
  test(`a drain of a subscription of its own ${of} takes what waits`, async () => {
    await using place = new Place();
    const subscription = await place.read({
      ...maxBatch !== undefined && { maxBatch },
    });
    if (maxBatch === undefined) subscription.pause();
    await place.publish([1, 2, 3, 4, 5]);

    await subscription.drain();
    const drained = await Array.fromAsync(subscription.deliveries, textOf);

    assert.deepEqual(drained, ["1", "2", "3", "4", "5"]);
    assert.equal(place.events.some(({ kind }) => kind === "lost"), false);
  });
}

test("a transaction refuses what it could not commit, to the last byte", async () => {
  await using place = new Place();
  const connection = await place.connect();
  const publisher = await jetStreamSink({
    stream: { ...stream, allowAtomic: true },
    atomic: true,
  }).open(connection);
  const { max_payload } = sessionOf(connection).info;
  await using transaction = await publisher.begin();

  const fits = async (bytes: number): Promise<boolean> => {
    try {
      await transaction.publish(order(1, "x".repeat(bytes)));
      return true;
    } catch {
      return false;
    }
  };
  let bytes = max_payload;
  while (!await fits(bytes)) bytes--;
  await transaction.commit();

  assert.ok(bytes > max_payload - 200);
  assert.equal(connection.state, "connected");
});
