/**
 * The shop of the examples with its metrics served: what `prometheus_check.ts` scrapes.
 *
 * It takes the arguments of the shop. Where it listens is the first line that it writes to standard error.
 *
 * @module
 */
import type { RustStream } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { metrics } from "@ruststream/metrics";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const shop = new URL("../examples/orders/app.ts", import.meta.url);
const { app } = await import(shop.href) as { readonly app: RustStream };
const counted = metrics();
app.observe(counted);

const server = createServer(async ({ headers: { accept } }, response) => {
  const { body, contentType } = await counted.page({ accept });
  response.setHeader("content-type", contentType).end(body);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
process.stderr.write(`metrics on ${port}\n`);
try {
  await main(app);
} finally {
  server.closeAllConnections();
  server.close();
}
