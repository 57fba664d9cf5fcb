/**
 * What stands behind the web site: who takes orders, and who says what things cost. Either may be a service of its own.
 *
 * @module
 */
import { subscribers } from "@ruststream/core";
import { type Order, placed, quotes } from "./channels.ts";

/** What it works on. */
export interface Shop {
  /** The price of one, in cents; undefined where it is not sold. */
  centsOf(sku: string): number | undefined;
  /** Orders by their id, so that one which is posted twice is there once. */
  readonly orders: Map<number, Order>;
}

const prices: ReadonlyMap<string, number> = new Map([
  ["tea", 450],
  ["milk", 120],
]);

/** Opens the shop. */
export function openShop(): Shop {
  return { centsOf: (sku) => prices.get(sku), orders: new Map() };
}

const { subscriber } = subscribers<Shop>();

export const takeOrder = subscriber(placed, (order, { state, log }) => {
  state.orders.set(order.id, order);
  log.info(`took order ${order.id}`);
});

export const quote = subscriber(
  quotes,
  // Somebody waits: a failure is told at once, and not tried again behind their back.
  { retry: { maxAttempts: 1 } },
  ({ sku }, { state }) => {
    const cents = state.centsOf(sku);
    return cents === undefined ? { sku } : { sku, cents };
  },
);
