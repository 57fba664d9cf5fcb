/**
 * What the web site and the services behind it agree on.
 *
 * @module
 */
import { channel } from "@ruststream/core";
import * as z from "zod";

const sku = z.string().min(1);

/** An order, as it is posted. */
export type Order = z.output<typeof order>;

const order = z.object({
  id: z.int().positive(),
  sku,
  quantity: z.int().positive().default(1),
});

/** Orders go here. */
export const placed = channel("orders.placed", { payload: order });

/** What a quote is answered with: without `cents` nobody sells it. */
export const offers = channel("offers", {
  payload: z.object({ sku, cents: z.int().positive().optional() }),
});

/** Who asks here what something costs is answered with an offer. */
export const quotes = channel("quotes", {
  payload: z.object({ sku }),
  reply: offers,
});
