import type { Delivery } from "@ruststream/core/contract";
import { alike, failedWith, resolved } from "../../assertions.ts";
import { type Bench, text, texts, type Way } from "../../bench.ts";
import type { Check } from "../../check.ts";
import type { Gate } from "../../claim_types.ts";
import type { Tap } from "../../tap.ts";
import { comesBack, some } from "../../gates.ts";

const returning = (bench: Bench): readonly Way[] =>
  bench.ways(({ redelivery }) => redelivery !== "none");

const delayed = some("delayed retries", ({ delayedRetry }) => delayedRetry);

const delayedAlone: Gate = ({ alone }) =>
  alone.delayedRetry ? undefined : "without a group it cannot delay a retry";

/** A retry that was asked for too late is refused, and then the delivery can still be acked; else it comes back to one of these. */
async function refusedOrBack(
  bench: Bench,
  held: Delivery,
  what: string,
  readers: () => Promise<readonly Tap[]>,
): Promise<void> {
  const retry = bench.call(() => held.settle({ kind: "retry" }), what);
  const ending = await bench.ends(retry, what);
  if (ending.kind === "rejected") {
    failedWith(ending, what, "refused");
    const acked = await bench.ends(held.settle({ kind: "ack" }), "an ack");
    resolved(acked, `an ack after ${what}`);
    return;
  }
  const back: string[] = [];
  for (const tap of await readers()) back.push(...texts(await tap.rest()));
  alike(
    back.includes(text(held)),
    true,
    `whether it comes back after ${what}, which resolved; there came ${
      back.join(", ") || "nothing"
    }`,
  );
}

function lateRetry(
  end: "cancel" | "drain",
  catches: string,
  stop: (tap: Tap) => Promise<void>,
): Check {
  return {
    id: `settle/retry-after-${end}`,
    promise:
      `A retry after a ${end} of its subscription comes back to whoever is left, or is refused; it is never gone quietly.`,
    rule: 6,
    needs: comesBack,
    catches,
    async run(bench) {
      for (const way of returning(bench)) {
        const tap = await bench.tap({ way });
        await bench.publishAll(["1", "2"]);
        const held = await tap.next();
        await bench.get(stop(tap), `a ${end}`);
        const what = `a retry after a ${end}, ${way.name}`;
        await refusedOrBack(
          bench,
          held,
          what,
          async () => [tap, await bench.tap({ way })],
        );
      }
    },
  };
}

function noTimer(
  end: "cancel" | "shutdown",
  catches: string,
): Check {
  return {
    id: `settle/no-timer-after-${end}`,
    promise: end === "cancel"
      ? "Without a group, a delayed retry that waits at a cancel leaves no timer behind."
      : "A delayed retry that waits at a shutdown leaves no timer behind.",
    rule: end === "cancel" ? 4 : 2,
    needs: end === "cancel" ? delayedAlone : delayed,
    catches,
    async run(bench) {
      const ways = bench.ways(({ delayedRetry }) => delayedRetry);
      // A group's may come back to another member.
      for (
        const way of ways.filter(({ name }) =>
          end === "shutdown" || name === "alone"
        )
      ) {
        const connection = await bench.connect();
        const before = bench.timers;
        const tap = await bench.tap({ way, connection });
        await bench.publish("later", { connection });
        await bench.settle(await tap.next(), {
          kind: "retry",
          afterMs: 60_000,
        });
        tap.ask();
        const ended = end === "cancel"
          ? tap.reader.cancel()
          : connection.shutdown();
        await bench.get(ended, `a ${end} with a delayed retry`);
        alike(bench.timers, before, `timers after a ${end}, ${way.name}`);
        await bench.get(connection.shutdown(), "shutting down");
      }
    },
  };
}

/** Settling when the subscription has come to its end, or has no group. */
export const checks: readonly Check[] = [
  lateRetry("cancel", "cancel-loses-retry", (tap) => tap.reader.cancel()),
  lateRetry("drain", "drain-loses-retry", (tap) => tap.subscription.drain()),
  noTimer("cancel", "timer-outlives-cancel"),
  noTimer("shutdown", "timer-outlives-shutdown"),
  {
    id: "settle/release-alone",
    promise:
      "Without a group a release comes back to its subscription, or rejects with unsupported.",
    rule: 8,
    catches: "loses-release-alone",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("back");
      const held = await tap.next();
      const what = "a release without a group";
      const release = bench.call(() => held.settle({ kind: "release" }), what);
      const ending = await bench.ends(release, what);
      if (ending.kind === "rejected") {
        failedWith(ending, what, "unsupported");
        await bench.settle(held, { kind: "ack" });
        return;
      }
      const back = await tap.next("what was released without a group");
      alike(text(back), "back", "the body of what was released");
      await bench.settle(back, { kind: "ack" });
    },
  },
];
