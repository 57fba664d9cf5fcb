import type { Pausable } from "@ruststream/core/contract";
import { text, texts } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";

/** Intake that stops and starts. */
export const checks: readonly Check[] = [
  {
    id: "pause/stops-intake",
    promise:
      "A paused subscription takes nothing, and goes on where it was; calling either twice is the same as once.",
    rule: 4,
    needs: can("pause"),
    catches: "pause-does-nothing",
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        const pausable = tap.subscription as unknown as Pausable;
        await bench.publish("1");
        const held = await tap.next();
        pausable.pause();
        pausable.pause();
        await bench.publish("2");
        await tap.nothing("while paused");
        await bench.settle(held, { kind: "ack" });
        pausable.resume();
        pausable.resume();
        const next = await tap.next("what came while it was paused");
        alike(text(next), "2", "what comes after a pause");
        await bench.settle(next, { kind: "ack" });
        await tap.reader.cancel();
      }
    },
  },
  {
    id: "pause/ends",
    promise:
      "A paused subscription can be drained and cancelled, and its read that waits ends.",
    rule: 4,
    needs: can("pause"),
    catches: "hangs-when-paused",
    async run(bench) {
      for (const way of bench.ways()) {
        const tap = await bench.tap({ way });
        (tap.subscription as unknown as Pausable).pause();
        const reading = tap.ask();
        await bench.get(tap.reader.cancel(), "cancelling while paused");
        const { done } = await bench.get(
          reading,
          "a read that waits while paused",
        );
        alike(done, true, "whether a read that waits while paused ends");
        const drained = await bench.tap({ way });
        (drained.subscription as unknown as Pausable).pause();
        await bench.get(drained.subscription.drain(), "draining while paused");
        alike(texts(await drained.rest()), [], "what a drained one gives");
      }
    },
  },
];
