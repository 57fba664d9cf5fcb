import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "@ruststream/conformance/runner";
import { Ring } from "./_ring.ts";

type Step = { readonly push: number } | { readonly take: number };

test("Ring() does what a list does, whatever the steps", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ take: fc.integer({ min: 0, max: 40 }) }),
    ),
    { maxLength: 60 },
  );

  fc.assert(
    fc.property(steps, (steps: readonly Step[]) => {
      const ring = new Ring<number>();
      const list: number[] = [];
      let next = 0;
      for (const step of steps) {
        for (let i = 0; "push" in step && i < step.push; i++) {
          ring.push(next);
          list.push(next++);
        }
        const most = "take" in step ? step.take : 0;
        assert.deepEqual(ring.take(most), list.splice(0, most));
        assert.deepEqual(ring.list(), list);
        assert.equal(ring.size, list.length);
      }
    }),
    { numRuns: 100 },
  );
});

test("Ring.shift() gives undefined when there is nothing", () => {
  const ring = new Ring<string>();

  assert.equal(ring.shift(), undefined);
  assert.equal(ring.size, 0);
});

test("Ring.remove() keeps the order of the rest, around the end of the circle too", () => {
  const ring = new Ring<number>();
  for (let i = 0; i < 12; i++) ring.push(i);
  ring.take(10);
  for (let i = 12; i < 20; i++) ring.push(i);

  ring.remove(new Set([10, 15, 99]));

  assert.deepEqual(ring.list(), [11, 12, 13, 14, 16, 17, 18, 19]);
});

test("Ring.take() works again after a burst was given back", () => {
  const ring = new Ring<number>();
  for (let i = 0; i < 5000; i++) ring.push(i);
  ring.take(5000);

  ring.push(1);
  ring.push(2);

  assert.deepEqual(ring.take(5), [1, 2]);
});
