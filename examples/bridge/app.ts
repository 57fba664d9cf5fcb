/**
 * How does one connect two brokers? A subscriber on each has a slot on the other, and a header says what has crossed.
 *
 * Run it with `echo '{"id":1}' | deno run -A examples/bridge/app.ts run --feed events.order.placed=-`.
 *
 * @module
 */
import { on, RustStream, subscriber } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { MemoryBroker } from "@ruststream/memory";
import { placed, shipped } from "./channels.ts";
import { fromShop, fromWarehouse } from "./forward.ts";

const shop = new MemoryBroker({ name: "shop" });
const warehouse = new MemoryBroker({ name: "warehouse" });

/** The warehouse sends what was ordered in the shop. */
export const ship = subscriber(
  placed,
  { name: "ship", reply: shipped },
  ({ id }) => ({ id }),
);

/** The shop tells the customer. */
export const tell = subscriber(
  shipped,
  { name: "tell" },
  ({ id }, { log }) => log.info(`order ${id} is on its way`),
);

/** Both brokers. In one group, so that a stop gives back what has not crossed yet. */
export const app: RustStream = new RustStream(
  { title: "bridge", version: "1.0.0", logger: console },
  { group: "bridge" },
)
  .withBroker(
    shop,
    (b) =>
      b.include(fromShop, { out: { there: on(warehouse) } })
        .include(tell),
  )
  .withBroker(
    warehouse,
    (b) =>
      b.include(fromWarehouse, { out: { there: on(shop) } })
        .include(ship),
  );

if (import.meta.main) await main(app);
