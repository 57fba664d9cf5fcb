import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import { Deadlines } from "./deadlines.ts";

test("Deadlines.add() tells each when its time is over, and none that was taken out", async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const late: string[] = [];
  const add = (name: string, ms: number): () => void =>
    deadlines.add({ late: () => late.push(name) }, ms);

  add("a", 100);
  await clock.advance(40);
  const forget = add("b", 100);
  add("c", 100);
  add("short", 10);
  forget();
  forget();
  await clock.advance(59);
  assert.deepEqual(late, ["short"]);
  await clock.advance(1);
  assert.deepEqual(late, ["short", "a"]);
  await clock.advance(40);

  assert.deepEqual(late, ["short", "a", "c"]);
});

test("Deadlines.add() may be called when another one's time is over, and leaves no timer behind", async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const late: number[] = [];
  const again = (left: number): void => {
    deadlines.add({
      late: () => {
        late.push(clock.now());
        if (left > 0) again(left - 1);
      },
    }, 10);
  };

  const began = clock.now();
  again(2);
  await clock.advance(100);

  assert.deepEqual(late.map((at) => at - began), [10, 20, 30]);
});

test("Deadlines.add() tells in time also after all others were taken out", async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const late: string[] = [];
  deadlines.add({ late: () => late.push("gone") }, 100)();

  await clock.advance(50);
  deadlines.add({ late: () => late.push("here") }, 100);
  await clock.advance(99);
  assert.deepEqual(late, []);
  await clock.advance(1);

  assert.deepEqual(late, ["here"]);
});
