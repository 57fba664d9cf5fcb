import type { Product } from "./catalogue.ts";
import type { Order } from "./channels.ts";

type Items = Order["items"];

/** What is on the shelf, and which order has taken what from it. */
export class Stock {
  readonly #pieces: Map<string, number>;
  readonly #taken = new Map<string, Items>();

  /** Fills the shelf. */
  constructor(products: readonly Product[]) {
    this.#pieces = new Map(products.map(({ sku, pieces }) => [sku, pieces]));
  }

  /** Takes all items of an order, or none and says why not. An order that has them already takes no more. */
  take(orderId: string, items: Items): string | undefined {
    if (this.#taken.has(orderId)) return undefined;
    const wanted = new Map<string, number>();
    for (const { sku, quantity } of items) {
      wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
    }
    for (const [sku, quantity] of wanted) {
      const there = this.#pieces.get(sku);
      if (there === undefined) return `unknown product ${sku}`;
      if (there < quantity) return `out of stock: ${sku}`;
    }
    this.#taken.set(orderId, items);
    this.#add(items, -1);
    return undefined;
  }

  /** Puts back what an order has taken that came to nothing. */
  putBack(orderId: string): void {
    this.#add(this.#taken.get(orderId) ?? [], 1);
    this.#taken.delete(orderId);
  }

  /** How many pieces of a product are there. */
  left(sku: string): number {
    return this.#pieces.get(sku) ?? 0;
  }

  #add(items: Items, sign: 1 | -1): void {
    for (const { sku, quantity } of items) {
      this.#pieces.set(sku, (this.#pieces.get(sku) ?? 0) + sign * quantity);
    }
  }
}
