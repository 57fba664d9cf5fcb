import { type Bench, numbers } from "../../bench.ts";
import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { cut } from "../../cutting.ts";
import { given } from "../../gates.ts";
import type { Tap } from "../../tap.ts";

/** How many messages were told to be lost or dropped. */
function countOf({ events }: Bench): number {
  return events.reduce(
    (sum, event) => "count" in event ? sum + event.count : sum,
    0,
  );
}

/** A subscription with ten messages more than it may leave unread. */
async function unread(
  bench: Bench,
): Promise<{ readonly tap: Tap; readonly count: number }> {
  const tap = await bench.tap();
  const count = (bench.settings.maxUnread ?? 0) + 10;
  await bench.publishAll(numbers(count));
  return { tap, count };
}

/** What happens is told. */
export const checks: readonly Check[] = [
  {
    id: "events/connected",
    promise: "A connection that is there is told as connected.",
    rule: 21,
    catches: "tells-nothing",
    async run(bench) {
      await bench.connect();
      alike(
        bench.events.map(({ kind }) => kind),
        ["connected"],
        "what was told",
      );
    },
  },
  {
    id: "events/closed-resolves",
    promise:
      "The promise closed resolves when the connection is gone for good.",
    rule: 21,
    catches: "closed-never-resolves",
    async run(bench) {
      const connection = await bench.connect();
      await bench.get(connection.shutdown(), "shutting down");
      await bench.endsAtOnce(connection.closed, "the promise closed");
    },
  },
  {
    id: "events/cut",
    promise:
      "A lost connection is told as disconnected, and its state is the truth; what waits ends, and nothing hangs.",
    rule: 21,
    needs: given("cut"),
    catches: "hangs-when-cut",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ connection });
      const reading = tap.ask();
      await cut(bench, connection);
      holds(
        connection.state !== "connected",
        "the state of a cut connection",
        "reconnecting or closed",
        connection.state,
      );
      holds(
        bench.events.some(({ kind }) => kind === "disconnected"),
        "what was told of a cut connection",
        "disconnected",
        bench.events,
      );
      const publisher = await bench.publisher(connection);
      await bench.ends(
        publisher.publish(bench.message("1")),
        "a publish while disconnected",
      );
      if (connection.state !== "closed") return;
      const ending = await bench.ends(reading, "a read of a lost subscription");
      alike(ending.kind, "rejected", "how a read of a lost subscription ends");
    },
  },
  {
    id: "events/lost",
    promise:
      "A delayed retry of a subscription that is drained comes, or is told as lost with its count.",
    rule: 21,
    needs: ({ alone: { delayedRetry, redelivery } }) =>
      delayedRetry && redelivery !== "until-settled"
        ? undefined
        : "without a group it delays no retry by itself",
    catches: "loses-untold",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("again");
      const delivery = await tap.next();
      await bench.settle(delivery, { kind: "retry", afterMs: 400 });
      const drained = tap.subscription.drain();
      const what = "a drained stream";
      const { done } = await bench.get(tap.ask(), what);
      await bench.get(drained, "draining");
      alike(
        (done ? 0 : 1) + countOf(bench),
        1,
        "what came of a retry, and what was told as lost",
      );
    },
  },
  {
    id: "events/dropped",
    promise:
      "What a subscription is too slow for is told as dropped, with its count; all else arrives.",
    rule: 21,
    needs: given("maxUnread"),
    catches: "drops-untold",
    async run(bench) {
      const { tap, count } = await unread(bench);
      const came = await tap.rest();
      holds(came.length < count, "whether some were dropped");
      alike(
        came.length + countOf(bench),
        count,
        "what came, and what was told as dropped",
      );
    },
  },
  {
    id: "events/slow",
    promise: "A subscription that is too slow is told as slow.",
    rule: 21,
    needs: given("maxUnread"),
    catches: "slow-untold",
    async run(bench) {
      const { tap } = await unread(bench);
      await tap.rest();
      holds(
        bench.events.some(({ kind }) => kind === "slow"),
        "what was told of a slow subscription",
        "slow",
        bench.events,
      );
    },
  },
];
