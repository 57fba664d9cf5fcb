import type { Clock } from "./clock.ts";
import type { Delivery } from "./delivery.ts";
import type { DeliveryBuffer } from "./delivery_buffer.ts";

/** What comes back to one subscription, held in this process until its time. */
export class HeldRetries<D extends Delivery = Delivery> {
  readonly #buffer: DeliveryBuffer<D>;
  readonly #clock: Clock;
  // What cancels the timer of each.
  readonly #held = new Set<() => void>();
  #open = true;

  constructor(buffer: DeliveryBuffer<D>, clock: Clock) {
    this.#buffer = buffer;
    this.#clock = clock;
  }

  /** Pushes a delivery into the buffer, not sooner than in so many milliseconds. False where it cannot come back: it is still the caller's. */
  hold(delivery: D, afterMs: number): boolean {
    if (afterMs === 0) return this.#buffer.push(delivery);
    if (!this.#open) return false;
    const cancel = this.#clock.after(afterMs, () => {
      this.#held.delete(cancel);
      this.#buffer.push(delivery);
    });
    this.#held.add(cancel);
    return true;
  }

  /** Takes no more, and leaves no timer behind. Returns how many had not come back, and never will. */
  end(): number {
    this.#open = false;
    const { size } = this.#held;
    for (const cancel of this.#held) cancel();
    this.#held.clear();
    return size;
  }
}
