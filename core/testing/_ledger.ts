import type { DeliveryEvent } from "../observe.ts";
import type { HandledMessage } from "./simulation.ts";
import type { TestOutcome } from "./test_event.ts";

interface Entry extends HandledMessage {
  readonly outcomes: TestOutcome[];
}

/** What became of each message that came to a subscriber. */
export class Ledger {
  readonly #entries = new Map<unknown, Entry>();

  get handled(): readonly HandledMessage[] {
    return [...this.#entries.values()];
  }

  /** How many different messages to an address came. */
  countAt(address: string): number {
    const at = this.handled.filter(({ message }) =>
      message.address === address
    );
    return new Set(at.map(({ id, message }) => id ?? message)).size;
  }

  /** A delivery was taken, or has ended. */
  note({ subscriber, delivery }: DeliveryEvent, outcome?: TestOutcome): void {
    const { id, message } = delivery;
    // No name holds a NUL, so no two share a key.
    const key = id === undefined ? delivery : `${subscriber}\0${id}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const known = id === undefined ? {} : { id };
      entry = { subscriber, ...known, message, outcomes: [] };
      this.#entries.set(key, entry);
    }
    if (outcome !== undefined) entry.outcomes.push(outcome);
  }
}
