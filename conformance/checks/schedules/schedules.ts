import type { Schedules } from "@ruststream/core/contract";
import { type Bench, text } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";

async function schedule(
  bench: Bench,
  body: string,
  afterMs: number,
): Promise<void> {
  const connection = await bench.connection();
  const publisher = await bench.publisher(connection) as unknown as Partial<
    Schedules
  >;
  const owner = publisher.schedule === undefined ? connection : publisher;
  const at = Object.freeze(new Date(bench.clock.now() + afterMs));
  await bench.get(
    (owner as unknown as Schedules).schedule(bench.message(body), at),
    "scheduling",
  );
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
      await schedule(bench, "later", 400);
      await bench.publish("now");
      alike(text(await tap.next()), "now", "what comes first");
      await tap.nothing("before the time of a scheduled message", 300);
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
];
