import type { Settlement } from "@ruststream/core/contract";

const encoder = new TextEncoder();
const ackBytes = encoder.encode("+ACK");
const nakBytes = encoder.encode("-NAK");
const termBytes = encoder.encode("+TERM");

// The server tells everybody why a message was given up: so a reject of ours is known by it.
const ourReason = "rejected";

/** Whether a message was given up by a reject of ours. */
export function isOurReason(reason: string): boolean {
  return reason.startsWith(ourReason);
}

/** What says to the server that the work goes on. */
export const workingBytes: Uint8Array = encoder.encode("+WPI");

/** A settlement in the server's form. A server that does not know reasons would take none of it. */
export function settlementBytes(
  settlement: Settlement,
  knowsReasons: boolean,
): Uint8Array {
  switch (settlement.kind) {
    case "ack":
      return ackBytes;
    case "release":
      return nakBytes;
    case "retry": {
      const { afterMs = 0 } = settlement;
      if (afterMs === 0) return nakBytes;
      // Rounded up: never sooner.
      const delay = Math.ceil(afterMs) * 1_000_000;
      return encoder.encode(`-NAK ${JSON.stringify({ delay })}`);
    }
    case "reject": {
      if (!knowsReasons) return termBytes;
      const reason = settlement.reason?.replace(/\s+/g, " ");
      return encoder.encode(
        `+TERM ${ourReason}${reason ? `: ${reason}` : ""}`,
      );
    }
  }
}
