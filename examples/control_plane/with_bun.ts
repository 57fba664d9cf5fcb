/**
 * The control plane in `Bun.serve`.
 *
 * @module
 */
import type { ControlPlane } from "@ruststream/core/http";
import { control } from "./app.ts";
import type { Served } from "./served.ts";

// What is used of Bun here: its types are not needed for that.
declare const Bun: {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly fetch: ControlPlane;
  }): { readonly port: number; stop(): Promise<void> };
};

/** Serves it. */
export function serve(port: number): Served {
  const server = Bun.serve({ hostname: "127.0.0.1", port, fetch: control });
  return { port: server.port, close: () => server.stop() };
}
