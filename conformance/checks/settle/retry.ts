import { type Bench, text, type Way } from "../../bench.ts";
import { alike, failedWith, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { comesBack, every, some } from "../../gates.ts";
import type { Tap } from "../../tap.ts";

const delayMs = 400;

const returning = (bench: Bench): readonly Way[] =>
  bench.ways(({ redelivery }) => redelivery !== "none");

async function eachWay(
  bench: Bench,
  ways: readonly Way[],
  run: (tap: Tap, way: Way) => Promise<void>,
): Promise<void> {
  for (const way of ways) {
    const tap = await bench.tap({ way });
    await run(tap, way);
    await tap.reader.cancel();
  }
}

/** What a retry means. */
export const checks: readonly Check[] = [
  {
    id: "settle/retry-comes-back",
    promise: "Retry means that it comes back.",
    rule: 6,
    needs: comesBack,
    catches: "loses-retry",
    run: (bench) =>
      eachWay(bench, returning(bench), async (tap, way) => {
        await bench.publish("again");
        const first = await tap.next();
        await bench.settle(first, { kind: "retry" });
        const second = await tap.next(`a retried delivery, ${way.name}`);
        alike(text(second), "again", "the body that comes back");
        alike(second.id, first.id, "the id of a delivery that comes back");
        await bench.settle(second, { kind: "ack" });
        await tap.nothing("after the retried delivery was acked");
      }),
  },
  {
    id: "settle/retry-counts",
    promise:
      "Attempt is 1 for the first delivery, and one more after each retry.",
    rule: 6,
    needs: every(
      comesBack,
      some("attempts", ({ countsAttempts }) => countsAttempts),
    ),
    catches: "counts-nothing",
    run: (bench) =>
      eachWay(
        bench,
        returning(bench).filter((way) => way.guarantees.countsAttempts),
        async (tap) => {
          await bench.publish("again");
          for (const attempt of [1, 2, 3]) {
            const delivery = await tap.next();
            alike(delivery.attempt, attempt, "the attempt of a delivery");
            await bench.settle(delivery, {
              kind: attempt < 3 ? "retry" : "ack",
            });
          }
        },
      ),
  },
  {
    id: "settle/retry-not-sooner",
    promise: "With afterMs a retry comes back not sooner, and does come back.",
    rule: 6,
    needs: some("delayed retries", ({ delayedRetry }) => delayedRetry),
    catches: "ignores-delay",
    run: (bench) =>
      eachWay(
        bench,
        bench.ways(({ delayedRetry }) => delayedRetry),
        async (tap) => {
          await bench.publish("later");
          const delivery = await tap.next();
          const soonest = bench.clock.now() + delayMs * 0.75;
          await bench.settle(delivery, { kind: "retry", afterMs: delayMs });
          await tap.nothingBefore("before the time of a retry", soonest);
          const back = await tap.next("a retry after its time");
          alike(text(back), "later", "the body that comes back");
          await bench.settle(back, { kind: "ack" });
        },
      ),
  },
  {
    id: "settle/delayed-retry-comes-back",
    promise: "A retry with afterMs is not lost on its way.",
    rule: 6,
    needs: some("delayed retries", ({ delayedRetry }) => delayedRetry),
    catches: "loses-delayed-retry",
    run: (bench) =>
      eachWay(
        bench,
        bench.ways(({ delayedRetry }) => delayedRetry),
        async (tap) => {
          await bench.publishAll(["1", "2"]);
          const [one, two] = await tap.take(2);
          if (one === undefined || two === undefined) return;
          await bench.settle(one, { kind: "retry", afterMs: delayMs });
          await bench.settle(two, { kind: "ack" });
          const back = await tap.next("the delayed retry");
          alike(text(back), "1", "the body that comes back");
          await bench.settle(back, { kind: "ack" });
        },
      ),
  },
  {
    id: "settle/delay-unsupported",
    promise:
      "Where delayedRetry is false, a retry with afterMs rejects with unsupported, and never becomes an immediate one.",
    rule: 6,
    needs: some(
      "that it cannot delay a retry",
      ({ delayedRetry }) => !delayedRetry,
    ),
    catches: "delay-becomes-retry",
    run: (bench) =>
      eachWay(
        bench,
        bench.ways(({ delayedRetry }) => !delayedRetry),
        async (tap) => {
          await bench.publish("later");
          const delivery = await tap.next();
          const what = "a retry with afterMs where delayedRetry is false";
          failedWith(
            await bench.ends(
              bench.call(
                () => delivery.settle({ kind: "retry", afterMs: 10 }),
                what,
              ),
              what,
            ),
            what,
            "unsupported",
          );
          await tap.nothing("after a retry that was refused");
          await bench.settle(delivery, { kind: "ack" });
        },
      ),
  },
  {
    id: "settle/retry-unsupported",
    promise:
      "Where redelivery is none, every retry rejects with unsupported, and the claim is open again.",
    rule: 6,
    needs: some(
      "that nothing comes back",
      ({ redelivery }) => redelivery === "none",
    ),
    catches: "retry-resolves-unsupported",
    run: (bench) =>
      eachWay(
        bench,
        bench.ways(({ redelivery }) => redelivery === "none"),
        async (tap) => {
          await bench.publish("again");
          const delivery = await tap.next();
          const what = "a retry where redelivery is none";
          failedWith(
            await bench.ends(delivery.settle({ kind: "retry" }), what),
            what,
            "unsupported",
          );
          holds(
            (await bench.ends(delivery.settle({ kind: "ack" }), "an ack"))
              .kind === "resolved",
            "an ack after a refused retry",
          );
          await tap.nothing("after a retry that was refused");
        },
      ),
  },
];
