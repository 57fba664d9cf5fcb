/**
 * How does one see from outside whether a service lives, is ready, and what it has done? By its control plane: one handler of web requests.
 *
 * Run it with `deno run -A examples/control_plane/app.ts run --http 8080`.
 *
 * @module
 */
import { asyncApi, asyncApiPages } from "@ruststream/asyncapi";
import { channel, RustStream, subscriber } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import {
  type ControlPlane,
  controlPlane,
  type Pages,
} from "@ruststream/core/http";
import { MemoryBroker } from "@ruststream/memory";
import { metrics } from "@ruststream/metrics";

/** What customers order. */
export const orders = channel<{ id: number }>("orders");

const charge = subscriber(
  orders,
  { name: "charge", group: "shop" },
  ({ id }, { log }) => log.info(`charged order ${id}`),
);

const counted = metrics();

/** The service. */
export const app: RustStream = new RustStream({
  title: "shop",
  version: "1.0.0",
})
  .observe(counted)
  .withBroker(new MemoryBroker(), (b) => b.include(charge));

/** What there is to look at, beside `/livez` and `/readyz`. */
export const pages: Pages = { "/metrics": counted, ...asyncApiPages(app) };

/** The same for a server of one's own: `with_deno.ts` and the files beside it. */
export const control: ControlPlane = controlPlane({ app, pages });

if (import.meta.main) {
  await main(app, { commands: [asyncApi()], pages });
}
