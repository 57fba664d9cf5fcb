import assert from "node:assert/strict";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { Ahead } from "./_ahead.ts";

test("a reader that begins, or is slow, holds nothing that it did not ask for", async () => {
  const clock = new VirtualClock();
  const ahead = new Ahead(undefined, clock);
  assert.equal(ahead.next(0), 0);
  await clock.advance(10_000);
  assert.equal(ahead.next(64), 0);
});

test("a quick reader is brought what it takes in 20 ms, up to 500", async () => {
  const clock = new VirtualClock();
  const ahead = new Ahead(undefined, clock);
  await clock.advance(10);
  assert.equal(ahead.next(64), 128);
  await clock.advance(1);
  assert.equal(ahead.next(128), 500);
});

test("a number that was set is kept to, and a count that began anew is no harm", async () => {
  const clock = new VirtualClock();
  assert.equal(new Ahead(7, clock).next(1_000), 7);
  const ahead = new Ahead(undefined, clock);
  await clock.advance(1);
  ahead.next(100);
  await clock.advance(1);
  assert.equal(ahead.next(3), 0);
});
