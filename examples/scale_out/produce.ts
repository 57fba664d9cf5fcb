/**
 * Places orders: `produce.ts ORDERS SHOPS [RATE]`, at most so many a second. Each shop places its next order once the last one is stored.
 *
 * @module
 */
import { publisher } from "@ruststream/core";
import { jetStreamSink, natsBroker } from "@ruststream/nats";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { connecting, orders, stream } from "./orders.ts";

const [count = 1_000, shops = 100, rate = Infinity] = process.argv.slice(2)
  .map(Number);

await using connection = await natsBroker.fromEnv(connecting).connect();
// A publish whose answer was lost is sent again with its id, and stored once.
const sink = jetStreamSink({ stream, retries: 100 });
const storing = publisher({ publisher: await sink.open(connection) });

async function place(shop: number): Promise<void> {
  for (let number = 0; number * shops + shop < count; number++) {
    await storing.publish(orders, { number }, {
      params: { shop: `shop-${shop}` },
    });
    if (rate < Infinity) await sleep(1_000 * shops / rate);
  }
}

await Promise.all(Array.from({ length: shops }, (_, shop) => place(shop)));
process.stdout.write(`${count} orders are stored\n`);
