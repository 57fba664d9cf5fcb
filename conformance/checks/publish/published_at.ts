import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { comesBack } from "../../gates.ts";

// Two machines do not agree on the time; on a clock that is moved there is only one.
const skewMs = 60_000;

/** When a message was taken. */
export const checks: readonly Check[] = [
  {
    id: "publish/published-at",
    promise:
      "The time of a publish, where a delivery says it, is between the publish and its delivery.",
    rule: 13,
    catches: "published-in-seconds",
    async run(bench) {
      const tap = await bench.tap();
      await bench.pass(bench.settings.quietMs);
      const skew = bench.clock.advance === undefined ? skewMs : 0;
      const began = bench.clock.now();
      await bench.publish("1");
      const { publishedAt } = await tap.next();
      const ended = bench.clock.now();
      if (publishedAt === undefined) return;
      const at = publishedAt.getTime();
      holds(
        at >= began - skew && at <= ended + skew,
        "the time of a publish, in milliseconds",
        `${began} to ${ended}`,
        at,
      );
    },
  },
  {
    id: "publish/published-at-stays",
    promise: "The time of a publish is the same at each delivery.",
    rule: 13,
    needs: comesBack,
    catches: "published-when-delivered",
    async run(bench) {
      const ways = bench.ways(({ redelivery }) => redelivery !== "none");
      for (const way of ways) {
        const tap = await bench.tap({ way });
        await bench.publish("1");
        const first = await tap.next();
        await bench.pass(10);
        await bench.settle(first, { kind: "retry" });
        const second = await tap.next("the same once more");
        await bench.settle(second, { kind: "ack" });
        alike(
          second.publishedAt?.getTime(),
          first.publishedAt?.getTime(),
          "the time of a publish at its second delivery",
        );
        await tap.reader.cancel();
      }
    },
  },
];
