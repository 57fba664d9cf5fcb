/**
 * An HTTP server on whichever runtime this is, for a handler of web requests.
 *
 * @module
 */
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";

/** Answers one request. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** A server that listens. Disposing it ends it at once, whatever is under way. */
export interface HttpServer extends AsyncDisposable {
  /** Its port: the system's choice where 0 was asked for. */
  readonly port: number;
  /** Takes no more connections, and resolves when all requests under way are answered. */
  close(): Promise<void>;
}

/** What of Bun is used here. */
interface BunRuntime {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly fetch: Fetch;
  }): { readonly port: number; stop(atOnce?: boolean): Promise<void> };
}

const hostname = "127.0.0.1";

/** Listens on a port of this machine only. */
export function listen(port: number, fetch: Fetch): Promise<HttpServer> {
  const { Bun: bun } = globalThis as { readonly Bun?: BunRuntime };
  if (bun !== undefined) return listenOnBun(bun, port, fetch);
  return "Deno" in globalThis
    ? listenOnDeno(port, fetch)
    : listenOnNode(port, fetch);
}

// deno-lint-ignore require-await -- what is thrown must reject
async function listenOnDeno(port: number, fetch: Fetch): Promise<HttpServer> {
  const underWay = new Set<(response: Response) => void>();
  const options = { hostname, port, onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    underWay.add(resolve);
    try {
      return await Promise.race([fetch(request), promise]);
    } finally {
      underWay.delete(resolve);
    }
  });
  return {
    port: server.addr.port,
    close: () => server.shutdown(),
    async [Symbol.asyncDispose]() {
      // Once a shutdown has begun Deno cannot cut off what is under way.
      for (const end of underWay) end(new Response(null, { status: 503 }));
      await server.shutdown();
    },
  };
}

// deno-lint-ignore require-await -- what is thrown must reject
async function listenOnBun(
  bun: BunRuntime,
  port: number,
  fetch: Fetch,
): Promise<HttpServer> {
  const server = bun.serve({ hostname, port, fetch });
  return {
    port: server.port,
    close: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

async function listenOnNode(port: number, fetch: Fetch): Promise<HttpServer> {
  const server = createServer((incoming, response) => {
    answer(incoming, response, fetch, () => server.listening).catch(() => {
      if (!response.headersSent) response.writeHead(400);
      response.end();
    });
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.once("close", resolve);
  const { promise: listening, ...open } = Promise.withResolvers<void>();
  server.once("error", open.reject).listen(port, hostname, open.resolve);
  await listening;
  const close = async () => {
    server.close();
    await closed;
  };
  return {
    port: (server.address() as AddressInfo).port,
    close,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await close();
    },
  };
}

/** What Node sees of a request, as a web request; and the web response, as Node sends it. */
async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fetch: Fetch,
  listening: () => boolean,
): Promise<void> {
  const { url = "/", method = "GET", headers } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  const init: RequestInit & { readonly duplex: "half" } = {
    method,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, `${value}`]),
    ),
    body: hasBody ? Readable.toWeb(incoming) as ReadableStream : null,
    duplex: "half",
  };
  const request = new Request(new URL(url, `http://${hostname}`), init);
  const response = await fetch(request);
  const body = new Uint8Array(await response.arrayBuffer());
  outgoing.shouldKeepAlive &&= listening();
  outgoing.setHeaders(response.headers);
  outgoing.writeHead(response.status).end(body);
}
