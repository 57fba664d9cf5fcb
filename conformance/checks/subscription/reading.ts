import type { Batches } from "@ruststream/core/contract";
import { numbers, text, texts } from "../../bench.ts";
import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can, every, keeps } from "../../gates.ts";

/** What is read, and when. */
export const checks: readonly Check[] = [
  {
    id: "subscription/not-read-ahead",
    promise:
      "A subscription is not read ahead of what was asked: the rest waits.",
    rule: 4,
    needs: every(can("backlog"), keeps),
    catches: "reads-ahead",
    async run(bench) {
      const tap = await bench.tap({ way: bench.group() });
      await bench.publishAll(numbers(5));
      await tap.next();
      await bench.turns();
      alike(
        await bench.get(tap.subscription.backlog?.(), "asking for the backlog"),
        { waiting: 4, unsettled: 1 },
        "the backlog after one of five was read",
      );
    },
  },
  {
    id: "subscription/nothing-before-it-is-asked",
    promise: "What nobody has read is for whoever reads first.",
    rule: 4,
    needs: keeps,
    catches: "takes-all",
    async run(bench) {
      const way = bench.group();
      const slow = await bench.tap({ way });
      const quick = await bench.tap({ way });
      await bench.publishAll(["1", "2", "3"]);
      const first = await slow.next();
      const others = await quick.take(
        2,
        "what the other member did not ask for",
      );
      alike(
        [first, ...others].map(text).sort(),
        ["1", "2", "3"],
        "what the two members got",
      );
    },
  },
  {
    id: "subscription/each-gets-each",
    promise: "Without a group each subscription gets each message.",
    rule: 4,
    catches: "all-share",
    async run(bench) {
      const taps = [await bench.tap(), await bench.tap()];
      await bench.publishAll(numbers(6));
      for (const tap of taps) {
        alike(texts(await tap.take(6)), numbers(6), "what each of two gets");
      }
    },
  },
  {
    id: "subscription/only-its-address",
    promise:
      "A subscription gets what was sent to its address, and nothing else.",
    rule: 4,
    catches: "gets-everything",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("other", { address: `${bench.address}-other` });
      await bench.publish("deeper", { address: `${bench.address}.deeper` });
      await bench.publish("own");
      const delivery = await tap.next();
      alike(text(delivery), "own", "the first that a subscription gets");
      alike(
        delivery.message.address,
        bench.address,
        "the address of a delivery",
      );
      await tap.nothing("of other addresses");
    },
  },
  {
    id: "subscription/patterns",
    promise: "Where patterns is true, one subscription reads many addresses.",
    rule: 14,
    needs: ({ broker }) =>
      broker.patterns ? undefined : "a subscription reads one address",
    catches: "ignores-patterns",
    async run(bench) {
      const one = await bench.tap({ address: `${bench.address}.{id}` });
      const many = await bench.tap({ address: `${bench.address}.{rest+}` });
      for (const end of ["a", "b", "c.d"]) {
        await bench.publish(end, { address: `${bench.address}.${end}` });
      }
      alike(texts(await one.rest(2)).toSorted(), ["a", "b"], "what {id} reads");
      alike(
        texts(await many.rest(3)).toSorted(),
        ["a", "b", "c.d"],
        "what {rest+} reads",
      );
    },
  },
  {
    id: "subscription/given-up-read",
    promise:
      "A read given up by releaseLock() swallows nothing: the next delivery comes first at the next read.",
    rule: 4,
    catches: "swallows-given-up-read",
    async run(bench) {
      const { subscription } = await bench.tap();
      const reader = subscription.deliveries.getReader();
      const read = bench.ends(reader.read(), "a read that is given up");
      await bench.turns();
      reader.releaseLock();
      holds(
        (await read).kind === "rejected",
        "a read that is given up",
        "a rejection",
      );
      await bench.publishAll(["1", "2"]);
      const next = subscription.deliveries.getReader();
      for (const body of ["1", "2"]) {
        const { value } = await bench.get(next.read(), "a read after it");
        alike(value && text(value), body, "what comes after a read given up");
      }
    },
  },
  {
    id: "subscription/given-up-batch",
    promise:
      "A read given up on one face swallows nothing of the other either.",
    rule: 4,
    needs: can("batches"),
    catches: "swallows-given-up-batch",
    async run(bench) {
      const { subscription } = await bench.tap();
      const { batches } = subscription as unknown as Batches;
      const face = (): ReadableStream<readonly unknown[]> =>
        batches.call(subscription, 5);
      for (const body of ["1", "2"]) {
        const reader = face().getReader();
        const read = bench.ends(reader.read(), "a batch that is given up");
        await bench.turns();
        reader.releaseLock();
        await read;
        await bench.publish(body);
        const single = subscription.deliveries.getReader();
        const { value } = await bench.get(
          single.read(),
          "a read of the other face",
        );
        alike(value && text(value), body, "what comes on the other face");
        single.releaseLock();
      }
    },
  },
  {
    id: "subscription/faces-lock-each-other",
    promise:
      "Deliveries and batches are faces of one buffer: taking either locks both.",
    rule: 4,
    needs: can("batches"),
    catches: "faces-apart",
    async run(bench) {
      const { subscription } = await bench.tap();
      const { batches } = subscription as unknown as Batches;
      const open = (): ReadableStream<unknown> => batches.call(subscription, 5);
      const refuses = (run: () => unknown, what: string): void => {
        let thrown: unknown;
        try {
          run();
        } catch (error) {
          thrown = error;
        }
        holds(thrown instanceof TypeError, what, "a TypeError", thrown);
      };
      const face = open();
      const one = subscription.deliveries.getReader();
      refuses(open, "batches() while deliveries has a reader");
      refuses(() => face.getReader(), "a reader of batches made before");
      one.releaseLock();
      const many = open().getReader();
      refuses(
        () => subscription.deliveries.getReader(),
        "a reader of deliveries while batches has one",
      );
      many.releaseLock();
      await bench.publish("1");
      const { value } = await bench.get(
        subscription.deliveries.getReader().read(),
        "a read after both were let go",
      );
      alike(value && text(value), "1", "what is read after both were let go");
    },
  },
  {
    id: "subscription/survives-one-message",
    promise: "A stream does not die of one bad message.",
    rule: 4,
    catches: "dies-of-a-reject",
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        await bench.publishAll(["bad", "good"]);
        await bench.settle(await tap.next(), { kind: "reject", reason: "bad" });
        alike(text(await tap.next()), "good", "what comes after a reject");
        await tap.reader.cancel();
      }
    },
  },
];
