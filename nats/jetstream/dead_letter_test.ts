import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  bytes,
  channel,
  reject,
  type Running,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import type { Sink } from "@ruststream/core/contract";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { jetStream } from "./jet_stream.ts";
import { Live } from "./_kit_test.ts";
import type { JetStreamPublisher } from "./publisher.ts";
import { jetStreamSink } from "./sink.ts";

const orders = channel("orders.{id}", { payload: type<number>() });
const dead = bytes("dead");
const stored = jetStreamSink({ stream: { name: "DEAD", subjects: ["dead"] } });

const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Publishes, and never says so. */
const unheard: Sink<NatsConnection, JetStreamPublisher> = {
  async open(connection) {
    const publisher = await stored.open(connection);
    return {
      confirms: publisher.confirms,
      publish: async (message) => {
        await publisher.publish(message);
        return await new Promise<never>(() => {});
      },
    };
  },
};

/** A service that refuses all orders. */
function start(
  live: Live,
  durable: string,
  deadLetterSink: Sink<NatsConnection, JetStreamPublisher> = stored,
): Promise<Running> {
  const stream = { name: "ORDERS", subjects: ["orders.>"] };
  return new RustStream({ title: "test", version: "0", logger })
    .withBroker(
      natsBroker({ servers: live.server.url }),
      (b) =>
        b.include(
          subscriber(orders, { deadLetter: dead }, () => reject("no")),
          {
            source: (of) => jetStream(of, { stream, durable }),
            deadLetterSink,
          },
        ),
    )
    .start();
}

async function deadLetters(live: Live): Promise<number> {
  const info = await live.api("STREAM.INFO.DEAD");
  return (info["state"] as { readonly messages: number }).messages;
}

/** Waits until a consumer has nothing left to do. */
async function atRest(live: Live, durable: string): Promise<void> {
  for (;;) {
    const info = await live.api(`CONSUMER.INFO.ORDERS.${durable}`);
    if (info["num_pending"] === 0 && info["num_ack_pending"] === 0) return;
  }
}

test("a crash between the publish of a dead letter and the ack does not store it twice", async () => {
  await using live = await Live.start();
  const first = await start(live, "billing", unheard);
  const publisher = await jetStreamSink().open(await live.direct());
  await publisher.publish({ address: "orders.1", body: new Uint8Array([49]) });
  for (let letters = 0; letters === 0;) letters = await deadLetters(live);
  await first.stop({ drainMs: 1 });
  const consumer = await live.api("CONSUMER.INFO.ORDERS.billing");

  const second = await start(live, "billing");
  await atRest(live, "billing");

  assert.equal(consumer["num_ack_pending"], 1);
  assert.equal(await deadLetters(live), 1);
  await second.stop();
});

test("each consumer's dead letter is stored, and those of each message", async () => {
  await using live = await Live.start();
  const services = [await start(live, "billing"), await start(live, "audit")];
  const publisher = await jetStreamSink().open(await live.direct());
  const letter = { address: "orders.1", body: new Uint8Array([49]) };

  await publisher.publish(letter);
  await publisher.publish(letter);
  await atRest(live, "billing");
  await atRest(live, "audit");

  assert.equal(await deadLetters(live), 4);
  for (const service of services) await service.stop();
});
