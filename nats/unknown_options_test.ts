import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  coreSink,
  jetStream,
  jetStreamSink,
  natsBroker,
  ordered,
} from "@ruststream/nats";
import { NatsServer } from "../_tools/nats_server.ts";
import { message as to } from "./_kit_test.ts";

const message = to("orders");
const odd = { dedupeId: "7" } as object;
const unknown = (deed: string, name = "dedupeId") =>
  new TypeError(`Cannot ${deed}: there is no option "${name}"`);
const stream = {
  name: "ORDERS",
  subjects: ["orders", "later.*"],
  allowAtomic: true,
  allowSchedules: true,
} as const;

test("publishers of NATS refuse options that they do not know, and send nothing", async () => {
  await using server = await NatsServer.start();
  await using connection = await natsBroker({ servers: server.url }).connect();
  const asked = { timeoutMs: 1_000, ...odd };
  const core = connection.publisher;
  const stored = await jetStreamSink({
    stream,
    atomic: true,
    schedules: "later",
  }).open(connection);
  await using transaction = await stored.begin();

  const ends = [
    [core.publish(message, odd), unknown('publish to "orders"')],
    [core.request(message, asked), unknown('request "orders"')],
    [
      core.requestMany(message, asked).getReader().read(),
      unknown('request "orders"'),
    ],
    [stored.publish(message, odd), unknown('publish to "orders"')],
    [
      stored.publish(message, { expect: { sequence: 7 } as object }),
      unknown('publish to "orders"', "sequence"),
    ],
    [
      stored.schedule(message, new Date(0), odd),
      unknown('schedule "orders"'),
    ],
    [stored.begin(odd), unknown("begin a transaction")],
    [
      transaction.publish(message, odd),
      unknown('publish to "orders" in a transaction'),
    ],
    [transaction.commit(odd), unknown("commit a transaction")],
  ] as const;
  for (const [end, error] of ends) {
    await assert.rejects(Promise.resolve(end), error);
  }
  await transaction.commit();

  const receipt = await stored.publish(message, {
    id: "1",
    ...({ other: undefined } as object),
  });
  assert.equal(receipt.sequence, 1);
});

test("sources and sinks of NATS refuse options that they do not know", () => {
  const read = { stream: "ORDERS", ackWait: 5 } as { stream: string };
  const channel = { address: "orders" };
  assert.throws(
    () => jetStream(channel, read),
    unknown('read "orders"', "ackWait"),
  );
  assert.throws(
    () => ordered(channel, read),
    unknown('read "orders"', "ackWait"),
  );
  assert.throws(() => coreSink(odd), unknown("make a sink of core NATS"));
  assert.throws(() => jetStreamSink(odd), unknown("make a sink of JetStream"));
});
