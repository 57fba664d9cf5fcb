import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { Alarm } from "./_alarm.ts";
import { Heap, type Slotted } from "./_heap.ts";
import { Ring } from "./_ring.ts";

interface Item extends Slotted {
  readonly rank: number;
}

// A row of numbers without pattern, the same each time.
function* numbers(count: number): Iterable<number> {
  let state = 12345;
  for (let n = 0; n < count; n++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    yield state;
  }
}

test("Ring gives what was pushed, in order, over growing and wrapping", () => {
  const ring = new Ring<number>();
  const model: number[] = [];
  const [got, expected]: (number | undefined)[][] = [[], []];
  let pushed = 0;

  for (const number of numbers(10_000)) {
    const many = number % 5;
    for (let n = 0; n < many; n++) {
      ring.push(++pushed);
      model.push(pushed);
    }
    got?.push(ring.first, ring.shift(), ring.length);
    expected?.push(model[0], model.shift(), model.length);
  }
  while (model.length > 0) {
    got?.push(ring.shift());
    expected?.push(model.shift());
  }

  assert.deepEqual(got, expected);
  assert.equal(ring.shift(), undefined);
  assert.equal(ring.length, 0);
});

test("Heap gives the least first, whatever was removed from its middle", () => {
  const heap = new Heap<Item>((one, other) => one.rank < other.rank);
  const items = [...numbers(2_000)].map((rank) => ({ rank, slot: -1 }));
  for (const item of items) heap.push(item);

  const removed = items.filter((_, index) => index % 3 === 0);
  for (const item of [...removed, ...removed]) heap.remove(item);
  const got = Array.from({ length: heap.length }, () => heap.shift()?.rank);

  const expected = items.filter((item) => !removed.includes(item))
    .map(({ rank }) => rank).sort((one, other) => one - other);
  assert.deepEqual(got, expected);
  assert.equal(heap.shift(), undefined);
  assert.ok(items.every(({ slot }) => slot === -1));
});

test("Alarm has one timer, for the earliest moment", async () => {
  const clock = new VirtualClock();
  const start = clock.now();
  const rung: number[] = [];
  const alarm = new Alarm(() => rung.push(clock.now() - start));

  for (const due of [30, 20, 40]) alarm.by(clock, start + due);
  const { pending } = clock;
  await clock.advance(100);
  alarm.by(clock, clock.now() + 10);
  alarm.clear();
  alarm.clear();

  assert.deepEqual([pending, clock.pending, rung], [1, 0, [20]]);
});
