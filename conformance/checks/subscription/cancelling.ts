import { parseAddress } from "@ruststream/core/contract";
import { numbers, text, texts } from "../../bench.ts";
import { alike, failedWith, holds, resolved } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { hasDeadline, keeps } from "../../gates.ts";

/** How a subscription ends. */
export const checks: readonly Check[] = [
  {
    id: "subscription/cancel-stops-intake",
    promise:
      "Cancelling stops intake: a read that waits ends, and later messages go to others.",
    rule: 4,
    catches: "cancel-does-nothing",
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        const reading = tap.ask();
        await bench.get(tap.reader.cancel(), "cancelling");
        const { done } = await bench.get(
          reading,
          "a read that waits at a cancel",
        );
        alike(done, true, "whether a read that waits at a cancel ends");
        const other = await bench.tap({ way });
        await bench.publish("later");
        alike(
          text(await other.next()),
          "later",
          "what others get after a cancel",
        );
      }
    },
  },
  {
    id: "subscription/cancel-hands-back",
    promise:
      "Cancelling hands back what was never handed out, without its deadline passing.",
    rule: 4,
    needs: keeps,
    catches: "keeps-what-it-read-ahead",
    async run(bench) {
      const way = bench.group();
      const tap = await bench.tap({ way });
      const other = await bench.tap({ way });
      await bench.publishAll(["1", "2", "3"]);
      await tap.next();
      await bench.turns();
      await bench.get(tap.reader.cancel(), "cancelling");
      alike(
        texts(await other.rest(2)).toSorted(),
        ["2", "3"],
        "what the other member gets after a cancel",
      );
    },
  },
  {
    id: "subscription/handed-out-stays",
    promise:
      "After a cancel a delivery that was handed out stays the reader's: it can be extended and settled.",
    rule: 4,
    needs: hasDeadline,
    catches: "cancel-disposes",
    async run(bench) {
      const way = bench.group();
      const { settleDeadlineMs = 0 } = way.guarantees;
      const tap = await bench.tap({ way });
      const other = await bench.tap({ way });
      await bench.publish("held");
      const held = await tap.next();
      await bench.get(tap.reader.cancel(), "cancelling");
      await other.nothing("while a cancelled reader holds its delivery");
      await bench.pass(settleDeadlineMs * 0.6);
      alike(held.extend?.(), true, "extend() after a cancel");
      await other.nothing("after it was extended", settleDeadlineMs * 0.6);
      await bench.settle(held, { kind: "ack" });
      await other.nothing("after it was acked", settleDeadlineMs * 1.5);
    },
  },
  {
    id: "subscription/dispose-gives-back",
    promise:
      "Disposing a subscription gives back what was handed out and not settled, too.",
    rule: 4,
    needs: keeps,
    catches: "dispose-only-cancels",
    async run(bench) {
      const way = bench.group();
      const tap = await bench.tap({ way });
      const other = await bench.tap({ way });
      await bench.publish("held");
      const held = await tap.next();
      await bench.get(tap.subscription[Symbol.asyncDispose](), "disposing");
      const back = await other.next("what was in hand at disposing", 50);
      alike(text(back), "held", "what comes back at disposing");
      const late = await bench.ends(
        held.settle({ kind: "ack" }),
        "an ack after disposing",
      );
      alike(late.kind, "rejected", "how an ack after disposing ends");
      await bench.settle(back, { kind: "ack" });
    },
  },
  {
    id: "subscription/dispose-ends-hands",
    promise:
      "Without a group, too, settling after the subscription was disposed is refused.",
    rule: 4,
    needs: ({ alone }) =>
      alone.redelivery === "until-settled"
        ? "its subscriptions keep what is unsettled without a group"
        : undefined,
    catches: "acks-after-dispose",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publishAll(numbers(4));
      const held = await tap.take(4);
      await bench.get(tap.subscription[Symbol.asyncDispose](), "disposing");
      const kinds = ["ack", "reject", "retry", "release"] as const;
      for (const [index, kind] of kinds.entries()) {
        const what = `${kind} after disposing`;
        const late = bench.call(() => held[index]?.settle({ kind }), what);
        failedWith(await bench.ends(late, what), what, "refused");
      }
    },
  },
  {
    id: "subscription/drain-gives-what-arrived",
    promise:
      "Draining stops the broker's sending; the stream gives what had already arrived, then closes.",
    rule: 4,
    catches: "drain-cuts-short",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publishAll(numbers(4));
      alike(text(await tap.next()), "1", "the first delivery");
      await bench.pass(bench.settings.quietMs);
      await bench.get(tap.subscription.drain(), "draining");
      await bench.publish("late");
      alike(texts(await tap.take(3)), ["2", "3", "4"], "what had arrived");
      await tap.closes("the stream after a drain");
    },
  },
  {
    id: "subscription/drain-gives-the-unread",
    promise:
      "Draining before the first read: without a group the stream gives all that had arrived, then closes.",
    rule: 4,
    catches: "drain-drops-the-unread",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publishAll(numbers(3));
      await bench.pass(bench.settings.quietMs);
      await bench.get(tap.subscription.drain(), "draining");
      await bench.publish("late");
      alike(texts(await tap.take(3)), numbers(3), "what had arrived");
      await tap.closes("the stream after a drain");
    },
  },
  {
    id: "subscription/drain-closes",
    promise:
      "A drained stream closes, also under a read that waits, and a second drain waits for the first.",
    rule: 4,
    catches: "drain-never-closes",
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        const reading = tap.ask();
        await Promise.all([
          bench.get(tap.subscription.drain(), "draining"),
          bench.get(tap.subscription.drain(), "a second drain"),
        ]);
        const { done } = await bench.get(
          reading,
          "a read that waits at a drain",
        );
        alike(done, true, "whether a read that waits at a drain ends");
        await bench.get(tap.subscription.drain(), "a third drain");
      }
    },
  },
  {
    id: "subscription/drain-keeps-hands",
    promise:
      "While draining, what is in hand can still be settled, and the connection still publishes.",
    rule: 4,
    catches: "drain-closes-all",
    async run(bench) {
      const other = await bench.tap();
      const tap = await bench.tap();
      await bench.publish("1");
      const held = await tap.next();
      await bench.get(tap.subscription.drain(), "draining");
      resolved(
        await bench.ends(held.settle({ kind: "ack" }), "an ack after a drain"),
        "an ack after a drain",
      );
      await bench.publish("2");
      alike(
        texts(await other.take(2)),
        ["1", "2"],
        "what others get meanwhile",
      );
    },
  },
  {
    id: "subscription/cancel-cuts-a-drain",
    promise:
      "A cancel ends a drain: the stream closes, both resolve, and a group that keeps what is not settled gets the rest back.",
    rule: 4,
    catches: "cancel-hangs-in-a-drain",
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        await bench.publishAll(["1", "2", "3"]);
        const first = await tap.next();
        const drained = bench.ends(
          tap.subscription.drain(),
          "a drain that is cut short",
        );
        const cancelled = bench.ends(
          tap.reader.cancel(),
          "a cancel during a drain",
        );
        resolved(await drained, "a drain that is cut short");
        resolved(await cancelled, "a cancel during a drain");
        await tap.closes("the stream after both");
        await bench.settle(first, { kind: "ack" });
        const { redelivery } = way.guarantees;
        if (way.name === "alone" || redelivery !== "until-settled") continue;
        const other = await bench.tap({ way });
        alike(
          texts(await other.rest(2)).toSorted(),
          ["2", "3"],
          "what the group gets back",
        );
      }
    },
  },
  {
    id: "subscription/abort-cancels",
    promise: "A subscription's signal ends it as a cancel does.",
    rule: 20,
    catches: "abort-does-nothing",
    async run(bench) {
      for (const way of bench.ways()) {
        const stop = new AbortController();
        const tap = await bench.tap({ way, signal: stop.signal });
        await bench.publish("held");
        const held = await tap.next();
        const reading = tap.ask();
        stop.abort();
        const { done } = await bench.get(
          reading,
          "a read that waits at an abort",
        );
        holds(done, "a read that waits at an abort", "an end", "a delivery");
        await bench.settle(held, { kind: "ack" });
      }
    },
  },
  {
    id: "subscription/many",
    promise:
      "Ten thousand subscriptions opened and closed leave nothing behind.",
    rule: 4,
    needs: ({ bench }) =>
      bench.has("heap") ? undefined : "the runtime does not tell its heap",
    catches: "leaks-subscriptions",
    async run(bench) {
      const connection = await bench.connect();
      const count = bench.scaled(10_000, 1_000);
      const address = parseAddress(bench.address);
      const one = async (): Promise<void> => {
        const subscription = await bench.subscribe(connection, address, {});
        await subscription[Symbol.asyncDispose]();
      };
      const together = 50;
      const open = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i += together) {
          await bench.get(
            Promise.all(Array.from({ length: together }, one)),
            `opening and closing ${together} subscriptions`,
          );
        }
      };
      const part = count / 4;
      await open(part);
      // A leak shows each time; what the runtime keeps for itself does not.
      let grown = Infinity;
      let before = await bench.heap();
      for (let round = 1; round < 4 && grown >= 2_048; round++) {
        await open(part);
        const after = await bench.heap();
        grown = (after - before) / part;
        before = after;
      }
      holds(
        grown < 2_048,
        `bytes that the heap keeps of each of ${part} subscriptions`,
        "less than 2048",
        Math.round(grown),
      );
    },
  },
];
