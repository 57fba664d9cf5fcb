import { MessagingError, type Settlement } from "../contract/mod.ts";
import type { Fault } from "./fault.ts";

type Settle = (settlement: Settlement) => unknown;

/** A fault of settling: what stands in for `settle`. */
function settling(
  breaks: string,
  change: (settle: Settle, settlement: Settlement) => unknown,
): () => Fault {
  return () => ({
    breaks,
    delivery: (delivery) => ({
      settle: (settlement: Settlement) =>
        change((other) => delivery.settle(other), settlement),
    }),
  });
}

const code = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

/** Faults of settling and of what comes back. */
export const faultySettling: Readonly<Record<string, () => Fault>> = {
  "settles-twice": settling(
    "A second settle resolves.",
    async (settle, settlement) => {
      try {
        await settle(settlement);
      } catch (error) {
        if (code(error) !== "settled") throw error;
      }
    },
  ),
  "loses-retry": settling(
    "A retry does not come back.",
    (settle, settlement) =>
      settle(settlement.kind === "retry" ? { kind: "ack" } : settlement),
  ),
  "claims-late": () => ({
    breaks: "Two settles at once both win.",
    delivery: (delivery) => {
      let begun: Promise<void> | undefined;
      return {
        settle: (settlement: Settlement) => {
          if (begun !== undefined) return begun;
          begun = Promise.resolve().then(() => delivery.settle(settlement))
            .finally(() => begun = undefined);
          return begun;
        },
      };
    },
  }),
  "refusal-keeps-claim": () => ({
    breaks: "A settle that was refused cannot be made again.",
    delivery: (delivery) => {
      let begun = false;
      return {
        settle: async (settlement: Settlement) => {
          if (begun) await delivery.settle({ kind: "nothing" } as never);
          begun = true;
          await delivery.settle(settlement);
        },
      };
    },
  }),
  "ack-as-retry": settling(
    "An acked delivery comes back.",
    (settle, settlement) =>
      settle(settlement.kind === "ack" ? { kind: "retry" } : settlement),
  ),
  "reject-as-retry": settling(
    "A rejected delivery comes back.",
    (settle, settlement) =>
      settle(settlement.kind === "reject" ? { kind: "retry" } : settlement),
  ),
  "acks-nothing": settling(
    "An ack resolves, and is never sent.",
    (settle, settlement) =>
      settlement.kind === "ack" ? undefined : settle(settlement),
  ),
  "ignores-delay": settling(
    "A retry comes back at once, whatever its delay.",
    (settle, settlement) =>
      settle(settlement.kind === "retry" ? { kind: "retry" } : settlement),
  ),
  "loses-delayed-retry": settling(
    "A retry with a delay does not come back.",
    (settle, settlement) =>
      settle(
        settlement.kind === "retry" && settlement.afterMs !== undefined
          ? { kind: "ack" }
          : settlement,
      ),
  ),
  "loses-release": settling(
    "What is released does not come back.",
    (settle, settlement) =>
      settle(settlement.kind === "release" ? { kind: "ack" } : settlement),
  ),
  "release-counts": settling(
    "A release counts an attempt.",
    (settle, settlement) =>
      settle(settlement.kind === "release" ? { kind: "retry" } : settlement),
  ),
  "counts-nothing": () => ({
    breaks: "Every delivery is the first attempt.",
    delivery: () => ({ attempt: 1 }),
  }),
  "acks-when-handed-out": () => ({
    breaks: "A delivery is consumed before it is handed out.",
    delivery: (delivery) => {
      void delivery.settle({ kind: "ack" });
      return { settle: () => {}, extend: () => true };
    },
  }),
  "ack-takes-those-before": () => ({
    breaks: "An ack acks all that was handed out before it.",
    delivery: (delivery, { handedOut }) => ({
      settle: async (settlement: Settlement) => {
        if (settlement.kind === "ack") {
          for (const before of handedOut) {
            if (before !== delivery) {
              await Promise.resolve(before.settle(settlement)).catch(() => {});
            }
          }
        }
        await delivery.settle(settlement);
      },
    }),
  }),
  "extend-does-nothing": () => ({
    breaks: "Extending says yes, and the deadline passes.",
    delivery: () => ({ extend: () => true }),
  }),
  "extend-always-true": () => ({
    breaks: "Extending says yes when the delivery is gone.",
    delivery: (delivery) => ({
      extend: () => {
        delivery.extend?.();
        return true;
      },
    }),
  }),
  "settle-throws": () => ({
    breaks: "A settle that cannot be throws synchronously.",
    delivery: (delivery) => {
      const seen = new Set<string>();
      return {
        settle: (settlement: Settlement) => {
          const { kind } = settlement;
          if (seen.has(kind)) {
            throw new MessagingError("settled", "Cannot settle: settled");
          }
          if (kind === "ack") seen.add(kind);
          return delivery.settle(settlement);
        },
      };
    },
  }),
  "settles-after-shutdown": () => ({
    breaks: "A settle after shutdown resolves.",
    delivery: (delivery, { connection }) => ({
      settle: (settlement: Settlement) =>
        connection.state === "closed" ? undefined : delivery.settle(settlement),
    }),
  }),
  "settled-after-shutdown": () => ({
    breaks: "After shutdown, what was settled before is said to be settled.",
    delivery: (delivery) => {
      let settled = false;
      return {
        settle: async (settlement: Settlement) => {
          if (settled) {
            throw new MessagingError(
              "settled",
              "Cannot settle: it was settled before",
            );
          }
          await delivery.settle(settlement);
          settled = true;
        },
      };
    },
  }),
  "delay-becomes-retry": settling(
    "Where a retry cannot be delayed, it comes back at once.",
    (settle, settlement) =>
      settle(settlement.kind === "retry" ? { kind: "retry" } : settlement),
  ),
  "retry-resolves-unsupported": settling(
    "Where nothing comes back, a retry resolves.",
    async (settle, settlement) => {
      if (settlement.kind === "retry") await settle({ kind: "ack" });
      else await settle(settlement);
    },
  ),
};
