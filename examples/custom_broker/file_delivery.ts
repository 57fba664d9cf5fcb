import { type Delivery, MessagingError } from "@ruststream/core/contract";
import type { Entry } from "./log_file.ts";

/** Who handed a delivery out. */
export interface Owner {
  /** `ended` takes no more and delivers no more; what was handed out before can still be settled. */
  readonly state: "open" | "ended" | "disposed" | "closed";
  /** Delivers again, not sooner than in so many milliseconds; nothing where it has ended. */
  again(entry: Entry, attempt: number, afterMs: number): void;
}

/** Makes a delivery. Files know nothing of who read what: it is settled in this process, so there is nothing to wait for. */
export function deliver(entry: Entry, attempt: number, owner: Owner): Delivery {
  const cannot = `Cannot settle "${entry.id}"`;
  const refuse = (
    code: "closed" | "settled" | "refused",
    why: string,
  ): Promise<never> =>
    Promise.reject(new MessagingError(code, `${cannot}: ${why}`));
  let settled = false;
  return {
    ...entry,
    attempt,
    settle(settlement) {
      const { state } = owner;
      if (state === "closed") return refuse(state, "the connection is closed");
      if (settled) return refuse("settled", "it was settled before");
      if (state === "disposed") return refuse("refused", "its reader is gone");
      switch (settlement?.kind) {
        case "ack":
        case "reject":
          break;
        case "release":
          owner.again(entry, attempt, 0);
          break;
        case "retry": {
          const { afterMs = 0 } = settlement;
          if (!(Number.isFinite(afterMs) && afterMs >= 0)) {
            return Promise.reject(
              new RangeError(
                `${cannot}: expected afterMs of at least 0, found ${afterMs}`,
              ),
            );
          }
          if (state === "ended") {
            return refuse("refused", "its subscription delivers no more");
          }
          owner.again(entry, attempt + 1, afterMs);
          break;
        }
        default:
          return Promise.reject(
            new TypeError(`${cannot}: expected ack, retry, reject or release`),
          );
      }
      settled = true;
      return undefined;
    },
  };
}
