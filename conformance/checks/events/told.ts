import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { given } from "../../gates.ts";

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
      await bench.settings.cut?.(connection);
      await bench.turns();
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
];
