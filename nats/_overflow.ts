import {
  type Delivery,
  type DeliveryBuffer,
  MessagingError,
} from "@ruststream/core/contract";
import type { Session } from "./session.ts";
import type { SubjectSettings } from "./subject_types.ts";

const tellAgainMs = 1_000;

/** What is done where there is no room. */
export interface Crowded {
  /** The subscription ends with this. */
  full(error: MessagingError): void;
  /** These are dropped, and were in the buffer. */
  gone(deliveries: readonly Delivery[]): void;
}

/** Keeps a buffer to its capacity, and tells what that costs: the first time at once, then once a second. */
export class Overflow {
  readonly #session: Session;
  readonly #buffer: DeliveryBuffer<Delivery>;
  readonly #template: string;
  readonly #settings: SubjectSettings;
  readonly #crowded: Crowded;
  #dropped = 0;
  #cancel: (() => void) | undefined;

  constructor(
    session: Session,
    buffer: DeliveryBuffer<Delivery>,
    template: string,
    settings: Partial<SubjectSettings>,
    crowded: Crowded,
  ) {
    const { capacity = 65_536, overflow = "drop-new" } = settings;
    this.#session = session;
    this.#buffer = buffer;
    this.#template = template;
    this.#crowded = crowded;
    this.#settings = { capacity, overflow };
  }

  /** Makes room for one more; false where it is that one that goes. */
  admits(): boolean {
    const { capacity, overflow } = this.#settings;
    const { size, open } = this.#buffer;
    if (size < capacity || !open) return true;
    if (overflow === "close") {
      this.#slow();
      this.#crowded.full(
        new MessagingError(
          "overloaded",
          `Cannot read "${this.#template}": ${capacity} messages wait to be read already`,
        ),
      );
      return false;
    }
    if (overflow === "drop-new") {
      this.#drop(1);
      return false;
    }
    // Some at a time: what is kept is moved each time.
    const kept = this.#buffer.clear();
    const gone = Math.max(1, capacity >> 4);
    for (const delivery of kept.slice(gone)) this.#buffer.push(delivery);
    this.#crowded.gone(kept.slice(0, gone));
    this.#drop(gone);
    return true;
  }

  /** Tells what was not told yet. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#tell();
  }

  #drop(count: number): void {
    this.#dropped += count;
    if (this.#cancel !== undefined) return;
    this.#slow();
    this.#again();
  }

  #again(): void {
    this.#tell();
    this.#cancel = this.#session.clock.after(tellAgainMs, () => {
      this.#cancel = undefined;
      if (this.#dropped > 0) this.#again();
    });
  }

  #slow(): void {
    this.#session.report({
      kind: "slow",
      detail:
        `The subscription to "${this.#template}" is read more slowly than messages come`,
    });
  }

  #tell(): void {
    const count = this.#dropped;
    if (count === 0) return;
    this.#dropped = 0;
    this.#session.report({
      kind: "dropped",
      count,
      detail: `The subscription to "${this.#template}" was full`,
    });
  }
}
