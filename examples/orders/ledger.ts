/** Who paid for what, in the order in which it was paid. */
export class Ledger {
  readonly #orders = new Set<string>();
  readonly #byCustomer = new Map<string, string[]>();

  /** Whether an order was paid already. */
  has(orderId: string): boolean {
    return this.#orders.has(orderId);
  }

  /** Writes down that a customer has paid for an order. */
  enter(email: string, orderId: string): void {
    this.#orders.add(orderId);
    const orders = this.#byCustomer.get(email) ?? [];
    orders.push(orderId);
    this.#byCustomer.set(email, orders);
  }

  /** The orders that each customer paid for. */
  get byCustomer(): ReadonlyMap<string, readonly string[]> {
    return this.#byCustomer;
  }
}
