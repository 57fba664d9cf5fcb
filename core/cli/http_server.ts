import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../contract/clock.ts";
import { nodeListener, type WebHandler } from "./node_listener.ts";

/** How long a close waits for what is being answered. */
const patienceMs = 1_000;

/** Where to listen. */
export interface HttpPlace {
  /**
   * The name or the address of a network interface.
   *
   * @default {"127.0.0.1"}
   */
  readonly host?: string;
  /** The port; 0 is the system's choice. */
  readonly port: number;
}

/** A server that listens. */
export interface HttpServer {
  /** Where it is: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no more, and resolves when what is under way is answered, or was given up after a second. */
  close(): Promise<void>;
}

/**
 * Listens for HTTP, the same on each runtime: for commands that serve something. Rejects where it cannot.
 *
 * @example A command's own server
 * ```ts
 * import assert from "node:assert/strict";
 * import { listenHttp } from "@ruststream/core/cli";
 *
 * const server = await listenHttp({ port: 0 }, () => new Response("hello"));
 * assert.equal(await (await fetch(server.url)).text(), "hello");
 * await server.close();
 * ```
 *
 * @param clock Time for the patience of a close. By default that of the machine.
 */
export async function listenHttp(
  { host = "127.0.0.1", port }: HttpPlace,
  handler: WebHandler,
  clock: Pick<Clock, "after"> = systemClock,
): Promise<HttpServer> {
  const underWay = new Set<ServerResponse>();
  const listener = nodeListener(handler);
  const server = createServer((incoming, outgoing) => {
    underWay.add(outgoing);
    outgoing.once("close", () => underWay.delete(outgoing));
    listener(incoming, outgoing);
  });
  const { promise: listening, ...open } = Promise.withResolvers<void>();
  // What goes wrong later is seen by who cannot connect: it must not end the process.
  server.on("error", open.reject);
  server.listen(port, host, () => open.resolve());
  await listening;
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    async close() {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeIdleConnections();
      for (const outgoing of underWay) {
        // Else its connection would stay open for a next request.
        if (!outgoing.headersSent) outgoing.setHeader("connection", "close");
      }
      const cancel = clock.after(
        patienceMs,
        () => server.closeAllConnections(),
      );
      await closed;
      cancel();
    },
  };
}
