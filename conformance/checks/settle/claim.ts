import { alike, failedWith, holds, resolved } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { comesBack } from "../../gates.ts";

/** A delivery is settled once, and the claim is taken at once. */
export const checks: readonly Check[] = [
  {
    id: "settle/twice",
    promise: "A second settle of the same delivery rejects with settled.",
    rule: 5,
    catches: "settles-twice",
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        await bench.publish("1");
        const delivery = await tap.next();
        await bench.settle(delivery, { kind: "ack" });
        for (const kind of ["ack", "retry", "reject", "release"] as const) {
          const what = `settling with ${kind} after an ack`;
          const again = bench.call(() => delivery.settle({ kind }), what);
          failedWith(await bench.ends(again, what), what, "settled");
        }
        await tap.nothing("after one ack and refused settles");
        await tap.reader.cancel();
      }
    },
  },
  {
    id: "settle/two-at-once",
    promise:
      "The claim is taken synchronously, so two settles at once cannot both win.",
    rule: 5,
    catches: "claims-late",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("1");
      const delivery = await tap.next();
      const both = [
        delivery.settle({ kind: "ack" }),
        delivery.settle({ kind: "ack" }),
      ].map((settled, index) => bench.ends(settled, `settle ${index + 1}`));
      const [first, second] = await Promise.all(both);
      if (first !== undefined) resolved(first, "the first of two settles");
      if (second !== undefined) {
        failedWith(second, "the second of two settles", "settled");
      }
      alike(both.length, 2, "settles");
    },
  },
  {
    id: "settle/refusal-opens-again",
    promise:
      "A settle that the broker refuses rejects and opens the claim again.",
    rule: 5,
    needs: comesBack,
    catches: "refusal-keeps-claim",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("1");
      const delivery = await tap.next();
      const what = "a retry with afterMs of -1";
      const refused = await bench.ends(
        bench.call(() => delivery.settle({ kind: "retry", afterMs: -1 }), what),
        what,
      );
      holds(refused.kind === "rejected", what, "a rejection", "a success");
      const again = await bench.ends(
        delivery.settle({ kind: "ack" }),
        "an ack after it",
      );
      resolved(again, "an ack after a refused settle");
    },
  },
];
