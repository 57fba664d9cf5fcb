/**
 * How does a service move to another broker? The shop of `examples/orders` on JetStream: its channels, handlers and state as they are, mounted on streams.
 *
 * `deno task demo:nats` starts a server and runs it there on a day's orders. Where its own server is, `NATS_URL` says.
 *
 * @module
 */
import { RustStream } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { natsBroker } from "@ruststream/nats";
import { refused } from "../orders/channels.ts";
import { addTakings, countRefusals } from "../orders/keep_books.ts";
import { placeOrder } from "../orders/place_order.ts";
import { openShop, type Shop } from "../orders/shop.ts";
import { stderrLogger } from "../orders/stderr_logger.ts";
import { warnWhenSlow } from "../orders/warn_when_slow.ts";
import { reading, storing } from "./streams.ts";

/** The shop. Its replicas share the work: the group names the consumers that they have in common. */
export const app: RustStream<Shop> = new RustStream(
  { title: "shop", version: "1.0.0", logger: stderrLogger },
  { group: "shop" },
)
  .withState(openShop)
  .withBroker(natsBroker.fromEnv(), (b) =>
    b.use(warnWhenSlow(500))
      .include(placeOrder, {
        source: reading("ORDERS"),
        reply: storing("RECEIPTS"),
        out: { audit: storing("RECEIPTS") },
        deadLetterSink: storing("REFUSALS"),
        concurrency: 16,
        retry: { maxAttempts: 4, backoff: { initialMs: 10, maxMs: 50 } },
        deadLetter: refused,
      })
      .include(addTakings, { source: reading("RECEIPTS") })
      .include(countRefusals, { source: reading("REFUSALS") }))
  .afterStop(({ state, log }) => {
    for (const line of state.dayBook.report()) log.info(line);
  });

if (import.meta.main) await main(app);
