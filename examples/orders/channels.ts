/**
 * What the shop and its neighbours agree on: which messages there are, and where they are sent.
 *
 * Another service that places orders or reads confirmations imports this file, and nothing else of the shop.
 *
 * @module
 */
import { bytes, channel } from "@ruststream/core";
import * as z from "zod";

const currency = z.enum(["EUR", "GBP", "SEK", "PLN"]);

const item = z.object({
  sku: z.string().min(1),
  quantity: z.int().positive(),
  unitPrice: z.number().positive().multipleOf(0.01),
});

const order = z.object({
  id: z.string().regex(/^W-\d+$/),
  placedAt: z.iso.datetime({ offset: true }),
  customer: z.object({ name: z.string().min(1), email: z.email() }),
  currency,
  items: z.array(item).min(1),
  note: z.string().default(""),
});

const confirmation = z.object({
  id: z.string(),
  email: z.email(),
  currency,
  cents: z.int().positive(),
});

const charge = z.object({
  what: z.literal("charged"),
  order: z.string(),
  cents: z.int().positive(),
});

/** An order, as a handler gets it. */
export type Order = z.output<typeof order>;
/** A confirmation that an order was paid. */
export type Confirmation = z.output<typeof confirmation>;
/** What a price is in. */
export type Currency = z.output<typeof currency>;

/** Customers place orders here. */
export const placed = channel("orders.{shop}.placed", { payload: order });

/** The shop confirms here what was paid, and says when. */
export const confirmed = channel("orders.{shop}.confirmed", {
  payload: confirmation,
  headers: z.object({ "confirmed-at": z.iso.datetime() }),
});

/** What could not be handled, as it came; its headers say why. */
export const refused = bytes("orders.{shop}.refused");

/** Each payment, for those who check the books. */
export const audit = channel("audit.{shop}", { payload: charge });
