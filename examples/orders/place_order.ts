import { ack, out, reject, reply } from "@ruststream/core";
import { audit, confirmed, placed } from "./channels.ts";
import { priceOf } from "./pricing.ts";
import { subscriber } from "./shop.ts";

/**
 * Takes an order: items from the shelf, money from the customer, a confirmation to whom it concerns.
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
    // The same order again: somebody pressed the button twice, or a broker delivered twice.
    if (ledger.has(order.id)) return ack();

    const missing = stock.take(order.items);
    if (missing !== undefined) return reject(missing);

    const { id, currency, customer: { email } } = order;
    const cents = priceOf(order);
    try {
      await payments.charge(id, cents, ctx);
      await ctx.out.audit.publish(
        { what: "charged", order: id, cents },
        { params: { shop: ctx.params.shop } },
      );
    } catch (error) {
      // The delivery comes again, and then it takes from the shelf again.
      stock.putBack(order.items);
      throw error;
    }
    ledger.enter(email, id);
    return reply({ id, email, currency, cents }, {
      headers: { "confirmed-at": new Date(ctx.clock.now()).toISOString() },
    });
  },
);
