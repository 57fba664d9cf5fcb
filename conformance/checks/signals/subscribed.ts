import { texts } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { keeps } from "../../gates.ts";

/** What an abort of a subscription's signal does to what it has, and to its drain. */
export const checks: readonly Check[] = [
  {
    id: "signals/abort-hands-back",
    promise:
      "An abort of a subscription's signal hands back what was never handed out, as a cancel does.",
    rule: 20,
    needs: keeps,
    catches: "abort-keeps-unread",
    async run(bench) {
      const way = bench.group();
      const stop = new AbortController();
      const tap = await bench.tap({ way, signal: stop.signal });
      const other = await bench.tap({ way });
      await bench.publishAll(["1", "2", "3"]);
      await tap.next();
      await bench.turns();
      stop.abort(new TypeError("Cannot wait any longer"));
      alike(
        texts(await other.rest(2)).toSorted(),
        ["2", "3"],
        "what the other member gets after an abort",
      );
    },
  },
  {
    id: "signals/abort-in-a-drain",
    promise:
      "An abort of a subscription's signal cuts its drain short, as a cancel does: the stream closes, and a group gets the rest back.",
    rule: 20,
    catches: "drain-forgets-signal",
    async run(bench) {
      for (const way of bench.ways()) {
        const stop = new AbortController();
        const tap = await bench.tap({ way, signal: stop.signal });
        await bench.publishAll(["1", "2", "3"]);
        const first = await tap.next();
        const draining = tap.subscription.drain();
        stop.abort(new TypeError("Cannot wait any longer"));
        await bench.get(draining, "a drain whose subscription is aborted");
        await tap.closes("the stream of a drain that is cut short");
        await bench.settle(first, { kind: "ack" });
        const other = await bench.tap({ way });
        const kept = way.guarantees.redelivery === "until-settled";
        alike(
          texts(await other.rest(kept ? 2 : 0)),
          kept ? ["2", "3"] : [],
          `what comes to the next reader, ${way.name}`,
        );
      }
    },
  },
];
