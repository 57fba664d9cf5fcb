import { type Clock, MessagingError, onAbort } from "@ruststream/core/contract";
import type { Deadlines, Waiting } from "./deadlines.ts";

/** What a gate looks at before it lets anything through. */
export interface GateView {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether what is sent now reaches the socket. */
  readonly connected: boolean;
  /** Whether the socket holds less than it may. */
  readonly hasRoom: boolean;
  /** How many bytes may wait. */
  readonly maxWaitingBytes: number;
}

/** What is to be let through. */
export interface Passage {
  /** What cannot be done if it is not, in words. */
  readonly deed: string;
  readonly bytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Done when it is let through. What it throws is what the wait ends with. */
  readonly run: () => void;
}

/** Somebody who waits at the gate. Ends by its turn, its time, its signal, or the gate's end. */
class Waiter implements Waiting {
  readonly passage: Passage;
  readonly promise: Promise<void>;
  readonly #reject: (reason: unknown) => void;
  readonly #resolve: () => void;
  readonly #leave: () => void;

  constructor(passage: Passage, view: GateView, waiters: Set<Waiter>) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.passage = passage;
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    const stop = view.deadlines.add(this, passage.timeoutMs);
    const forget = onAbort(passage.signal, (reason) => this.end(reason));
    this.#leave = () => {
      stop();
      forget();
      waiters.delete(this);
    };
  }

  pass(): void {
    this.#leave();
    try {
      this.passage.run();
      this.#resolve();
    } catch (error) {
      this.#reject(error);
    }
  }

  end(reason: unknown): void {
    this.#leave();
    this.#reject(reason);
  }

  late(): void {
    const { deed, timeoutMs } = this.passage;
    this.end(
      new MessagingError(
        "timeout",
        `Cannot ${deed}: there was no connection with room for ${timeoutMs} ms`,
      ),
    );
  }
}

/** Holds back what is sent while there is no connection, or no room in its socket. In order, and bounded. */
export class Gate {
  readonly #view: GateView;
  readonly #waiters = new Set<Waiter>();
  #bytes = 0;
  #emptied: (() => void) | undefined;

  constructor(view: GateView) {
    this.#view = view;
  }

  /** Whether nobody needs to wait. */
  get open(): boolean {
    return this.#view.connected && this.#waiters.size === 0 &&
      this.#view.hasRoom;
  }

  /** Waits for its turn. Rejects with `overloaded` where too much waits already. */
  wait(passage: Passage): Promise<void> {
    const { maxWaitingBytes } = this.#view;
    if (this.#bytes + passage.bytes > maxWaitingBytes && this.#bytes > 0) {
      return Promise.reject(
        new MessagingError(
          "overloaded",
          `Cannot ${passage.deed}: ${this.#bytes} bytes wait to be sent already, at most ${maxWaitingBytes} may`,
        ),
      );
    }
    this.#bytes += passage.bytes;
    const waiter = new Waiter(passage, this.#view, this.#waiters);
    this.#waiters.add(waiter);
    const done = (): void => {
      this.#bytes -= passage.bytes;
      if (this.#waiters.size === 0) this.#emptied?.();
    };
    waiter.promise.then(done, done);
    return waiter.promise;
  }

  /** Lets through what may pass now. */
  pump(): void {
    for (const waiter of this.#waiters) {
      if (!this.#view.connected || !this.#view.hasRoom) return;
      waiter.pass();
    }
  }

  /** Resolves once nobody waits any more. */
  async empty(): Promise<void> {
    if (this.#waiters.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Nobody is let through any more. */
  end(reason: (deed: string) => Error): void {
    for (const waiter of [...this.#waiters]) {
      waiter.end(reason(waiter.passage.deed));
    }
  }
}
