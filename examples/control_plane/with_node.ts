/**
 * The control plane in a server of Node. Express takes the same listener: `express.use("/ops", nodeListener(control))`.
 *
 * @module
 */
import { nodeListener } from "@ruststream/core/cli";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { control } from "./app.ts";
import type { Served } from "./served.ts";

/** Serves it. */
export async function serve(port: number): Promise<Served> {
  const server = createServer(nodeListener(control));
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      return closed;
    },
  };
}
