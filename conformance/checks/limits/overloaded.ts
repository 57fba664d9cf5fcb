import { type Bench, numbers, texts } from "../../bench.ts";
import { alike, type Ending, failedWith } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can, every, given } from "../../gates.ts";
import { abortMidway } from "../../midway.ts";
import type { Tap } from "../../tap.ts";
import { begin, send } from "../transactions/transactions.ts";

/** A subscription that nobody reads, with as many messages as may wait for it. */
async function full(
  bench: Bench,
): Promise<{ readonly tap: Tap; readonly bodies: readonly string[] }> {
  const bodies = numbers(bench.settings.maxWaiting ?? 0);
  const tap = await bench.tap();
  await bench.publishAll(bodies);
  return { tap, bodies };
}

/** Publishes what there is no room for, and sees it refused. */
async function refused(bench: Bench): Promise<void> {
  const publisher = await bench.publisher();
  const what = "a publish that there is no room for";
  const call = bench.call(() => publisher.publish(bench.message("more")), what);
  failedWith(await bench.ends(call, what), what, "overloaded");
}

const needs = given("maxWaiting");

/** Where a broker bounds what waits. */
export const checks: readonly Check[] = [
  {
    id: "limits/overloaded",
    promise:
      "Where what waits is bounded, one message more is refused with overloaded and never arrives; the others do, and there is room again.",
    rule: 13,
    needs,
    catches: "drops-when-full",
    async run(bench) {
      const { tap, bodies } = await full(bench);
      await refused(bench);
      alike(texts(await tap.rest(bodies.length)), bodies, "what arrives");
      await bench.publish("after");
      alike(texts(await tap.take(1)), ["after"], "what arrives when read");
    },
  },
  {
    id: "limits/all-or-none",
    promise:
      "A publish that one subscription has no room for is refused for all: none gets it.",
    rule: 13,
    needs,
    catches: "half-when-full",
    async run(bench) {
      const { bodies } = await full(bench);
      const roomy = await bench.tap();
      await refused(bench);
      alike(
        texts(await roomy.rest()),
        [],
        `what comes where there is room, beside ${bodies.length} elsewhere`,
      );
    },
  },
  {
    id: "limits/room-again",
    promise:
      "A publish that waits for room goes in when there is some; it never waits for ever.",
    rule: 13,
    needs,
    catches: "parked-for-ever",
    async run(bench) {
      const { tap, bodies } = await full(bench);
      const publisher = await bench.publisher();
      const what = "a publish that waits for room";
      const waiting = Promise.resolve(
        bench.call(() => publisher.publish(bench.message("more")), what),
      );
      waiting.catch(() => {});
      await bench.turns();
      const first = await tap.take(bodies.length);
      alike(texts(first), bodies, "what arrives first");
      const ending: Ending<unknown> = await bench.ends(waiting, what);
      if (ending.kind === "rejected") failedWith(ending, what, "overloaded");
      const came = ending.kind === "resolved" ? ["more"] : [];
      alike(
        texts(await tap.rest(came.length)),
        came,
        `what comes of it: ${ending.kind}`,
      );
    },
  },
  {
    id: "limits/parked-abort",
    promise:
      "A publish that waits for room obeys its signal, and rejects at once with the signal's own reason.",
    rule: 20,
    needs,
    catches: "parked-forgets-signal",
    async run(bench) {
      const { tap, bodies } = await full(bench);
      const publisher = await bench.publisher();
      await abortMidway(bench, {
        what: "a publish that waits for room",
        call: (signal) => publisher.publish(bench.message("more"), { signal }),
        see: () => {},
        codes: ["overloaded"],
      });
      const came = texts(await tap.rest(bodies.length));
      alike(
        came.filter((body) => body !== "more"),
        bodies,
        "what arrives beside it",
      );
      await bench.publish("after");
      alike(texts(await tap.take(1)), ["after"], "what arrives after it");
    },
  },
  {
    id: "limits/commit",
    promise:
      "A commit that there is no room for rejects with overloaded, and nothing of it arrives, later either.",
    rule: 17,
    needs: every(needs, can("transactions")),
    catches: "commit-comes-later",
    async run(bench) {
      const { tap, bodies } = await full(bench);
      const open = await begin(bench);
      await send(bench, open, ["a", "b"]);
      const what = "a commit that there is no room for";
      const call = bench.call(() => open.commit(), what);
      failedWith(await bench.ends(call, what), what, "overloaded");
      await bench.get(open[Symbol.asyncDispose](), "leaving");
      alike(texts(await tap.rest(bodies.length)), bodies, "what arrives");
    },
  },
];
