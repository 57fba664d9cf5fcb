import assert from "node:assert/strict";
import { untilAborted } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import { counted, idle } from "./_kit_test.ts";

test("untilAborted() gives what the work gives, and leaves no listener", async () => {
  const { stop, listeners } = counted();

  const value = await untilAborted(() => Promise.resolve(7), stop.signal);

  assert.equal(value, 7);
  assert.equal(listeners(), 0);
});

test("untilAborted() waits without a signal", async () => {
  assert.equal(await untilAborted(() => Promise.resolve(7)), 7);
});

for (const how of ["throws", "rejects"] as const) {
  test(`untilAborted() rejects with what the work ${how}, and leaves no listener`, async () => {
    const { stop, listeners } = counted();
    const cause = new Error("no answer");

    const waiting = untilAborted(() => {
      if (how === "rejects") return Promise.reject(cause);
      throw cause;
    }, stop.signal);

    await assert.rejects(waiting, cause);
    assert.equal(listeners(), 0);
  });
}

test("untilAborted() begins nothing where the signal is aborted already", async () => {
  const reason = new Error("enough");
  let begun = 0;

  const waiting = untilAborted(() => {
    begun++;
    return Promise.resolve();
  }, AbortSignal.abort(reason));

  await assert.rejects(waiting, reason);
  assert.equal(begun, 0);
});

test("untilAborted() rejects with the signal's own reason while the work goes on", async () => {
  const { stop, listeners } = counted();
  const work = Promise.withResolvers<number>();
  const waiting = untilAborted(() => work.promise, stop.signal);

  stop.abort("enough");

  assert.equal(await waiting.catch((reason) => reason), "enough");
  assert.equal(listeners(), 0);
  // Would be an unhandled rejection, which fails the run.
  work.reject(new Error("late"));
  await idle();
});

test("untilAborted() is given up by work that aborts its own signal", async () => {
  const { stop } = counted();

  const waiting = untilAborted(() => {
    stop.abort("enough");
    return new Promise(() => {});
  }, stop.signal);

  assert.equal(await waiting.catch((reason) => reason), "enough");
});
