import { numbers, texts } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { keeps } from "../../gates.ts";

/** What was done before shutdown holds after it. */
export const checks: readonly Check[] = [
  {
    id: "ladder/shutdown-flushes-publishes",
    promise:
      "What was published before shutdown holds, seen from another connection; what nobody waited for holds too, or is rejected.",
    rule: 3,
    catches: "shutdown-drops-publishes",
    async run(bench) {
      const tap = await bench.tap();
      const leaving = await bench.connect();
      const publisher = await bench.publisher(leaving);
      const held = [...numbers(5)];
      for (const body of held) await publisher.publish(bench.message(body));
      for (const body of numbers(10, 6)) {
        const what = "a publish that nobody waits for";
        const published = bench.call(
          () => publisher.publish(bench.message(body)),
          what,
        );
        Promise.resolve(published).then(() => void held.push(body), () => {});
      }
      await bench.get(leaving.shutdown(), "shutting down");
      await bench.turns();
      const arrived = texts(await tap.rest(held.length));
      alike(
        held.filter((body) => !arrived.includes(body)),
        [],
        "what was published before a shutdown, and does not arrive",
      );
    },
  },
  {
    id: "ladder/shutdown-ends-publishes",
    promise: "When shutdown is over, every publish before it has ended.",
    rule: 3,
    catches: "publish-hangs-at-shutdown",
    async run(bench) {
      const leaving = await bench.connect();
      const publisher = await bench.publisher(leaving);
      const published = Promise.allSettled(
        numbers(10).map((body) => publisher.publish(bench.message(body))),
      );
      await bench.get(leaving.shutdown(), "shutting down");
      await bench.endsAtOnce(published, "publishes before a shutdown");
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
        texts(await other.rest(1)),
        ["2"],
        "what returns after an ack and a shutdown",
      );
    },
  },
];
