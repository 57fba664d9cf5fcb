import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { CountedClock } from "./counted_clock.ts";

test("CountedClock.waiting counts a timer until it has run", async () => {
  const clock = new CountedClock(new VirtualClock());
  const counts: number[] = [];

  clock.after(10, () => counts.push(clock.waiting));
  clock.after(20, () => counts.push(clock.waiting));
  counts.push(clock.waiting);
  await clock.advance?.(20);

  assert.deepEqual(counts, [2, 1, 0]);
});

test("CountedClock.waiting counts a timer until it is cancelled, and a second cancel changes nothing", () => {
  const clock = new CountedClock(new VirtualClock());
  const one = clock.after(10, () => {});
  clock.after(10, () => {});

  one();
  one();

  assert.equal(clock.waiting, 1);
});

test("CountedClock.sleep() is a timer, and leaves none when aborted", async () => {
  const clock = new CountedClock(new VirtualClock());
  const stop = new AbortController();
  const reason = new Error("enough");

  const slept = clock.sleep(10, stop.signal);
  const before = clock.waiting;
  stop.abort(reason);

  await assert.rejects(slept, reason);
  assert.deepEqual([before, clock.waiting], [1, 0]);
});

test("CountedClock has no advance() where time runs by itself", () => {
  assert.equal(new CountedClock(systemClock).advance, undefined);
});
