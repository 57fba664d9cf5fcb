/**
 * What soaking looks at: the timers that are armed, the listeners on signals, and the heap.
 *
 * @module
 */
import process from "node:process";
import { type Clock, systemClock } from "@ruststream/core/contract";

/** A clock that counts the timers which are armed. */
export class CountingClock implements Clock {
  #armed = 0;

  /** How many timers are armed, sleeps among them. */
  get armed(): number {
    return this.#armed;
  }

  now(): number {
    return systemClock.now();
  }

  mono(): number {
    return systemClock.mono();
  }

  random(): number {
    return systemClock.random();
  }

  turn(): Promise<void> {
    return systemClock.turn();
  }

  after(ms: number, run: () => void): () => void {
    let open = true;
    const close = (): void => {
      if (open) this.#armed--;
      open = false;
    };
    this.#armed++;
    const cancel = systemClock.after(ms, () => {
      close();
      run();
    });
    return () => {
      close();
      cancel();
    };
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.#armed++;
    try {
      await systemClock.sleep(ms, signal);
    } finally {
      this.#armed--;
    }
  }
}

/** Counts the listeners on signals, from when it is made until it is disposed. */
export class ListenerCount implements Disposable {
  readonly #add = AbortSignal.prototype.addEventListener;
  readonly #remove = AbortSignal.prototype.removeEventListener;
  readonly #open = new Map<AbortSignal, Set<unknown>>();

  constructor() {
    const open = this.#open;
    const [add, remove] = [this.#add, this.#remove];
    AbortSignal.prototype.addEventListener = function (
      this: AbortSignal,
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | AddEventListenerOptions,
    ) {
      open.set(this, (open.get(this) ?? new Set()).add(listener));
      add.call(this, type, listener as EventListener, options);
    };
    AbortSignal.prototype.removeEventListener = function (
      this: AbortSignal,
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | EventListenerOptions,
    ) {
      const listeners = open.get(this);
      listeners?.delete(listener);
      if (listeners?.size === 0) open.delete(this);
      remove.call(this, type, listener as EventListener, options);
    };
  }

  /** How many there are. A signal that has fired has none. */
  get open(): number {
    let count = 0;
    for (const [signal, listeners] of this.#open) {
      if (signal.aborted) this.#open.delete(signal);
      else count += listeners.size;
    }
    return count;
  }

  [Symbol.dispose](): void {
    AbortSignal.prototype.addEventListener = this.#add;
    AbortSignal.prototype.removeEventListener = this.#remove;
  }
}

/** The heap in bytes, once what nobody needs has been collected. */
export function heapBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) {
    throw new TypeError(
      "Cannot look at the heap: the runtime was started without --expose-gc",
    );
  }
  gc();
  return process.memoryUsage().heapUsed;
}

/** Whether a heap did not grow: the middle of its last quarter against that of its second, with a tenth and 2 MiB to spare. */
export function isFlat(samples: readonly number[]): boolean {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) return false;
  const middle = (part: readonly number[]): number =>
    [...part].sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  const before = middle(samples.slice(quarter, 2 * quarter));
  const after = middle(samples.slice(-quarter));
  return after <= before * 1.1 + 2 * 1_048_576;
}
