import type { KeptMessage } from "@ruststream/core/contract";
import { alike } from "../../assertions.ts";
import { type Bench, numbers } from "../../bench.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";
import { kept, readAll, textsOf } from "../../kept.ts";

async function second(bench: Bench): Promise<KeptMessage> {
  await bench.publishAll(numbers(3));
  const [, found] = await readAll(bench, await kept(bench));
  if (found === undefined) throw new TypeError("Cannot go on: one is missing");
  return found;
}

/** Removing what is kept. */
export const checks: readonly Check[] = [
  {
    id: "kept/remove",
    promise:
      "What was removed is gone for every connection, and everything else stays.",
    rule: 18,
    needs: can("kept"),
    catches: "removes-nothing",
    async run(bench) {
      const other = await bench.connect();
      const removed = await second(bench);
      const messages = await kept(bench);
      alike(
        await bench.get(messages.remove(removed), "removing"),
        true,
        "whether it was there",
      );
      for (const connection of [await bench.connection(), other]) {
        const here = await kept(bench, { connection });
        alike(textsOf(await readAll(bench, here)), ["1", "3"], "what is kept");
        alike(await bench.get(here.count(), "counting"), 2, "how many");
      }
    },
  },
  {
    id: "kept/remove-once",
    promise: "Of two that remove one message at once, one has removed it.",
    rule: 18,
    needs: can("kept"),
    catches: "removes-twice",
    async run(bench) {
      const other = await bench.connect();
      const removed = await second(bench);
      const messages = await kept(bench);
      const others = await kept(bench, { connection: other });
      const both = await bench.get(
        Promise.all([messages.remove(removed), others.remove(removed)]),
        "removing twice",
      );
      alike(both.toSorted(), [false, true], "whether it was there");
      alike(
        await bench.get(messages.remove(removed), "removing once more"),
        false,
        "whether it was still there",
      );
    },
  },
  {
    id: "kept/remove-own",
    promise: "Removing takes no message of another address.",
    rule: 18,
    needs: can("kept"),
    catches: "removes-others",
    async run(bench) {
      await bench.publish("there", { address: `${bench.address}.other` });
      const found = await second(bench);
      const others = await kept(bench, { end: "other" });
      alike(
        await bench.get(others.remove(found), "removing"),
        false,
        "whether one of another address was there",
      );
      const messages = await kept(bench);
      alike(
        textsOf(await readAll(bench, messages)),
        numbers(3),
        "what is kept",
      );
    },
  },
  {
    id: "kept/purge",
    promise:
      "A purge removes what is kept of its addresses, says how many those were, and leaves all else.",
    rule: 18,
    needs: can("kept"),
    catches: "purge-leaves-one",
    async run(bench) {
      await bench.publish("other", { address: `${bench.address}.other` });
      await bench.publishAll(numbers(3));
      const messages = await kept(bench);
      alike(await bench.get(messages.purge(), "purging"), 3, "how many were");
      alike(textsOf(await readAll(bench, messages)), [], "what is kept");
      await bench.publish("4");
      alike(textsOf(await readAll(bench, messages)), ["4"], "what came later");
      const others = await readAll(bench, await kept(bench, { end: "other" }));
      alike(textsOf(others), ["other"], "what is kept of another address");
    },
  },
];
