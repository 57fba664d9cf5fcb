import {
  batch,
  channel,
  flatMap,
  map,
  type Pipeline,
  pipeline,
  type PipelineIo,
  readable,
  sinkTo,
  withEach,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, numbers, type Order, orders } from "./_kit_test.ts";

type Source = Pipeline<Order>;
const ids = (s: Source, io: PipelineIo): Promise<void> =>
  s.pipeThrough(map(({ id }) => id)).pipeTo(io.sinkTo(numbers));

test("pipeline() refuses what cannot be a pipeline, at once", () => {
  const make = pipeline as unknown as (...given: unknown[]) => unknown;

  assert.throws(() => make("orders", {}, ids), TypeError);
  assert.throws(() => make(orders, {}, undefined), TypeError);
  assert.throws(() => make(orders, { concurrency: 1 }, ids), TypeError);
  assert.throws(() => make(orders, { maxInFlight: 0 }, ids), RangeError);
  assert.throws(() => make(orders, { graceMs: -1 }, ids), RangeError);
  assert.throws(() => make(orders, { group: "" }, ids), TypeError);
  assert.throws(() => make(orders, {}, () => {}), TypeError);
  assert.throws(() => make(orders, {}, async () => {}), TypeError);
  assert.throws(
    () =>
      make(
        orders,
        { maxInFlight: 2 },
        (s: Source, io: PipelineIo) =>
          s.pipeThrough(batch({ max: 3 })).pipeThrough(map(() => 1))
            .pipeTo(io.sinkTo(numbers)),
      ),
    RangeError,
  );
});

test("Stages, sinks and sources refuse what they cannot be made of", async () => {
  await using kit = await Kit.open();
  const wrong = (what: unknown) => what as never;

  assert.throws(() => map(wrong("f")), TypeError);
  assert.throws(() => map(() => 1, { timeoutMs: -1 }), RangeError);
  assert.throws(() => map(() => 1, wrong({ timeout: 1 })), TypeError);
  assert.throws(() => flatMap(() => [], { maxParts: 0 }), RangeError);
  assert.throws(() => batch({ max: 0 }), RangeError);
  assert.throws(() => batch({ max: 1, waitMs: -1 }), RangeError);
  assert.throws(() => withEach(wrong(new TransformStream())), TypeError);
  assert.throws(() => readable(kit.connection, wrong("orders")), TypeError);
  assert.throws(
    () => readable(kit.connection, orders, wrong({ concurrency: 1 })),
    TypeError,
  );
  assert.throws(() => sinkTo(kit.connection, wrong("orders")), TypeError);
  assert.throws(
    () => sinkTo(kit.connection, orders, { maxConfirms: 0 }),
    RangeError,
  );
  assert.throws(
    () =>
      sinkTo(kit.connection, channel<number>("to.x")) &&
      sinkTo(kit.connection, wrong({ address: "to.{x}" })),
    TypeError,
  );
});
