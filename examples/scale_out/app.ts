/**
 * How does a service scale out, and keep order? Workers, as many as one likes, divide the shops among them: each shop's orders are handled one after
 * another, whoever comes and goes.
 *
 * `deno task demo:scale` starts a cluster, runs it, and kills parts of it. Where its own servers are, `NATS_URL` says.
 *
 * @module
 */
import { RustStream, subscribers } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { jetStream, natsBroker } from "@ruststream/nats";
import process from "node:process";
import { Book } from "./book.ts";
import { connecting, orders, partitions, stream } from "./orders.ts";

const { subscriber } = subscribers<Book>();

/** Writes each order into the book. */
const handle = subscriber(
  orders,
  { group: "billing", concurrency: partitions.count },
  ({ number }, { params, state }) => state.write(params.shop, number),
);

/** A worker. */
export const app: RustStream<Book> = new RustStream({
  title: "scale-out",
  version: "1.0.0",
})
  .withState(() => new Book(process.env.SCALE_OUT_BOOK ?? "book.txt"))
  .withBroker(
    natsBroker.fromEnv(connecting),
    (b) =>
      b.include(handle, {
        source: (channel) =>
          jetStream(channel, {
            stream,
            // An ack that was lost with a connection is sent again, so fewer orders come twice.
            settle: "confirmed",
            partitions,
            // What a worker had in hand when it died comes to another after that.
            ackWaitMs: Number(process.env.SCALE_OUT_ACK_WAIT_MS ?? 3_000),
          }),
      }),
  );

if (import.meta.main) await main(app);
