/**
 * How does one turn each message into many, and lose none of them? Orders become items, items become parcels, and an order is settled when all of its items are stored.
 *
 * `deno task demo:pipeline` runs it on a server, kills it in the middle of its work, and counts.
 *
 * @module
 */
import { batch, flatMap, pipeline, RustStream } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { jetStream, jetStreamSink, natsBroker } from "@ruststream/nats";
import { orders, parcels } from "./channels.ts";
import { packed, waiting } from "./streams.ts";

/** Orders taken and not settled: so many may come again after a kill. */
export const maxInFlight = 64;
const perParcel = 25;

const pack = pipeline(
  orders,
  { name: "pack", group: "packers", maxInFlight },
  (s, io) =>
    s.pipeThrough(
      flatMap(({ id, items }) =>
        items.map((item, place) => ({ order: id, place, item }))
      ),
    )
      .pipeThrough(batch({ max: perParcel }))
      .pipeTo(io.sinkTo(parcels)),
);

/** The packers. */
export const app: RustStream = new RustStream({
  title: "packers",
  version: "1.0.0",
}).withBroker(natsBroker.fromEnv(), (b) =>
  b.include(pack, {
    // What a killed process had in hand comes to the next one after so long.
    source: (channel) =>
      jetStream(channel, { stream: waiting, ackWaitMs: 1_000 }),
    // Resolved means stored: only then is an order acked.
    out: { [parcels.address]: jetStreamSink({ stream: packed }) },
  }));

if (import.meta.main) await main(app);
