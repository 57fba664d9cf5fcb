import { out, type Outcome, reject, reply } from "@ruststream/core";
import { audit, confirmed, placed } from "./channels.ts";
import type { Payment } from "./ledger.ts";
import { priceOf } from "./pricing.ts";
import { subscriber } from "./shop.ts";

/**
 * Takes an order: items from the shelf, money from the customer, a confirmation to whom it concerns.
 *
 * It may run again for the same order at any time, because each step is known by the order's id: items are taken once, the bank charges once, and who asks again is told the same again.
 *
 * The orders of one customer are taken one after the other, those of different customers side by side.
 */
export const placeOrder = subscriber(
  placed,
  {
    name: "place-order",
    reply: confirmed,
    out: { audit: out(audit) },
    orderBy: ({ customer }) => customer.email.toLowerCase(),
  },
  async (order, ctx) => {
    const { stock, payments, ledger } = ctx.state;
    // Somebody pressed the button twice, or the shop died before the confirmation was out.
    const before = ledger.find(order.id);
    if (before !== undefined) return confirm(before);

    const { id, currency, items, customer: { email } } = order;
    const missing = stock.take(id, items);
    if (missing !== undefined) return reject(missing);

    const cents = priceOf(order);
    try {
      await payments.charge(id, cents, ctx);
    } catch (error) {
      // Somebody else may have them, until the delivery comes again.
      stock.putBack(id);
      throw error;
    }
    await ctx.out.audit.publish(
      { what: "charged", order: id, cents },
      { params: { shop: ctx.params.shop } },
    );
    const payment = {
      confirmation: { id, email, currency, cents },
      at: new Date(ctx.clock.now()).toISOString(),
    };
    ledger.enter(payment);
    return confirm(payment);
  },
);

function confirm({ confirmation, at }: Payment): Outcome {
  return reply(confirmation, { headers: { "confirmed-at": at } });
}
