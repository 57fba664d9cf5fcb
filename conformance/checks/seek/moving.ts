import { numbers, texts } from "../../bench.ts";
import { alike, failedWith } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can, every, given } from "../../gates.ts";
import { abortMidway } from "../../midway.ts";
import { open, third } from "./seek.ts";

const needs = can("seek");
const fromThird: readonly string[] = ["3", "4", "5"];

/** Where a subscription is moved to, and when. */
export const checks: readonly Check[] = [
  {
    id: "seek/forward",
    promise: "A position ahead skips what lies before it.",
    rule: 18,
    needs,
    catches: "seeks-back-only",
    async run(bench) {
      const { log, tap } = await open(bench);
      await bench.publishAll(numbers(5));
      const positions = (await tap.take(5)).map((one) =>
        bench.settings.log?.position(one)
      );
      await bench.get(log.seek(positions[0]), "seeking back");
      alike(texts(await tap.take(1)), ["1"], "what comes after a seek back");
      await bench.get(log.seek(positions[3]), "seeking forward");
      alike(
        texts(await tap.rest(2)),
        ["4", "5"],
        "what comes after a seek forward",
      );
    },
  },
  {
    id: "seek/before-reading",
    promise:
      "A subscription that seeks before its first delivery begins there.",
    rule: 18,
    needs,
    catches: "seek-needs-a-read",
    async run(bench) {
      const { position } = await third(bench);
      const { log, tap } = await open(bench);
      await bench.get(log.seek(position), "seeking");
      alike(texts(await tap.take(3)), fromThird, "what comes first");
    },
  },
  {
    id: "seek/twice",
    promise:
      "Seeking the same position again is a seek: once after another as one, and later anew.",
    rule: 18,
    needs,
    catches: "seek-remembers",
    async run(bench) {
      const { log, tap, position } = await third(bench);
      await bench.get(log.seek(position), "seeking");
      await bench.get(log.seek(position), "seeking again");
      alike(texts(await tap.rest(3)), fromThird, "what comes after two seeks");
      await bench.get(log.seek(position), "seeking once more");
      alike(texts(await tap.rest(3)), fromThird, "what comes after a third");
    },
  },
  {
    id: "seek/abort-midway",
    promise:
      "A seek that is aborted under way rejects with the reason or is done; it never hangs, and the next one is obeyed.",
    rule: 20,
    needs,
    catches: "seek-abort-hangs",
    async run(bench) {
      const { log, tap, position } = await third(bench);
      await abortMidway(bench, {
        what: "seeking",
        call: (signal) => log.seek(position, { signal }),
        see: async () => {
          await tap.rest();
          await bench.get(log.seek(position), "seeking after an abort");
          alike(texts(await tap.rest(3)), fromThird, "what comes after it");
        },
      });
    },
  },
  {
    id: "seek/abort-after",
    promise:
      "Once a seek has resolved, an abort of its signal changes nothing.",
    rule: 20,
    needs,
    catches: "seek-signal-ends-it",
    async run(bench) {
      const { log, tap, position } = await third(bench);
      const stop = new AbortController();
      const { signal } = stop;
      await bench.get(log.seek(position, { signal }), "seeking");
      stop.abort(new TypeError("Cannot wait any longer"));
      alike(texts(await tap.take(3)), fromThird, "what comes after an abort");
      await bench.publish("6");
      alike(texts(await tap.take(1)), ["6"], "what is published after it");
    },
  },
  {
    id: "seek/while-reading",
    promise: "A read that waits at a seek gets what is at the position.",
    rule: 18,
    needs,
    catches: "seek-forgets-reader",
    async run(bench) {
      const { log, tap, position } = await third(bench);
      await tap.nothing("at the end of a log");
      await bench.get(log.seek(position), "seeking while a read waits");
      alike(texts(await tap.take(3)), fromThird, "what a read that waits gets");
    },
  },
  {
    id: "seek/after-cancel",
    promise:
      "Seeking in a subscription that was cancelled or disposed rejects with closed.",
    rule: 18,
    needs,
    catches: "seek-outlives-cancel",
    async run(bench) {
      const one = await third(bench);
      await bench.get(one.tap.reader.cancel(), "cancelling");
      const other = await open(bench);
      await bench.get(other.log[Symbol.asyncDispose](), "disposing");
      for (const { log } of [one, other]) {
        const what = "seeking in a subscription that has ended";
        const call = bench.call(() => log.seek(one.position), what);
        failedWith(await bench.ends(call, what), what, "closed");
      }
    },
  },
  {
    id: "seek/gone",
    promise:
      "The position of a message that the log holds no longer is refused, and the subscription does not move.",
    rule: 18,
    needs: every(needs, given("forget")),
    catches: "seeks-to-what-is-left",
    async run(bench) {
      const { log, tap, position } = await third(bench);
      const connection = await bench.connection();
      await bench.settings.log?.forget?.(connection, bench.address);
      await tap.rest();
      const what = "seeking a message that is gone";
      const call = bench.call(() => log.seek(position), what);
      failedWith(await bench.ends(call, what), what, "refused");
      await tap.nothing("after a seek that was refused");
      await bench.publish("6");
      alike(texts(await tap.take(1)), ["6"], "what comes next");
    },
  },
];
