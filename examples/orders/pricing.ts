import type { Order } from "./channels.ts";

const shippingCents = 490;
const freeShippingFrom = 5_000;

/** What an order costs in cents: its items, and the shipping where they cost less than fifty. */
export function priceOf({ items }: Pick<Order, "items">): number {
  // Sums are made of whole cents: 0.1 + 0.2 is no price.
  const goods = items.reduce(
    (sum, { quantity, unitPrice }) =>
      sum + quantity * Math.round(unitPrice * 100),
    0,
  );
  return goods < freeShippingFrom ? goods + shippingCents : goods;
}
