import {
  type Batches,
  type BrokerEvent,
  type Clock,
  type Delivery,
  DeliveryBuffer,
  type Guarantees,
  onAbort,
  type Subscription,
} from "@ruststream/core/contract";
import { deliver, type Owner } from "./file_delivery.ts";
import { fileError } from "./file_error.ts";
import type { Entry, Tail } from "./log_file.ts";

const chunkBytes = 262_144;
const pollMs = 10;

/** What a subscription needs of its connection. */
export interface SubscriptionOptions {
  readonly address: string;
  readonly tail: Tail;
  readonly guarantees: Guarantees;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly report: (event: BrokerEvent) => void;
  readonly isClosed: () => boolean;
  /** Told when it takes no more, and reads no file any more. */
  readonly onEnd: (subscription: FileSubscription) => void;
}

/** Looks into its file while a reader waits, and only then: what nobody asks for stays where it is. */
export class FileSubscription implements Subscription, Batches, Owner {
  readonly guarantees: Guarantees;
  readonly #options: SubscriptionOptions;
  readonly #buffer: DeliveryBuffer;
  #forget: () => void = () => {};
  readonly #returned: Delivery[] = [];
  // What cancels each delayed retry.
  readonly #delayed: Set<() => void> = new Set();
  // How many the reader that waits would take.
  #wanted = 0;
  #feeding: Promise<void> | undefined;
  #disarm: (() => void) | undefined;
  #state: "open" | "ended" | "disposed" = "open";

  constructor(options: SubscriptionOptions) {
    this.guarantees = options.guarantees;
    this.#options = options;
    this.#buffer = new DeliveryBuffer({
      // Each subscription reads by itself: nobody else lacks what this one leaves.
      handBack: () => {},
      onDemand: (count) => {
        this.#wanted = count;
        this.#wake();
      },
      onStop: () => this.#stop(),
      clock: options.clock,
    });
    this.#forget = onAbort(options.signal, () => {
      // It fails only with a drain that failed, and whoever drains is told.
      this.cancel().catch(() => {});
    });
  }

  get deliveries(): ReadableStream<Delivery> {
    return this.#buffer.deliveries;
  }

  get state(): "open" | "ended" | "disposed" | "closed" {
    return this.#options.isClosed() ? "closed" : this.#state;
  }

  batches(max: number): ReadableStream<readonly Delivery[]> {
    return this.#buffer.batches(max);
  }

  drain(): Promise<void> {
    return this.#buffer.drain();
  }

  cancel(): Promise<void> {
    return this.#buffer.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const cancelled = this.cancel();
    this.#state = "disposed";
    await cancelled;
  }

  again(entry: Entry, attempt: number, afterMs: number): void {
    if (this.#state !== "open") return;
    const comeBack = (): void => {
      this.#returned.push(deliver(entry, attempt, this));
      this.#wake();
    };
    if (afterMs === 0) return comeBack();
    const cancel = this.#options.clock.after(afterMs, () => {
      this.#delayed.delete(cancel);
      comeBack();
    });
    this.#delayed.add(cancel);
  }

  #wake(): void {
    if (this.#wanted === 0 || this.#state !== "open") return;
    this.#disarm?.();
    this.#feeding ??= this.#feed();
  }

  async #feed(): Promise<void> {
    try {
      this.#push(await this.#next());
    } catch (cause) {
      this.#end();
      const { address, onEnd } = this.#options;
      this.#buffer.fail(fileError(`read "${address}"`, cause));
      onEnd(this);
    }
    this.#feeding = undefined;
    if (this.#returned.length > 0) return this.#wake();
    if (this.#wanted === 0 || this.#state !== "open") return;
    this.#disarm = this.#options.clock.after(pollMs, () => this.#wake());
  }

  // What came back is older than what is in the file.
  async #next(): Promise<Delivery[]> {
    const { tail } = this.#options;
    if (this.#returned.length > 0) {
      return this.#returned.splice(0, this.#wanted);
    }
    let found = tail.take(this.#wanted);
    while (found.length === 0 && await tail.fill(chunkBytes)) {
      found = tail.take(this.#wanted);
    }
    return found.map((entry) => deliver(entry, 1, this));
  }

  #push(found: readonly Delivery[]): void {
    // The reader takes what is there, and asks again for more.
    if (found.length > 0) this.#wanted = 0;
    for (const delivery of found) this.#buffer.push(delivery);
  }

  // On a cancel and on a drain alike.
  async #stop(): Promise<void> {
    const late = this.#delayed.size;
    this.#end();
    await this.#feeding;
    try {
      // Only a drain leaves the buffer open meanwhile.
      if (this.#buffer.open) await this.#finish(late);
    } catch (cause) {
      throw fileError(`drain "${this.#options.address}"`, cause);
    } finally {
      this.#options.onEnd(this);
    }
  }

  async #finish(count: number): Promise<void> {
    const { address, report, tail } = this.#options;
    if (count > 0) {
      const detail = `Retries of "${address}" had not come back at its drain`;
      report({ kind: "lost", count, detail });
    }
    // One look, for what is there at this moment: publishers need not stop.
    await tail.fill(Infinity);
    const rest = tail.take(Infinity).map((entry) => deliver(entry, 1, this));
    this.#push([...this.#returned.splice(0), ...rest]);
  }

  #end(): void {
    if (this.#state === "open") this.#state = "ended";
    this.#disarm?.();
    this.#forget();
    for (const cancel of this.#delayed) cancel();
    this.#delayed.clear();
  }
}
