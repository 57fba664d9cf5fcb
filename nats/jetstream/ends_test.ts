import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { jetStream } from "./jet_stream.ts";
import { order, orders, take, textOf } from "./_kit_test.ts";
import { ordered } from "./ordered.ts";
import { jetStreamSink } from "./sink.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;

async function connect(
  clock: VirtualClock,
  redialMs = 1_000,
): Promise<NatsConnection> {
  const backoff = { initialMs: redialMs, maxMs: redialMs };
  const broker = await natsBroker({ backoff }).inProcess();
  return await broker.connect({ clock });
}

async function ask(
  connection: NatsConnection,
  verb: string,
): Promise<Record<string, unknown>> {
  const msg = await sessionOf(connection).ask(
    `$JS.API.${verb}`,
    new Uint8Array(),
    { timeoutMs: 1_000 },
  );
  return msg.json();
}

function cut(connection: NatsConnection): void {
  sessionOf(connection).send("x", new Uint8Array(9_000_000));
}

const sources = {
  "jetStream()": jetStream(orders, { stream }),
  "ordered()": ordered(orders, { stream }),
};

for (const [name, source] of Object.entries(sources)) {
  test(`${name} that is aborted while it opens rejects with the reason, and leaves no consumer`, async () => {
    const left: unknown[] = [];
    const ends: unknown[] = [];
    const reason = new Error("enough");
    let opened = false;

    for (let steps = 0; !opened; steps++) {
      const clock = new VirtualClock();
      await using connection = await connect(clock);
      await jetStreamSink({ stream }).open(connection);
      const abort = new AbortController();
      const ending = source.open(connection, { signal: abort.signal }).then(
        async (subscription) => {
          opened = true;
          return await Array.fromAsync<unknown>(subscription.deliveries);
        },
        (error) => error,
      );
      for (let i = 0; i < steps; i++) await Promise.resolve();
      const isOpen = opened;
      abort.abort(reason);
      ends.push(isOpen ? reason : await ending);
      await clock.advance(10);
      left.push((await ask(connection, "CONSUMER.NAMES.ORDERS"))["consumers"]);
    }

    assert.deepEqual(left, left.map(() => []));
    assert.deepEqual(ends.slice(0, -1), ends.slice(0, -1).map(() => reason));
  });
}

test("a drain while the server is away gives what had come, and says that more may be left", async () => {
  const clock = new VirtualClock();
  await using connection = await connect(clock, 600_000);
  const publisher = await jetStreamSink({ stream }).open(connection);
  const subscription = await jetStream(orders, {
    stream,
    prefetch: 5,
    ackWaitMs: 600_000,
  })
    .open(connection);
  for (const id of [1, 2, 3]) await publisher.publish(order(id));
  const [first] = await take(subscription, 1);
  await first?.settle({ kind: "ack" });
  cut(connection);

  const draining = assert.rejects(subscription.drain(), { code: "timeout" });
  await clock.advance(30_000);
  await draining;
  const rest = await Array.fromAsync(subscription.deliveries, textOf);

  assert.deepEqual(rest, ["2", "3"]);
});

test("a schedule whose answer was lost is sent again, and kept once", async () => {
  const kept: number[] = [];
  const later = { ...stream, subjects: ["orders.>", "later.>"] };

  for (let turns = 0; turns < 12; turns++) {
    const clock = new VirtualClock();
    await using connection = await connect(clock);
    const publisher = await jetStreamSink({
      stream: { ...later, allowSchedules: true },
      schedules: "later",
    }).open(connection);

    const at = new Date(clock.now() + 3_600_000);
    const scheduling = publisher.schedule(order(1), at);
    for (let i = 0; i < turns; i++) await Promise.resolve();
    cut(connection);
    await clock.advance(30_000);
    await scheduling;
    const { state } = await ask(connection, "STREAM.INFO.ORDERS");
    kept.push((state as { readonly messages: number }).messages);
  }

  assert.deepEqual(kept, kept.map(() => 1));
});

test("a schedule that no stream takes is refused by name", async () => {
  await using connection = await connect(new VirtualClock());
  const publisher = await jetStreamSink({
    stream: { ...stream, allowSchedules: true },
    schedules: "later",
  }).open(connection);

  await assert.rejects(
    publisher.schedule(order(1), new Date(Date.now() + 60_000)),
    {
      code: "refused",
      message: /^Cannot schedule "orders\.1": no stream takes "later\.\w+"$/,
    },
  );
});
