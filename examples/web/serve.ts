/**
 * The command that runs the service and its web site in one process, and stops them in order.
 *
 * @module
 */
import type { Command, CommandContext } from "@ruststream/core/cli";
import type { MemoryBroker } from "@ruststream/memory";
import { type HttpServer, listen } from "./listen.ts";
import { siteOf } from "./site.ts";

/**
 * Makes the command `serve`.
 *
 * A stop goes in this order: `/readyz` says no; after the delay no more requests are taken, and those under way are answered; then the service drains and its brokers are shut down.
 */
export function serve(broker: MemoryBroker): Command {
  return {
    name: "serve",
    summary: "Run the service and its web site until SIGINT or SIGTERM",
    options: {
      port: { value: "N", summary: "Where to listen; by default 8080" },
      "ready-delay-ms": {
        value: "N",
        summary:
          "How long to go on once it is not ready any more; by default 0",
      },
    },
    async run(context) {
      const { app, signal, say } = context;
      const port = numberOf(context, "port", 8080);
      const readyDelayMs = numberOf(context, "ready-delay-ms", 0);
      let server: HttpServer | undefined = undefined;
      // Brokers are still connected then, for what the last requests publish.
      app.beforeStop(() => server?.close());
      await using running = await app.start({ signal, readyDelayMs });
      const publisher = running.publisherOf(broker);
      const health = () => running.health();
      await using listening = await listen(
        port,
        siteOf({ publisher, health }).fetch,
      );
      server = listening;
      say(`Listening at http://127.0.0.1:${server.port}`);
      const { settled, returned, lost } = await running.stopped;
      say(`Stopped: ${settled} settled, ${returned} returned, ${lost} lost`);
      if (running.failure !== undefined) throw running.failure;
      return lost > 0 ? 1 : 0;
    },
  };
}

function numberOf(
  { value, refuse }: CommandContext,
  option: string,
  otherwise: number,
): number {
  const given = value(option);
  if (given === undefined) return otherwise;
  if (/^\d{1,5}$/.test(given)) return Number(given);
  return refuse(`Cannot use --${option} "${given}": expected a whole number`);
}
