import { numbers, texts } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { keeps } from "../../gates.ts";

/** What was done before shutdown holds after it. */
export const checks: readonly Check[] = [
  {
    id: "ladder/shutdown-flushes-publishes",
    promise:
      "What was published before shutdown holds, seen from another connection.",
    rule: 3,
    catches: "shutdown-drops-publishes",
    async run(bench) {
      const tap = await bench.tap();
      const leaving = await bench.connect();
      const publisher = await bench.publisher(leaving);
      const published = numbers(10).map((body) =>
        publisher.publish(bench.message(body))
      );
      const ended = bench.get(leaving.shutdown(), "shutting down");
      await Promise.allSettled(published);
      await ended;
      alike(
        texts(await tap.take(10, "what was published before a shutdown")),
        numbers(10),
        "what arrives of publishes before a shutdown",
      );
    },
  },
  {
    id: "ladder/shutdown-flushes-acks",
    promise:
      "What was acked before shutdown holds, seen from another connection.",
    rule: 3,
    needs: keeps,
    catches: "shutdown-drops-acks",
    async run(bench) {
      const way = bench.group();
      const leaving = await bench.connect();
      const tap = await bench.tap({ way, connection: leaving });
      await bench.publishAll(["1", "2"]);
      const [one] = await tap.take(2);
      const acked = one?.settle({ kind: "ack" });
      const ended = bench.get(leaving.shutdown(), "shutting down");
      await Promise.allSettled([acked]);
      await ended;
      const other = await bench.tap({ way });
      alike(
        texts(await other.rest()),
        ["2"],
        "what returns after an ack and a shutdown",
      );
    },
  },
];
