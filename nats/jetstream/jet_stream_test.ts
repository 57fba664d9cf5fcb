import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import type { Subscription } from "@ruststream/core/contract";
import { jetStream, type JetStreamOptions } from "./jet_stream.ts";
import { Live, order, orders, take, textOf } from "./_kit_test.ts";
import { jetStreamSink } from "./sink.ts";
import type { JetStreamSubscription } from "./subscription.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;

async function open(
  live: Live,
  options: Partial<JetStreamOptions> = {},
): Promise<JetStreamSubscription> {
  const source = jetStream(orders, { stream, ...options });
  return await source.open(await live.connect());
}

async function publish(live: Live, ...ids: readonly number[]): Promise<void> {
  const publisher = await jetStreamSink().open(await live.connect());
  for (const id of ids) await publisher.publish(order(id));
}

async function consumer(
  live: Live,
  name: string,
): Promise<Record<string, unknown>> {
  const info = await live.api(`CONSUMER.INFO.ORDERS.${name}`);
  return info["config"] as Record<string, unknown>;
}

/** The texts of so many deliveries, each acked. */
async function ackAll(
  subscription: Subscription,
  count: number,
): Promise<readonly string[]> {
  const taken = await take(subscription, count);
  for (const delivery of taken) await delivery.settle({ kind: "ack" });
  return taken.map(textOf);
}

test("jetStream() declares its stream and its consumer, in the server's units", async () => {
  await using live = await Live.start();

  await open(live, {
    stream: { ...stream, maxAgeMs: 60_000, duplicateWindowMs: 5_000 },
    durable: "billing",
    ackWaitMs: 1_500,
    maxAckPending: 7,
    inactiveThresholdMs: 90_000,
    metadata: { team: "money" },
  });

  const info = await live.api("STREAM.INFO.ORDERS");
  const { max_age, duplicate_window } = info["config"] as Record<
    string,
    unknown
  >;
  assert.deepEqual([max_age, duplicate_window], [60e9, 5e9]);
  const found = await consumer(live, "billing");
  assert.equal(found["ack_wait"], 1.5e9);
  assert.equal(found["max_ack_pending"], 7);
  assert.equal(found["inactive_threshold"], 90e9);
  assert.equal(found["filter_subject"], "orders.*");
  assert.equal((found["metadata"] as Record<string, unknown>)["team"], "money");
});

test("a consumer that is there and differs fails the start by name", async () => {
  await using live = await Live.start();
  await open(live, { durable: "billing", ackWaitMs: 1_000 });

  await assert.rejects(open(live, { durable: "billing", ackWaitMs: 2_000 }), {
    code: "refused",
    message:
      'Cannot use consumer "billing" of stream "ORDERS": "ackWaitMs" was asked to be 2000000000 and is 1000000000',
  });
});

test('ensure: "update" changes what differs', async () => {
  await using live = await Live.start();
  await open(live, { durable: "billing", ackWaitMs: 1_000 });

  const changed = await open(live, {
    stream: { ...stream, ensure: "update", maxAgeMs: 600_000 },
    durable: "billing",
    ensure: "update",
    ackWaitMs: 2_000,
  });

  assert.equal((await consumer(live, "billing"))["ack_wait"], 2e9);
  assert.equal(changed.guarantees.settleDeadlineMs, 2_000);
  const info = await live.api("STREAM.INFO.ORDERS");
  assert.equal((info["config"] as Record<string, unknown>)["max_age"], 600e9);
});

test('ensure: "check" makes nothing', async () => {
  await using live = await Live.start();

  await assert.rejects(open(live, { stream: "ORDERS" }), {
    code: "refused",
    message: 'Cannot read stream "ORDERS": it is not there',
  });
  await assert.rejects(open(live, { durable: "billing", ensure: "check" }), {
    code: "refused",
    message:
      'Cannot use consumer "billing" of stream "ORDERS": it is not there',
  });
});

test('ensure: "never" takes a consumer as it is', async () => {
  await using live = await Live.start();
  await open(live, { durable: "billing", ackWaitMs: 1_000 });

  const subscription = await open(live, {
    stream: "ORDERS",
    durable: "billing",
    ensure: "never",
    ackWaitMs: 9_000,
  });

  assert.equal(subscription.guarantees.settleDeadlineMs, 1_000);
});

test("a setting that the server is too old for fails the start by name", async () => {
  await using live = await Live.start({ generation: "2.9" });

  await assert.rejects(
    open(live, { stream: { ...stream, allowMessageTtl: true } }),
    { code: "unsupported", message: /"allowMessageTtl" needs .* 2\.11/ },
  );
  await assert.rejects(
    open(live, { durable: "billing", filters: ["orders.1", "orders.2"] }),
    { code: "unsupported", message: /several "filters" need .* 2\.10/ },
  );
});

test("a reason takes nothing from a reject, on servers that do not know reasons either", async () => {
  for (const generation of ["2.9", "newest"] as const) {
    await using live = await Live.start({ generation });
    const subscription = await open(live, {
      durable: "billing",
      ackWaitMs: 300,
    });
    await publish(live, 1);

    const [bad] = await take(subscription, 1);
    await bad?.settle({ kind: "reject", reason: "no such\r\ncustomer" });
    await live.settle();

    assert.deepEqual(await subscription.backlog(), {
      waiting: 0,
      unsettled: 0,
    }, generation);
  }
});

test("a durable consumer that is deleted is made again, and told", async () => {
  await using live = await Live.start();
  const subscription = await open(live, { durable: "billing" });
  const reading = ackAll(subscription, 1);
  await live.settle();

  await live.api("CONSUMER.DELETE.ORDERS.billing");
  await publish(live, 1);

  assert.deepEqual(await reading, ["1"]);
  assert.equal(live.events.some(({ kind }) => kind === "reopened"), true);
});

test("a consumer of somebody else that is deleted is a lost subscription", async () => {
  await using live = await Live.start();
  const subscription = await open(live, {
    durable: "billing",
    ownership: "theirs",
  });
  const lost = assert.rejects(take(subscription, 1), {
    code: "refused",
    message: /"billing".* is not ours to make again/,
  });
  await live.settle();

  await live.api("CONSUMER.DELETE.ORDERS.billing");

  await lost;
});

test("an ephemeral consumer that is deleted goes on where it was", async () => {
  await using live = await Live.start();
  const subscription = await open(live, { prefetch: 0 });
  await publish(live, 1, 2, 3);
  assert.deepEqual(await ackAll(subscription, 2), ["1", "2"]);

  await live.api(`CONSUMER.DELETE.ORDERS.${subscription.consumer}`);
  await publish(live, 4);

  assert.deepEqual(await ackAll(subscription, 2), ["3", "4"]);
});

test("a stream of ours that is deleted is made again with its consumer", async () => {
  await using live = await Live.start();
  const subscription = await open(live, { durable: "billing" });
  const reading = ackAll(subscription, 1);
  await live.settle();

  await live.api("STREAM.DELETE.ORDERS");
  await live.until(() => live.events.some(({ kind }) => kind === "reopened"));
  await publish(live, 1);

  assert.deepEqual(await reading, ["1"]);
});

test("a request that died with the server is sent again", async () => {
  await using live = await Live.start();
  const subscription = await open(live, { durable: "billing" });
  const reading = ackAll(subscription, 1);
  await live.settle();

  await live.server.restart();
  await publish(live, 1);

  assert.deepEqual(await reading, ["1"]);
});

test("a limit of open deliveries holds reading up, and goes on by itself", async () => {
  await using live = await Live.start();
  const subscription = await open(live, {
    durable: "billing",
    maxAckPending: 2,
  });
  await publish(live, 1, 2, 3);
  const held = await take(subscription, 2);

  const third = ackAll(subscription, 1);
  await live.settle();
  for (const delivery of held) await delivery.settle({ kind: "ack" });

  assert.deepEqual(await third, ["3"]);
});

test("what the server gave up after its own cap is told", async () => {
  await using live = await Live.start();
  const subscription = await open(live, {
    durable: "billing",
    ackWaitMs: 200,
    maxDeliver: 2,
  });
  await publish(live, 1);

  await take(subscription, 2);
  void subscription.deliveries.getReader().read();
  await live.until(() => live.events.some(({ kind }) => kind === "dropped"));

  const told = live.events.find(({ kind }) => kind === "dropped");
  assert.match(told?.detail ?? "", /message 1 of stream "ORDERS".* 2 times/);
});

test("a group is a durable consumer of its own for each channel", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const source = jetStream(orders, { stream });

  const subscription = await source.open(connection, { group: "billing" });

  assert.equal(subscription.consumer, "billing--orders_any");
  assert.equal(subscription.guarantees.redelivery, "until-settled");
  await assert.rejects(
    jetStream(orders, { stream, durable: "audit" })
      .open(connection, { group: "billing" }),
    TypeError,
  );
});

test("paused, a subscription leaves what comes to others", async () => {
  await using live = await Live.start();
  const paused = await open(live, { durable: "billing" });
  const other = await open(live, { durable: "billing" });
  const reading = ackAll(paused, 1);
  await live.settle();

  paused.pause();
  await live.settle();
  await publish(live, 1);
  const [got] = await take(other, 1);
  paused.resume();
  await publish(live, 2);

  assert.equal(got && textOf(got), "1");
  assert.equal(got?.attempt, 1);
  assert.deepEqual(await reading, ["2"]);
});

test("a pinned client gets all, and the next one takes over when it is gone", async () => {
  await using live = await Live.start();
  const options: Partial<JetStreamOptions> = {
    durable: "billing",
    expiresMs: 1_000,
    priority: { policy: "pinned_client", group: "jobs", timeoutMs: 1_000 },
  };
  const first = await open(live, options);
  const second = await open(live, options);
  const reading = ackAll(first, 2);
  await live.settle();
  const waiting = ackAll(second, 1);
  await live.settle();

  await publish(live, 1, 2);
  const pinned = await reading;
  await first[Symbol.asyncDispose]();
  await publish(live, 3);

  assert.deepEqual([pinned, await waiting], [["1", "2"], ["3"]]);
});
