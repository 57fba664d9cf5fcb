import type { Schedules } from "@ruststream/core/contract";
import { type Bench, text, texts } from "../../bench.ts";
import { alike, failedBecause } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";
import { abortMidway, cameOnce } from "../../midway.ts";
import { ownerOf } from "../../owner_of.ts";

async function schedule(
  bench: Bench,
  body: string,
  afterMs: number,
): Promise<void> {
  const owner = await ownerOf<Schedules>(bench, "schedule");
  const at = Object.freeze(new Date(bench.clock.now() + afterMs));
  await bench.get(owner.schedule(bench.message(body), at), "scheduling");
}

/** A message for later. */
export const checks: readonly Check[] = [
  {
    id: "schedules/not-sooner",
    promise: "A scheduled message arrives at its time, not sooner, and once.",
    rule: 14,
    needs: can("schedules"),
    catches: "schedules-at-once",
    async run(bench) {
      const tap = await bench.tap();
      const soonest = bench.clock.now() + 300;
      await schedule(bench, "later", 400);
      await bench.publish("now");
      alike(text(await tap.next()), "now", "what comes first");
      await tap.nothingBefore(
        "before the time of a scheduled message",
        soonest,
      );
      alike(text(await tap.next()), "later", "what comes at its time");
      await tap.nothing("after a scheduled message", 1_000);
    },
  },
  {
    id: "schedules/past",
    promise: "A message scheduled for a time that has passed arrives at once.",
    rule: 14,
    needs: can("schedules"),
    catches: "loses-past-schedules",
    async run(bench) {
      const tap = await bench.tap();
      await schedule(bench, "late", -1_000);
      alike(text(await tap.next()), "late", "a message scheduled for the past");
    },
  },
  {
    id: "schedules/abort",
    promise:
      "Scheduling with an aborted signal rejects with the signal's own reason, and nothing arrives.",
    rule: 20,
    needs: can("schedules"),
    catches: "schedule-forgets-signal",
    async run(bench) {
      const tap = await bench.tap();
      const owner = await ownerOf<Schedules>(bench, "schedule");
      const reason = new TypeError("Cannot wait any longer");
      const options = Object.freeze({ signal: AbortSignal.abort(reason) });
      for (const afterMs of [200, -200]) {
        const what = "scheduling with an aborted signal";
        const at = new Date(bench.clock.now() + afterMs);
        const call = bench.call(
          () => owner.schedule(bench.message("aborted"), at, options),
          what,
        );
        failedBecause(await bench.endsAtOnce(call, what), reason, what);
      }
      await tap.nothing("of what was aborted before it began", 600);
      await schedule(bench, "after", 100);
      alike(text(await tap.next()), "after", "what is scheduled after it");
    },
  },
  {
    id: "schedules/abort-midway",
    promise:
      "Scheduling that is aborted under way rejects with the reason, or is done: a later abort takes nothing back.",
    rule: 20,
    needs: can("schedules"),
    catches: "schedule-abort-takes-back",
    async run(bench) {
      const tap = await bench.tap();
      const owner = await ownerOf<Schedules>(bench, "schedule");
      await abortMidway(bench, {
        what: "scheduling",
        call: (signal, moment) =>
          owner.schedule(
            bench.message(moment),
            new Date(bench.clock.now() + 300),
            { signal },
          ),
        see: async (ending, moment) => {
          await bench.pass(400);
          const came = texts(
            await tap.rest(ending.kind === "resolved" ? 1 : 0),
          );
          cameOnce(ending, came, moment, "a scheduled message");
        },
      });
    },
  },
];
