import type { Transaction, Transacts } from "@ruststream/core/contract";
import type { Bench } from "../../bench.ts";
import { alike, failedBecause, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";
import { abortMidway, cameOnce, shownSoFar } from "../../midway.ts";
import { ownerOf } from "../../owner_of.ts";
import { begin, send } from "./transactions.ts";

const needs = can("transactions");
const reason = Object.freeze(new TypeError("Cannot wait any longer"));
const aborted = (): AbortSignal => AbortSignal.abort(reason);

/** Fails unless nothing is left of what was aborted: a new transaction shows its own, and nothing else comes. */
async function goesOn(bench: Bench, seen: () => Promise<readonly string[]>) {
  const next = await begin(bench);
  await send(bench, next, ["next"]);
  await bench.get(next.commit(), "committing the next transaction");
  alike(await seen(), ["next"], "what the next transaction shows");
}

/** What is aborted of a transaction. */
export const checks: readonly Check[] = [
  {
    id: "transactions/begin-midway",
    promise:
      "Beginning that is aborted under way rejects with the reason, or is a transaction or one that is discarded; it never hangs.",
    rule: 20,
    needs,
    catches: "begin-abort-hangs",
    async run(bench) {
      const owner = await ownerOf<Transacts>(bench, "begin");
      const tap = await bench.tap();
      const seen = () => shownSoFar(bench, tap);
      await abortMidway(bench, {
        what: "beginning a transaction",
        call: (signal) => owner.begin({ signal }),
        see: async (ending) => {
          if (ending.kind === "resolved") {
            const { value: open } = ending;
            const use = async (): Promise<void> => {
              await open.publish(bench.message("1"));
              await open.commit();
            };
            const used = await bench.ends(use(), "using it");
            cameOnce(used, await seen(), "1", "what it published");
            await bench.get(open[Symbol.asyncDispose](), "leaving it");
          }
          await goesOn(bench, seen);
        },
      });
    },
  },
  {
    id: "transactions/publish-abort",
    promise:
      "A publish in a transaction obeys its signal, and rejects with the signal's own reason; the rest can be committed.",
    rule: 20,
    needs,
    catches: "transaction-publish-forgets-signal",
    async run(bench) {
      const tap = await bench.tap();
      const open = await begin(bench);
      await send(bench, open, ["kept"]);
      const what = "publishing in a transaction with an aborted signal";
      const options = Object.freeze({ signal: aborted() });
      const call = bench.call(
        () => open.publish(bench.message("aborted"), options),
        what,
      );
      failedBecause(await bench.endsAtOnce(call, what), reason, what);
      const endings = new Map<string, Parameters<typeof cameOnce>[0]>();
      await abortMidway(bench, {
        what: "publishing in a transaction",
        call: (signal, moment) =>
          open.publish(bench.message(moment), { signal }),
        see: (ending, moment) => void endings.set(moment, ending),
      });
      await bench.get(open.commit(), "committing");
      const shown = await shownSoFar(bench, tap);
      for (const [moment, ending] of endings) {
        cameOnce(ending, shown, moment, "a publish in a transaction");
      }
      alike(
        shown.filter((body) => !endings.has(body)),
        ["kept"],
        "what else the commit shows",
      );
    },
  },
  {
    id: "transactions/commit-abort",
    promise:
      "Committing with an aborted signal rejects with the signal's own reason, and shows nothing.",
    rule: 20,
    needs,
    catches: "commit-forgets-signal",
    async run(bench) {
      const tap = await bench.tap();
      const open = await begin(bench);
      await send(bench, open, ["1"]);
      const what = "committing with an aborted signal";
      const options = Object.freeze({ signal: aborted() });
      const call = bench.call(() => open.commit(options), what);
      failedBecause(await bench.endsAtOnce(call, what), reason, what);
      await tap.nothing("after a commit that was aborted before it began");
      await bench.get(open[Symbol.asyncDispose](), "leaving");
      await goesOn(bench, () => shownSoFar(bench, tap));
    },
  },
  {
    id: "transactions/commit-midway",
    promise:
      "A commit that is aborted under way resolves and shows all, or rejects with the reason and shows all or nothing.",
    rule: 20,
    needs,
    catches: "commit-abort-halves",
    async run(bench) {
      const tap = await bench.tap();
      const filled = async (): Promise<Transaction> => {
        const made = await begin(bench);
        await send(bench, made, ["1", "2", "3", "4"]);
        return made;
      };
      let open = await filled();
      await abortMidway(bench, {
        what: "committing",
        call: (signal) => open.commit({ signal }),
        see: async (ending) => {
          const shown = (await shownSoFar(bench, tap)).join();
          const lawful = ending.kind === "resolved"
            ? ["1,2,3,4"]
            : ["1,2,3,4", ""];
          holds(
            lawful.includes(shown),
            `what a commit that ${ending.kind} shows`,
            lawful,
            shown,
          );
          await bench.get(open[Symbol.asyncDispose](), "leaving");
          await tap.nothing("after it was left");
          open = await filled();
        },
      });
    },
  },
];
