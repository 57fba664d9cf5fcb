import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import type { AnyChannel } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { jetStream, type JetStreamOptions } from "./jet_stream.ts";
import { order, orders } from "./_kit_test.ts";
import { ordered } from "./ordered.ts";
import { jetStreamSink } from "./sink.ts";

const stream = { name: "PRICES", subjects: ["prices.>", "quotes"] };

async function connectInside(): Promise<NatsConnection> {
  const broker = await natsBroker().inProcess();
  return await broker.connect({ clock: new VirtualClock() });
}

function refusal(asked: string, taken: string) {
  return {
    code: "refused",
    message: `Cannot read "${asked}" from stream "PRICES": it takes ${taken}`,
  };
}

test("a stream that takes none of what is to be read fails the start, by name", async () => {
  await using connection = await connectInside();
  const partitions = { count: 2, token: "id", transform: "server" } as const;
  const open = (
    options: Partial<JetStreamOptions> = {},
    channel: AnyChannel = orders,
  ) => jetStream(channel, { stream, ...options }).open(connection);
  const taken = '"prices.>", "quotes" only';

  await assert.rejects(open(), refusal("orders.*", taken));
  await assert.rejects(
    open({ stream: "PRICES", durable: "billing" }),
    refusal("orders.*", taken),
  );
  await assert.rejects(
    open({ filters: ["prices.*", "quote"] }),
    refusal("quote", taken),
  );
  await assert.rejects(
    open({ durable: "billing", partitions, ensure: "update" }),
    refusal("0.orders.*", taken),
  );
  await assert.rejects(
    ordered(orders, { stream }).open(connection),
    refusal("orders.*", taken),
  );
  await open({}, { address: "prices.{of}.{rest+}" });
});

test("a stream that holds what it takes no more can be read", async () => {
  await using connection = await connectInside();
  const before = { ...stream, subjects: ["orders.*"] };
  const sink = await jetStreamSink({ stream: before }).open(connection);
  await sink.publish(order(1));
  await jetStreamSink({ stream: { ...stream, ensure: "update" } })
    .open(connection);

  const reading = await ordered(orders, { stream }).open(connection);
  const reader = reading.deliveries.getReader();

  assert.equal((await reader.read()).value?.message.address, "orders.1");
  await reader.cancel();
});

test("a stream that rewrites subjects can be read by those that it makes", async () => {
  await using connection = await connectInside();
  const rewrites = { from: "prices.*", to: "orders.{{wildcard(1)}}" };
  const sink = await jetStreamSink({
    stream: { ...stream, subjectTransform: rewrites },
  }).open(connection);
  const subscription = await jetStream(orders, { stream: "PRICES" })
    .open(connection);

  await sink.publish({ ...order(1), address: "prices.1" });
  const reader = subscription.deliveries.getReader();

  assert.equal((await reader.read()).value?.message.address, "orders.1");
  await reader.cancel();
});

test('ensure: "never" does not look at what a stream takes', async () => {
  await using connection = await connectInside();
  const open = (options: Partial<JetStreamOptions>) =>
    jetStream(orders, { stream: "PRICES", durable: "billing", ...options })
      .open(connection);
  await open({ stream: { ...stream, subjects: ["orders.*"] } });
  await jetStreamSink({ stream: { ...stream, ensure: "update" } })
    .open(connection);

  await assert.rejects(
    open({}),
    refusal("orders.*", '"prices.>", "quotes" only'),
  );
  const { consumer } = await open({ ensure: "never" });

  assert.equal(consumer, "billing");
});
