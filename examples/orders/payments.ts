import type { Context } from "@ruststream/core";

const answersAfterMs = 2;

/** How often the bank's sandbox does not answer for an order before it does. The number decides, so that each run is like the last. */
export function silencesFor(orderId: string): number {
  switch (Number(orderId.slice("W-".length)) % 50) {
    case 7:
    case 27:
      return 1;
    case 42:
      return 2;
    case 13:
      return Infinity;
    default:
      return 0;
  }
}

/** The sandbox of a bank that does not always answer. */
export class PaymentGateway {
  readonly #asked = new Map<string, number>();
  readonly #paid = new Map<string, number>();
  #isOpen = true;

  /** How many orders were paid. */
  get paid(): number {
    return this.#paid.size;
  }

  /** Whether an order was paid. */
  hasPaid(orderId: string): boolean {
    return this.#paid.has(orderId);
  }

  /**
   * Charges an order, once however often it is asked: the order's id is the key.
   *
   * @throws {Error} If the bank does not answer.
   */
  async charge(
    orderId: string,
    cents: number,
    { clock, signal }: Pick<Context, "clock" | "signal">,
  ): Promise<void> {
    if (!this.#isOpen) throw new Error("The session with the bank is over");
    await clock.sleep(answersAfterMs, signal);
    const asked = (this.#asked.get(orderId) ?? 0) + 1;
    this.#asked.set(orderId, asked);
    if (asked <= silencesFor(orderId)) {
      throw new Error(`No answer from the bank for ${orderId}`);
    }
    this.#paid.set(orderId, cents);
  }

  /** Ends the session with the bank. */
  close(): void {
    this.#isOpen = false;
  }
}
