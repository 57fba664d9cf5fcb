import type { Product } from "./catalogue.ts";
import type { Order } from "./channels.ts";

type Items = Order["items"];

/** What is on the shelf. */
export class Stock {
  readonly #pieces: Map<string, number>;

  /** Fills the shelf. */
  constructor(products: readonly Product[]) {
    this.#pieces = new Map(products.map(({ sku, pieces }) => [sku, pieces]));
  }

  /** Takes all items, or none and says why not. */
  take(items: Items): string | undefined {
    const wanted = new Map<string, number>();
    for (const { sku, quantity } of items) {
      wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
    }
    for (const [sku, quantity] of wanted) {
      const there = this.#pieces.get(sku);
      if (there === undefined) return `unknown product ${sku}`;
      if (there < quantity) return `out of stock: ${sku}`;
    }
    this.#add(items, -1);
    return undefined;
  }

  /** Puts the items of an order back that came to nothing. */
  putBack(items: Items): void {
    this.#add(items, 1);
  }

  #add(items: Items, sign: 1 | -1): void {
    for (const { sku, quantity } of items) {
      this.#pieces.set(sku, (this.#pieces.get(sku) ?? 0) + sign * quantity);
    }
  }
}
