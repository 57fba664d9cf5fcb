import type { Batches, Delivery } from "@ruststream/core/contract";
import { type Bench, numbers, texts, type Way } from "../../bench.ts";
import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can, comesBack, every, some } from "../../gates.ts";

type BatchReader = ReadableStreamDefaultReader<readonly Delivery[]>;

async function open(
  bench: Bench,
  max: number,
  way?: Way,
): Promise<BatchReader> {
  const { subscription } = await bench.tap(way && { way });
  const { batches } = subscription as unknown as Batches;
  return batches.call(subscription, max).getReader();
}

async function next(
  bench: Bench,
  reader: BatchReader,
): Promise<readonly Delivery[]> {
  const { value = [] } = await bench.get(reader.read(), "the next batch");
  return value;
}

/** Several deliveries a chunk. */
export const checks: readonly Check[] = [
  ...([
    ["never-more", "never more than max", "reads-too-many", 0, 3],
    ["never-none", "never none", "empty-batches", 1, 10],
  ] as const).map(([id, what, catches, least, most]): Check => ({
    id: `batches/${id}`,
    promise: `Batches hold 1 to max deliveries: ${what}.`,
    rule: 15,
    needs: can("batches"),
    catches,
    async run(bench) {
      for (const way of bench.ways()) {
        const reader = await open(bench, 3, way);
        await bench.publishAll(numbers(10));
        let count = 0;
        while (count < 10) {
          const batch = await next(bench, reader);
          holds(
            batch.length >= least && batch.length <= most,
            "the length of a batch of at most 3",
            `${least} to ${most}`,
            batch.length,
          );
          count += batch.length;
          for (const one of batch) await bench.settle(one, { kind: "ack" });
        }
        alike(count, 10, "deliveries in all batches");
        await reader.cancel();
      }
    },
  })),
  {
    id: "batches/in-order",
    promise: "Batches hold deliveries in order.",
    rule: 15,
    needs: every(
      can("batches"),
      some("an order", ({ ordering }) => ordering !== "none"),
    ),
    catches: "reverses-batches",
    async run(bench) {
      const reader = await open(bench, 4);
      await bench.publishAll(numbers(10));
      const all: Delivery[] = [];
      while (all.length < 10) all.push(...await next(bench, reader));
      alike(texts(all), numbers(10), "the order in batches");
    },
  },
  {
    id: "batches/never-waiting",
    promise: "A batch never waits for more than what is there.",
    rule: 15,
    needs: can("batches"),
    catches: "waits-for-full-batches",
    async run(bench) {
      const reader = await open(bench, 10);
      await bench.publish("1");
      const ending = await bench.endsAtOnce(
        reader.read(),
        "a batch where one is there",
      );
      holds(
        ending.kind === "resolved",
        "a batch where one is there",
        "that it comes",
      );
      const reading = reader.read();
      await bench.publish("2");
      const { value = [] } = await bench.get(
        reading,
        "a batch that was waited for",
      );
      alike(texts(value), ["2"], "a batch that was waited for");
    },
  },
  {
    id: "batches/max-is-checked",
    promise: "A max that is not a whole number of at least 1 is a RangeError.",
    rule: 15,
    needs: can("batches"),
    catches: "takes-any-max",
    async run(bench) {
      const { subscription } = await bench.tap();
      const { batches } = subscription as unknown as Batches;
      for (const max of [0, -1, 1.5, NaN]) {
        let thrown: unknown;
        try {
          batches.call(subscription, max);
        } catch (error) {
          thrown = error;
        }
        holds(
          thrown instanceof RangeError,
          `batches(${max})`,
          "a RangeError",
          thrown,
        );
      }
    },
  },
  {
    id: "batches/each-settles-by-itself",
    promise:
      "Each delivery of a batch settles by itself: only the one that is retried comes back.",
    rule: 15,
    needs: every(can("batches"), comesBack),
    catches: "batch-settles-together",
    async run(bench) {
      const [way] = bench.ways(({ redelivery }) => redelivery !== "none");
      const reader = await open(bench, 3, way);
      await bench.publishAll(numbers(3));
      const all: Delivery[] = [];
      while (all.length < 3) all.push(...await next(bench, reader));
      for (const [index, one] of all.entries()) {
        await bench.settle(one, { kind: index === 1 ? "retry" : "ack" });
      }
      alike(
        texts(await next(bench, reader)),
        ["2"],
        "what comes back of a batch",
      );
    },
  },
];
