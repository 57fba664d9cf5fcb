import type { CommandContext, HttpServer } from "@ruststream/core/cli";
import { onAbort, systemClock } from "@ruststream/core/contract";
import { controlPlane } from "@ruststream/core/http";
import type { DocumentOptions } from "./options.ts";
import { asyncApiPages } from "./pages.ts";

/** Where the pages are served if nobody says so. */
export const defaultPort = 8080;

function portOf({ value, refuse }: CommandContext): number {
  const given = value("port");
  if (given === undefined) return defaultPort;
  const port = /^\d{1,5}$/.test(given) ? Number(given) : NaN;
  return port <= 65_535 ? port : refuse(
    `Cannot take "--port ${given}": expected a number from 0 to 65535`,
  );
}

/** Serves the pages of the document until the command is aborted. */
export async function serve(
  context: CommandContext,
  options: DocumentOptions,
): Promise<void> {
  const { app, signal, say, value } = context;
  const place = { host: value("host") ?? "127.0.0.1", port: portOf(context) };
  const pages = asyncApiPages(app, options);
  const control = controlPlane({ app, pages: { ...pages } });
  // Only here: documents are made where there is no `node:` too.
  const { listenHttp } = await import("@ruststream/core/cli");
  let server: HttpServer;
  try {
    server = await listenHttp(place, control, systemClock);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(
      `Cannot listen at "${place.host}:${place.port}": ${why}`,
      { cause },
    );
  }
  say(`Serving ${server.url}/asyncapi`);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  onAbort(signal, () => resolve());
  await ended;
  await server.close();
}
