import type { Confirmation } from "./channels.ts";

/** An order that was paid: what its customer is told, and when the bank had answered. */
export interface Payment {
  /** What is confirmed. */
  readonly confirmation: Confirmation;
  /** When it was paid, in ISO 8601. */
  readonly at: string;
}

/** Who paid for what, in the order in which it was paid. */
export class Ledger {
  readonly #payments = new Map<string, Payment>();
  readonly #byCustomer = new Map<string, string[]>();

  /** What was entered for an order; undefined where it is not paid. */
  find(orderId: string): Payment | undefined {
    return this.#payments.get(orderId);
  }

  /** Writes down that a customer has paid for an order. */
  enter(payment: Payment): void {
    const { id, email } = payment.confirmation;
    this.#payments.set(id, payment);
    const orders = this.#byCustomer.get(email) ?? [];
    orders.push(id);
    this.#byCustomer.set(email, orders);
  }

  /** The orders that each customer paid for. */
  get byCustomer(): ReadonlyMap<string, readonly string[]> {
    return this.#byCustomer;
  }
}
