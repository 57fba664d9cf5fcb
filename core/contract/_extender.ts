import type { Clock } from "./clock.ts";
import type { Delivery } from "./delivery.ts";
import type { Ring } from "./_ring.ts";

/** What an {@linkcode Extender} works on. */
export interface ExtenderOptions<D extends Delivery> {
  /** What is held. */
  readonly ring: Ring<D>;
  /** How often it is extended. */
  readonly everyMs: number;
  /** Time. */
  readonly clock: Clock;
  /** Told when a delivery was dropped because it is no longer ours. */
  readonly onDrop: () => void;
}

/** Keeps the deadlines of what a ring holds from passing, with one timer that is there only while something is held. */
export class Extender<D extends Delivery> {
  readonly #options: ExtenderOptions<D>;
  #disarm: (() => void) | undefined;

  constructor(options: ExtenderOptions<D>) {
    this.#options = options;
  }

  /** To be called after each change of the ring. */
  update(): void {
    const { ring, clock, everyMs } = this.#options;
    if (ring.size === 0) {
      this.#disarm?.();
      this.#disarm = undefined;
    } else {
      this.#disarm ??= clock.after(everyMs, () => this.#extend());
    }
  }

  #extend(): void {
    this.#disarm = undefined;
    const { ring, onDrop } = this.#options;
    const gone = new Set(ring.list().filter((held) => isGone(held)));
    if (gone.size > 0) {
      ring.remove(gone);
      onDrop();
    }
    this.update();
  }
}

// A throw does not say that the delivery is gone, and the others need their turn: settling it will tell.
function isGone(delivery: Delivery): boolean {
  try {
    return delivery.extend?.() === false;
  } catch {
    return false;
  }
}
