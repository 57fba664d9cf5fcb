import {
  type BaseConnection,
  BaseDelivery,
  type Guarantees,
  type Message,
  PolledSubscription,
  type Settlement,
} from "@ruststream/core/contract";
import type { Entry, Tail } from "./log_file.ts";

/** What every subscription promises. */
export const guarantees: Guarantees = Object.freeze({
  // A file is one line after another for everybody.
  ordering: "address",
  // A retry is remembered by the process that asked for it, and goes with its subscription.
  redelivery: "on-retry",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  // The files stay, but no subscription begins before now: nobody gets what was published while nobody read.
  persistence: "none",
  groups: false,
  patterns: false,
  headers: true,
});

/** Looks into its file while a reader waits, and only then: what nobody asks for stays where it is. */
export class FileSubscription extends PolledSubscription<FileDelivery> {
  readonly #tail: Tail;

  constructor(connection: BaseConnection, tail: Tail, signal?: AbortSignal) {
    super({ connection, guarantees, pollMs: 10, signal });
    this.#tail = tail;
  }

  /** Delivers once more; false where the subscription takes no more. */
  redeliver(entry: Entry, attempt: number, afterMs?: number): boolean {
    return this.again(new FileDelivery(this, entry, attempt), afterMs);
  }

  protected async fetch(count: number): Promise<readonly FileDelivery[]> {
    return this.#firsts(await this.#tail.take(count));
  }

  protected override async fetchRest(): Promise<readonly FileDelivery[]> {
    return this.#firsts(await this.#tail.takeAll());
  }

  #firsts(entries: readonly Entry[]): readonly FileDelivery[] {
    return entries.map((entry) => new FileDelivery(this, entry, 1));
  }
}

/** A delivery is settled in this process, so there is nothing to wait for: a file does not know who has read what. */
export class FileDelivery extends BaseDelivery<FileSubscription> {
  readonly message: Message;
  readonly id: string;
  readonly publishedAt: Date;
  readonly attempt: number;

  constructor(from: FileSubscription, entry: Entry, attempt: number) {
    super(from);
    this.message = entry.message;
    this.id = entry.id;
    this.publishedAt = entry.publishedAt;
    this.attempt = attempt;
  }

  protected carryOut(settlement: Settlement): void {
    const { attempt } = this;
    // A release asks for nothing: where it cannot come back, it goes with its subscription.
    if (settlement.kind === "release") this.from.redeliver(this, attempt);
    if (settlement.kind !== "retry") return;
    const { afterMs } = settlement;
    if (this.from.redeliver(this, attempt + 1, afterMs)) return;
    this.refuse("refused", "its subscription delivers no more");
  }
}
