/**
 * What is the least a service needs? A channel, a handler and a broker: this one says which order it got.
 *
 * Run it with `echo '{"id":1}' | deno run -A examples/quickstart/app.ts run --feed orders=- --exit-when-idle`.
 *
 * @module
 */
import { channel, RustStream, subscriber } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { MemoryBroker } from "@ruststream/memory";

const orders = channel<{ id: number }>("orders");

const handle = subscriber(orders, (order) => {
  // deno-lint-ignore no-console -- what this example is to show
  console.log(`got order ${order.id}`);
});

export const app = new RustStream({ title: "orders", version: "0.1.0" })
  .withBroker(new MemoryBroker(), (b) => b.include(handle));

if (import.meta.main) await main(app);
