/**
 * The control plane in `Deno.serve`.
 *
 * @module
 */
import { control } from "./app.ts";
import type { Served } from "./served.ts";

/** Serves it. */
export function serve(port: number): Served {
  const options = { hostname: "127.0.0.1", port, onListen: () => {} };
  const server = Deno.serve(options, control);
  return { port: server.addr.port, close: () => server.shutdown() };
}
