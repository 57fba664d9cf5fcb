import { text } from "../../bench.ts";
import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { every, hasDeadline, keeps, member } from "../../gates.ts";

/** What happens to a delivery that is given back, or not settled at all. */
export const checks: readonly Check[] = [
  {
    id: "settle/release-comes-back",
    promise: "Release gives back unhandled: somebody gets it again.",
    rule: 8,
    needs: keeps,
    catches: "loses-release",
    async run(bench) {
      const tap = await bench.tap({ way: bench.group() });
      await bench.publish("back");
      await bench.settle(await tap.next(), { kind: "release" });
      const back = await tap.next("what was released");
      alike(text(back), "back", "the body of what was released");
      await bench.settle(back, { kind: "ack" });
    },
  },
  {
    id: "settle/release-uncounted",
    promise: "Release does not count an attempt where releaseCounts is false.",
    rule: 8,
    needs: every(
      keeps,
      member(
        "that a release counts no attempt",
        ({ countsAttempts, releaseCounts }) => countsAttempts && !releaseCounts,
      ),
    ),
    catches: "release-counts",
    async run(bench) {
      const tap = await bench.tap({ way: bench.group() });
      await bench.publish("back");
      await bench.settle(await tap.next(), { kind: "release" });
      const back = await tap.next("what was released");
      alike(back.attempt, 1, "the attempt after a release");
      await bench.settle(back, { kind: "ack" });
    },
  },
  {
    id: "settle/unsettled-returns",
    promise:
      "An unsettled delivery is not consumed: it returns after its deadline, to another member too.",
    rule: 8,
    needs: hasDeadline,
    catches: "acks-when-handed-out",
    async run(bench) {
      const way = bench.group();
      const { settleDeadlineMs = 0 } = way.guarantees;
      const tap = await bench.tap({ way });
      const soonest = bench.clock.now() + settleDeadlineMs * 0.65;
      await bench.publish("kept");
      const lost = await tap.next();
      await bench.pass(settleDeadlineMs * 0.5);
      await tap.nothingBefore("before the deadline of a delivery", soonest);
      await bench.pass(settleDeadlineMs * 0.75);
      const back = await tap.next("a delivery whose deadline passed");
      alike(text(back), "kept", "the body that returns");
      alike(lost.extend?.(), false, "extend() of a delivery that was lost");
      const late = await bench.ends(
        bench.call(() => lost.settle({ kind: "ack" }), "a late ack"),
        "an ack after the deadline",
      );
      holds(
        late.kind === "rejected",
        "an ack after the deadline",
        "a rejection",
      );
      await bench.settle(back, { kind: "ack" });
      await tap.nothing("after it was acked", settleDeadlineMs * 1.5);
    },
  },
  {
    id: "settle/out-of-order",
    promise:
      "Deliveries settle one by one: an ack of the third does not consume the first two.",
    rule: 8,
    needs: keeps,
    catches: "ack-takes-those-before",
    async run(bench) {
      const way = bench.group();
      const first = await bench.connect();
      const tap = await bench.tap({ way, connection: first });
      await bench.publishAll(["1", "2", "3"]);
      const third = (await tap.take(3))[2];
      if (third !== undefined) await bench.settle(third, { kind: "ack" });
      await bench.get(first.shutdown(), "shutting down");
      const other = await bench.tap({ way });
      const back = (await other.rest(2)).map(text).sort();
      alike(
        ["1", "2"].every((body) => back.includes(body)),
        true,
        `whether both unsettled ones return, of ${back.join(", ") || "none"}`,
      );
    },
  },
  {
    id: "settle/extend-keeps",
    promise: "extend() keeps the deadline from passing.",
    rule: 9,
    needs: hasDeadline,
    catches: "extend-does-nothing",
    async run(bench) {
      const way = bench.group();
      const { settleDeadlineMs = 0 } = way.guarantees;
      const tap = await bench.tap({ way });
      await bench.publish("held");
      const held = await tap.next();
      for (let i = 0; i < 5; i++) {
        await bench.pass(settleDeadlineMs * 0.6);
        alike(held.extend?.(), true, "extend() of a delivery in hand");
      }
      await tap.nothing("while a delivery is extended");
      await bench.settle(held, { kind: "ack" });
      await tap.nothing("after it was acked", settleDeadlineMs * 1.5);
    },
  },
  {
    id: "settle/extend-tells-the-loss",
    promise:
      "extend() is false when the broker knows that the delivery is no longer ours.",
    rule: 9,
    needs: hasDeadline,
    catches: "extend-always-true",
    async run(bench) {
      const way = bench.group();
      const { settleDeadlineMs = 0 } = way.guarantees;
      const tap = await bench.tap({ way });
      await bench.publish("held");
      const held = await tap.next();
      await bench.pass(settleDeadlineMs * 1.5);
      const back = await tap.next("a delivery whose deadline passed");
      alike(held.extend?.(), false, "extend() of a delivery that was lost");
      await bench.settle(back, { kind: "ack" });
      alike(back.extend?.(), false, "extend() of a delivery that was acked");
    },
  },
];
