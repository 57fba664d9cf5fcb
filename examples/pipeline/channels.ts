/**
 * What is sent: orders, and their items packed into parcels.
 *
 * @module
 */
import { channel } from "@ruststream/core";
import type { Channel } from "@ruststream/core/contract";

/** What somebody ordered. */
export interface Order {
  readonly id: number;
  readonly items: readonly string[];
}

/** One item of an order. */
export interface Item {
  readonly order: number;
  /** Which of the order's items it is. */
  readonly place: number;
  readonly item: string;
}

type Plain<T> = Channel<"", T, T, unknown>;

/** Orders as they come. */
export const orders: Plain<Order> = channel<Order>("shop.orders");
/** Items of any orders, so many at a time. */
export const parcels: Plain<readonly Item[]> = channel<readonly Item[]>(
  "shop.parcels",
);
