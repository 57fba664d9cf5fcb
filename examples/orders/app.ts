/**
 * What does a whole service look like? A shop that takes orders, gets paid by a bank that does not always answer, and loses none.
 *
 * Run it on a day's orders with
 * `deno run -A examples/orders/app.ts run --feed orders.acme.placed=examples/orders/orders.ndjson --exit-when-idle`.
 *
 * @module
 */
import { asyncApi } from "@ruststream/asyncapi";
import { Router, RustStream } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { MemoryBroker } from "@ruststream/memory";
import { refused } from "./channels.ts";
import { addTakings, countRefusals } from "./keep_books.ts";
import { placeOrder } from "./place_order.ts";
import { openShop, type Shop } from "./shop.ts";
import { stderrLogger } from "./stderr_logger.ts";
import { warnWhenSlow } from "./warn_when_slow.ts";

/** What faces customers: many at a time, four tries each, and what does not work out is kept. */
const counter = new Router<Shop>({
  concurrency: 16,
  retry: { maxAttempts: 4, backoff: { initialMs: 10, maxMs: 50 } },
  deadLetter: refused,
})
  .use(warnWhenSlow(500))
  .include(placeOrder);

/** What looks at it afterwards. */
const office = new Router<Shop>()
  .include(addTakings)
  .include(countRefusals);

/** The shop. Its replicas share the work: all of it is in one group. */
export const app: RustStream<Shop> = new RustStream(
  { title: "shop", version: "1.0.0", logger: stderrLogger },
  { group: "shop" },
)
  .withState(openShop)
  .withBroker(new MemoryBroker(), (b) => b.include(counter).include(office))
  .afterStop(({ state, log }) => {
    for (const line of state.dayBook.report()) log.info(line);
  });

if (import.meta.main) await main(app, { commands: [asyncApi()] });
