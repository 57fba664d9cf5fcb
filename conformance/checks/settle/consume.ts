import { text } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { keeps } from "../../gates.ts";

/** What was acked or rejected does not come back. */
export const checks: readonly Check[] = [
  ...(["ack", "reject"] as const).map((kind): Check => ({
    id: `settle/${kind}-never-comes-back`,
    promise: kind === "ack"
      ? "An acked delivery is done: it does not come again."
      : "Reject means it never comes back to this subscription.",
    rule: kind === "ack" ? 8 : 7,
    catches: `${kind}-as-retry`,
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        await bench.publishAll(["1", "2"]);
        await bench.settle(await tap.next(), { kind });
        const second = await tap.next();
        alike(text(second), "2", `what comes after one ${kind}`);
        await bench.settle(second, { kind });
        const { settleDeadlineMs = 0 } = way.guarantees;
        await tap.nothing(`after ${kind}`, settleDeadlineMs * 1.5 || undefined);
        await tap.reader.cancel();
      }
    },
  })),
  {
    id: "settle/ack-holds-for-others",
    promise:
      "What was acked does not come to another member, on another connection.",
    rule: 8,
    needs: keeps,
    catches: "acks-nothing",
    async run(bench) {
      const way = bench.group();
      const first = await bench.connect();
      const tap = await bench.tap({ way, connection: first });
      await bench.publishAll(["1", "2"]);
      await bench.settle(await tap.next(), { kind: "ack" });
      await bench.get(first.shutdown(), "shutting down");
      const other = await bench.tap({ way });
      const next = await other.next();
      alike(text(next), "2", "what the next member gets after an ack");
      await bench.settle(next, { kind: "ack" });
      await other.nothing("after all was acked");
    },
  },
];
