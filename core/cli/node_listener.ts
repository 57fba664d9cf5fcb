import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Awaitable } from "../contract/awaitable.ts";

/** Answers one web request, as `Deno.serve` and `Bun.serve` take it. */
export type WebHandler = (request: Request) => Awaitable<Response>;

/** The listener of a server of Node. */
export type NodeListener = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
) => void;

/**
 * Puts a handler of web requests on a server of Node: `createServer(nodeListener(control))`, or a route of Express.
 *
 * Bodies are streamed both ways. Who goes away aborts the request's signal, and ends the reading of the response. What the handler throws is a 500 without a word; a request that is no web request, as one with a `Host` that is none, is a 400.
 *
 * @example A server of Node
 * ```ts
 * import assert from "node:assert/strict";
 * import { once } from "node:events";
 * import { createServer } from "node:http";
 * import { nodeListener } from "@ruststream/core/cli";
 *
 * const server = createServer(nodeListener(({ url }) => new Response(new URL(url).pathname)));
 * await once(server.listen(0, "127.0.0.1"), "listening");
 * const { port } = server.address() as { port: number };
 *
 * const response = await fetch(`http://127.0.0.1:${port}/livez`);
 * assert.equal(await response.text(), "/livez");
 *
 * server.closeAllConnections();
 * await new Promise((resolve) => server.close(resolve));
 * ```
 */
export function nodeListener(handler: WebHandler): NodeListener {
  return (incoming, outgoing) => {
    answer(incoming, outgoing, handler).catch(() => {
      // What is half sent was cut off: an end would make it look whole.
      if (!outgoing.headersSent) outgoing.writeHead(500).end();
    });
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: WebHandler,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) {
      gone.abort(new DOMException("Who asked has gone", "AbortError"));
    }
  });
  const request = requestOf(incoming, gone.signal);
  if (request === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  try {
    const response = await handler(request);
    writeHead(outgoing, response);
    const { body } = response;
    if (body === null || request.method === "HEAD") {
      await body?.cancel();
      outgoing.end();
    } else {
      await pipeline(Readable.fromWeb(body as never), outgoing);
    }
  } finally {
    // Who has gone has nothing left to read.
    readRest(request).catch(() => {});
  }
}

/** Reads what nobody wanted of a body: it would keep the next request of its connection waiting. */
async function readRest({ body, bodyUsed }: Request): Promise<void> {
  if (body === null || bodyUsed || body.locked) return;
  const reader = body.getReader();
  while (!(await reader.read()).done);
}

/** A request as the web has it; undefined where it cannot be one. */
function requestOf(
  incoming: IncomingMessage,
  signal: AbortSignal,
): Request | undefined {
  const { method = "GET", url = "/", socket, rawHeaders } = incoming;
  const headers = new Headers();
  const { encrypted } = socket as { readonly encrypted?: boolean };
  const protocol = encrypted ? "https" : "http";
  const { host = "localhost" } = incoming.headers;
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
      // Those of HTTP/2 that begin so are no fields.
      if (!name.startsWith(":")) headers.append(name, value);
    }
    const init: RequestInit & { readonly duplex: "half" } = {
      method,
      headers,
      body: hasBody ? Readable.toWeb(incoming) as never : null,
      duplex: "half",
      signal,
    };
    const whole = url.startsWith("/") ? `${protocol}://${host}${url}` : url;
    return new Request(whole, init);
  } catch {
    return undefined;
  }
}

function writeHead(outgoing: ServerResponse, response: Response): void {
  for (const [name, value] of response.headers) {
    if (name !== "set-cookie") outgoing.setHeader(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  outgoing.statusCode = response.status;
  if (response.statusText !== "") outgoing.statusMessage = response.statusText;
}
