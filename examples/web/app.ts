/**
 * How does a web application publish and ask? Its handlers hold a publisher of the running service, and start and stop with it.
 *
 * Run it with `deno run -A examples/web/app.ts serve`.
 *
 * @module
 */
import { RustStream } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { MemoryBroker } from "@ruststream/memory";
import { serve } from "./serve.ts";
import { openShop, quote, type Shop, takeOrder } from "./shop.ts";

/** Where orders and questions go. */
export const broker: MemoryBroker = new MemoryBroker({ name: "shop" });

/** The service behind the site. Its replicas share the work. */
export const app: RustStream<Shop> = new RustStream(
  { title: "web", version: "1.0.0", logger: console },
  { group: "shop" },
)
  .withState(openShop)
  .withBroker(broker, (b) => b.include(takeOrder).include(quote));

if (import.meta.main) await main(app, { commands: [serve(broker)] });
