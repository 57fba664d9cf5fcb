import { failed, failedWith } from "../../assertions.ts";
import type { Check } from "../../check.ts";

const kinds = ["ack", "retry", "reject", "release"] as const;

/** Settling in the wrong way or at the wrong time. */
export const checks: readonly Check[] = [
  {
    id: "settle/never-throws",
    promise: "Settle never throws synchronously, whatever it is given.",
    rule: 5,
    catches: "settle-throws",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publishAll(["1", "2"]);
      const [one, two] = await tap.take(2);
      if (one === undefined || two === undefined) return;
      const odd = { kind: "explode" } as never;
      const what = "settling with an unknown kind";
      failed(
        await bench.ends(bench.call(() => one.settle(odd), what), what),
        what,
      );
      await bench.get(
        bench.call(() => one.settle({ kind: "ack" }), "an ack"),
        "an ack",
      );
      const again = bench.call(
        () => one.settle({ kind: "ack" }),
        "a second ack",
      );
      failedWith(
        await bench.ends(again, "a second ack"),
        "a second ack",
        "settled",
      );
      const connection = await bench.connection();
      await bench.get(connection.shutdown(), "shutting down");
      const late = bench.call(
        () => two.settle({ kind: "ack" }),
        "an ack after shutdown",
      );
      failed(
        await bench.ends(late, "an ack after shutdown"),
        "an ack after shutdown",
      );
    },
  },
  {
    id: "settle/after-shutdown",
    promise:
      "After shutdown a settle rejects at once with closed; it never succeeds quietly.",
    rule: 2,
    catches: "settles-after-shutdown",
    async run(bench) {
      for (const way of bench.ways()) {
        const connection = await bench.connect();
        const tap = await bench.tap({ way, connection });
        await bench.publish("1");
        const held = await tap.next();
        await bench.get(connection.shutdown(), "shutting down");
        for (const kind of kinds) {
          const what = `${kind} after shutdown`;
          failedWith(
            await bench.endsAtOnce(
              bench.call(() => held.settle({ kind }), what),
              what,
            ),
            what,
            "closed",
          );
        }
      }
    },
  },
  {
    id: "settle/settled-after-shutdown",
    promise:
      "After shutdown the answer to a second settle is closed, not settled.",
    rule: 5,
    catches: "settled-after-shutdown",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ connection });
      await bench.publish("1");
      const held = await tap.next();
      await bench.settle(held, { kind: "ack" });
      await bench.get(connection.shutdown(), "shutting down");
      const what = "a second settle after shutdown";
      failedWith(
        await bench.endsAtOnce(
          bench.call(() => held.settle({ kind: "ack" }), what),
          what,
        ),
        what,
        "closed",
      );
    },
  },
];
