import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import { jetStream, type JetStreamOptions } from "./jet_stream.ts";
import { Live, order, orders, take } from "./_kit_test.ts";
import { jetStreamSink } from "./sink.ts";
import type { JetStreamSubscription } from "./subscription.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;

async function open(
  live: Live,
  options: Partial<JetStreamOptions> = {},
): Promise<JetStreamSubscription> {
  const source = jetStream(orders, { stream, durable: "billing", ...options });
  return await source.open(await live.connect());
}

async function publish(live: Live, ...ids: readonly number[]): Promise<void> {
  const publisher = await jetStreamSink().open(await live.connect());
  for (const id of ids) await publisher.publish(order(id));
}

/** What was told of one kind, in words. */
function told(live: Live, kind: string, of: string): readonly string[] {
  return live.events.filter((event) => event.kind === kind)
    .map(({ detail = "" }) => detail).filter((detail) => detail.includes(of));
}

test("what a limit of the stream removes while it is in hand is told", async () => {
  await using live = await Live.start();
  const subscription = await open(live, {
    stream: { ...stream, maxMessages: 1 },
  });
  await publish(live, 1);
  await take(subscription, 1);

  await publish(live, 2);
  await live.until(() => told(live, "dropped", "message 1").length > 0);

  assert.deepEqual(told(live, "dropped", ""), [
    'The server gave up message 1 of stream "ORDERS": "billing" has not settled it (Unacknowledged message was deleted)',
  ]);
});

test("what another client rejects is told, and what is rejected here is not", async () => {
  await using live = await Live.start();
  const subscription = await open(live);
  await publish(live, 1, 2, 3, 4);
  const [first, second, third, fourth] = await take(subscription, 4);

  await first?.settle({ kind: "reject", reason: "no such customer" });
  await second?.settle({ kind: "reject" });
  const { nats } = await live.direct();
  nats.publish(third?.native.reply ?? "", "+TERM by hand");
  nats.publish(fourth?.native.reply ?? "", "+TERM");
  await live.until(() => told(live, "dropped", "message 4").length > 0);

  assert.deepEqual(told(live, "dropped", ""), [
    'The server gave up message 3 of stream "ORDERS": "billing" has not settled it (by hand)',
    'The server gave up message 4 of stream "ORDERS": "billing" has not settled it (another client rejected it)',
  ]);
});

test("who may not ask for messages, or not settle them, loses the subscription with denied", async () => {
  const user = (name: string, denied: string): string =>
    `{ user: ${name}, password: p, permissions: { publish: { deny: ["${denied}"] } } }`;
  await using live = await Live.start({
    config: `authorization { users: [
      ${user("asker", "$JS.ACK.>")},
      ${user("settler", "$JS.API.CONSUMER.MSG.NEXT.>")},
      { user: anybody, password: p }] }
      no_auth_user: anybody`,
  });
  const read = async (user: string): Promise<JetStreamSubscription> => {
    const auth = { user, password: "p" };
    return await jetStream(orders, { stream, durable: user })
      .open(await live.connect({ auth }));
  };

  await assert.rejects(take(await read("settler"), 1), {
    code: "denied",
    message: /^Cannot read from "settler": the server does not permit/,
  });
  const asker = await read("asker");
  await publish(live, 1);
  const [delivery] = await take(asker, 1);
  await delivery?.settle({ kind: "ack" });
  await assert.rejects(take(asker, 1), {
    code: "denied",
    message: /^Cannot settle what "asker" delivers: the server does not permit/,
  });
});

for (const generation of ["2.9", "newest"] as const) {
  test(`a stall because of unsettled deliveries is told once, on ${generation}`, async () => {
    await using live = await Live.start({ generation });
    const clock = new VirtualClock();
    const stalls = () => told(live, "slow", "as many as it may");
    const holder = await open(live, { maxAckPending: 2 });
    await publish(live, 1, 2, 3);
    const held = await take(holder, 2);
    const source = jetStream(orders, {
      stream,
      durable: "billing",
      maxAckPending: 2,
    });
    const waiting = await source.open(await live.connect({}, clock));
    holder.pause();
    const reading = take(waiting, 1);
    await live.settle();

    const pass = async (seconds: number): Promise<void> => {
      for (let left = seconds; left > 0; left--) {
        await clock.advance(1_000);
        await live.settle();
      }
    };
    await pass(29);
    const before = stalls();
    await pass(240);
    const once = stalls();
    await held[0]?.settle({ kind: "ack" });
    const [third] = await reading;

    assert.equal(third?.sequence, 3);
    assert.deepEqual(before, []);
    assert.deepEqual(once, [
      'The consumer "billing" has 2 unsettled deliveries, as many as it may: 1 messages wait until some are settled',
    ]);
  });
}
