import { insidesOf } from "../app/insides.ts";
import type { RustStream } from "../app/ruststream.ts";
import { attempt } from "../attempt.ts";
import { untilAborted } from "../contract/until_aborted.ts";
import { consoleLogger } from "../log.ts";
import { preferred } from "./accept.ts";
import { checkOptions } from "./check_options.ts";
import type { Page, PageContent, Pages, PageVisit } from "./page.ts";
import { type Answer, livez, probeTypes, readyz } from "./probes.ts";
import { send, sendLine } from "./send.ts";

/** Options for {@linkcode controlPlane}. */
export interface ControlPlaneOptions<State = unknown> {
  /** The application that is shown: its latest start. */
  readonly app: RustStream<State>;
  /** What else is shown, by its path. By default nothing is. */
  readonly pages?: Pages;
  /**
   * What comes before every path, as in `/ops`: for a server that does not take it away.
   *
   * @default {""}
   */
  readonly prefix?: string;
}

/** Answers one request of HTTP. It does not reject. */
export type ControlPlane = (request: Request) => Promise<Response>;

/** What stands at one path. */
interface Route {
  /** What it comes in; undefined where it chooses by itself. */
  readonly types: readonly string[] | undefined;
  /** Whether it is given to whoever accepts none of its types too. */
  readonly isLenient: boolean;
  answer(visit: PageVisit): Promise<Answer>;
}

function routeOf(page: Page): Route {
  return {
    types: page.types,
    isLenient: false,
    async answer(visit) {
      const content = await untilAborted(
        () => attempt<PageContent>(() => page.page(visit)),
        visit.signal,
      );
      return { status: 200, content };
    },
  };
}

function routesOf(options: ControlPlaneOptions): ReadonlyMap<string, Route> {
  const { parts: { status } } = insidesOf(options.app);
  const probe = (make: typeof livez): Route => ({
    types: probeTypes,
    isLenient: true,
    // deno-lint-ignore require-await -- a route's shape
    answer: async ({ type = "" }) => make(status.look(), type),
  });
  const probes = { "/livez": probe(livez), "/readyz": probe(readyz) };
  const { pages, prefix } = checkOptions(options, Object.keys(probes));
  const routes = [
    ...Object.entries(probes),
    ...pages.map(([path, page]) => [path, routeOf(page)] as const),
  ];
  return new Map(routes.map(([path, route]) => [`${prefix}${path}`, route]));
}

/** Answers what stands at a path, or says why it does not. */
async function answerAt(
  route: Route,
  url: URL,
  request: Request,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const allow = { allow: "GET, HEAD" };
    return await sendLine(request, 405, "method not allowed", allow);
  }
  const { signal } = request;
  const accept = request.headers.get("accept") ?? undefined;
  const vary = { vary: "accept" };
  const { types } = route;
  let type: string | undefined = undefined;
  if (types !== undefined) {
    type = preferred(accept, types) ??
      (route.isLenient ? types[0] : undefined);
    if (type === undefined) {
      const line = `not acceptable: this is ${types.join(", ")}`;
      return await sendLine(request, 406, line, vary);
    }
  }
  const { status, content } = await route.answer({ url, accept, type, signal });
  return await send(request, content, { status, headers: vary });
}

/**
 * Makes the HTTP side of an application: a handler of web requests for `Deno.serve`, `Bun.serve`, Hono and others; `nodeListener` of `@ruststream/core/cli` puts it on a server of Node.
 *
 * `/livez` says 200 until the application has stopped or failed, and asks no broker: an outage of one must not restart its clients. `/readyz` says 200 while messages are taken, and 503 before that and from the beginning of a stop, `readyDelayMs` and drain included. Both say in JSON to who prefers it
 * what the application does, and `/readyz` how each broker is, and since when.
 *
 * It only reads, and knows of no user: give it to a port that only those reach who may look.
 *
 * @example Ready while it runs
 * ```ts
 * import assert from "node:assert/strict";
 * import { RustStream } from "@ruststream/core";
 * import { controlPlane } from "@ruststream/core/http";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const app = new RustStream({ title: "orders", version: "0.1.0" })
 *   .withBroker(new MemoryBroker());
 * const control = controlPlane({ app });
 * const ready = new Request("http://localhost/readyz");
 *
 * assert.equal((await control(ready)).status, 503);
 * await using _running = await app.start();
 * assert.equal((await control(ready)).status, 200);
 * ```
 *
 * @typeParam State What the application's state is.
 * @throws {TypeError} If it is no application, an option is unknown or of the wrong kind, or a path is none.
 */
export function controlPlane<State>(
  options: ControlPlaneOptions<State>,
): ControlPlane {
  const routes = routesOf(options as unknown as ControlPlaneOptions);
  const { logger = consoleLogger } = options.app.info;
  return async (request) => {
    const url = new URL(request.url);
    const { pathname, search } = url;
    const route = routes.get(pathname);
    try {
      if (route !== undefined) return await answerAt(route, url, request);
    } catch (error) {
      // Who has gone is told nothing, and nothing has failed.
      if (!request.signal.aborted) {
        tell(logger, `${request.method} ${pathname}`, error);
      }
      return await sendLine(request, 500, "internal error");
    }
    const bare = pathname.replace(/\/$/, "");
    if (!routes.has(bare)) return await sendLine(request, 404, "not found");
    // Relative, so that it is right under any mount.
    const location = `../${bare.slice(bare.lastIndexOf("/") + 1)}${search}`;
    return await sendLine(request, 308, "moved", { location });
  };
}

/** Tells the application's log what who asks is not told. */
function tell(
  logger: NonNullable<RustStream["info"]["logger"]>,
  what: string,
  error: unknown,
): void {
  try {
    logger.error(`Cannot answer ${what}: its page failed`, {
      code: "page-failed",
      error,
    });
  } catch {
    // A logger that throws must not take an answer with it.
  }
}
