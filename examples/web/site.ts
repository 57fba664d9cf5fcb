/**
 * The web site: routes that publish and ask. It knows of no runtime, no socket and no broker.
 *
 * @module
 */
import {
  type ChannelPublisher,
  type ChannelRequests,
  consoleLogger,
  type Health,
  type Logger,
} from "@ruststream/core";
import { type InputOf, isMessagingError } from "@ruststream/core/contract";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { placed, quotes } from "./channels.ts";
import { statusOf } from "./status_of.ts";

/** What the site needs of the service: a part of a running application, or of one under test. */
export interface Service {
  /** Publishes and asks. */
  readonly publisher: ChannelPublisher & ChannelRequests;
  /** How the service is. */
  health(): Health;
  /** Told what no client did wrong. By default the console is. */
  readonly log?: Logger;
}

/** How long a visitor waits for a price. */
const timeoutMs = 1_000;

/** Makes the site of a service. */
export function siteOf(
  { publisher, health, log = consoleLogger }: Service,
): Hono {
  const site = new Hono();

  site.post("/orders", async (c) => {
    // The type is a claim: whether it is an order the schema of the channel says.
    const order = await jsonOf<InputOf<typeof placed>>(c);
    await publisher.publish(placed, order);
    return c.json({ id: order.id }, 202);
  });

  site.get("/quotes/:sku", async (c) => {
    const sku = c.req.param("sku");
    const offer = await publisher.request(quotes, { sku }, { timeoutMs });
    return c.json(offer, offer.cents === undefined ? 404 : 200);
  });

  site.get("/livez", (c) => c.json(health(), health().live ? 200 : 503));
  site.get("/readyz", (c) => c.json(health(), health().ready ? 200 : 503));

  return site.onError((error, c) => answerFailure(error, c, log));
}

async function jsonOf<T>(c: Context): Promise<T> {
  try {
    return await c.req.json<T>();
  } catch {
    throw new HTTPException(400, { message: "the body is not JSON" });
  }
}

function answerFailure(error: unknown, c: Context, log: Logger): Response {
  if (error instanceof HTTPException) {
    return c.json({ error: error.message }, error.status);
  }
  if (isMessagingError(error)) {
    const status = statusOf(error);
    // What the client did wrong is told in full, what is wrong here in one word.
    return c.json({ error: status < 500 ? error.message : error.code }, status);
  }
  log.error(`Cannot answer ${c.req.method} ${c.req.path}`, { error });
  return c.json({ error: "internal" }, 500);
}
