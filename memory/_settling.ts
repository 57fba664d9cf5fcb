import { MessagingError, type Settlement } from "@ruststream/core/contract";
import type { QueuedDelivery } from "./_delivery.ts";

const kinds: ReadonlySet<unknown> = new Set([
  "ack",
  "retry",
  "reject",
  "release",
]);

/** What a delivery is called in an error. */
export function named(delivery: QueuedDelivery): string {
  return `delivery ${delivery.id} of "${delivery.message.address}"`;
}

/** Why a delivery cannot be settled by its reader; nothing if it can. */
export function obstacle(delivery: QueuedDelivery): Error | undefined {
  const { member, state } = delivery;
  if (member?.session.closed) {
    return new MessagingError(
      "closed",
      `Cannot settle ${named(delivery)}: the connection is closed`,
    );
  }
  if (state === "given") return undefined;
  if (state === "settled") {
    return new MessagingError(
      "settled",
      `Cannot settle ${named(delivery)}: it was settled before`,
    );
  }
  return new MessagingError(
    "refused",
    `Cannot settle ${
      named(delivery)
    }: it is no longer this reader's, because its deadline passed or its subscription was disposed or moved`,
  );
}

/** What is wrong with a settlement; nothing if it is lawful. */
export function mistake(
  delivery: QueuedDelivery,
  settlement: Settlement,
): Error | undefined {
  const kind: unknown = settlement?.kind;
  if (!kinds.has(kind)) {
    return new TypeError(
      `Cannot settle ${named(delivery)}: expected kind ${
        [...kinds].join(", ")
      }, found ${JSON.stringify(kind)}`,
    );
  }
  if (settlement.kind !== "retry" || settlement.afterMs === undefined) {
    return undefined;
  }
  const { afterMs } = settlement;
  return Number.isFinite(afterMs) && afterMs >= 0 ? undefined : new RangeError(
    `Cannot settle ${
      named(delivery)
    }: expected afterMs to be a number of at least 0, found ${afterMs}`,
  );
}
