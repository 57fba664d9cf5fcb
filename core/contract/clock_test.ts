import assert from "node:assert/strict";
import { sleepOn, systemClock } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

/** A clock that calls back by hand. */
class HandClock {
  readonly armed: { readonly ms: number; readonly run: () => void }[] = [];
  cancelled = 0;

  after(ms: number, run: () => void): () => void {
    this.armed.push({ ms, run });
    return () => void this.cancelled++;
  }
}

/** Counts the listeners that a signal has. */
function watched(signal: AbortSignal): () => number {
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  let count = 0;
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    count--;
    remove(...args);
  };
  return () => count;
}

test("sleepOn() resolves when the clock calls back, and lets go of the signal", async () => {
  const clock = new HandClock();
  const { signal } = new AbortController();
  const listeners = watched(signal);
  const slept = sleepOn(clock, 250, signal);
  const during = listeners();

  clock.armed[0]?.run();
  await slept;

  assert.deepEqual(clock.armed.map(({ ms }) => ms), [250]);
  assert.deepEqual([during, listeners()], [1, 0]);
});

test("sleepOn() rejects with the signal's reason, and cancels the timer", async () => {
  const clock = new HandClock();
  const stop = new AbortController();
  const slept = sleepOn(clock, 250, stop.signal);
  const reason = { why: "enough" };

  stop.abort(reason);

  assert.deepEqual(await Promise.allSettled([slept]), [
    { status: "rejected", reason },
  ]);
  assert.equal(clock.cancelled, 1);
});

test("sleepOn() arms nothing when the signal is aborted already", async () => {
  const clock = new HandClock();
  const reason = new Error("enough");

  await assert.rejects(sleepOn(clock, 250, AbortSignal.abort(reason)), reason);

  assert.equal(clock.armed.length, 0);
});

test("sleepOn() needs no signal", async () => {
  const clock = new HandClock();
  const slept = sleepOn(clock, 250);

  clock.armed[0]?.run();

  assert.equal(await slept, undefined);
});

test("systemClock.after() runs a function later, never at once", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let ran = false;
  systemClock.after(0, () => {
    ran = true;
    resolve();
  });
  const before = ran;

  await promise;

  assert.deepEqual([before, ran], [false, true]);
});

test("systemClock.after() runs at once what is late", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();

  systemClock.after(-1000, () => resolve("ran"));

  assert.equal(await promise, "ran");
});

test("systemClock.after() is cancelled by what it returns, twice and late too", async () => {
  const ran: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = systemClock.after(0, () => ran.push("cancelled"));
  const late = systemClock.after(1, resolve);

  cancel();
  cancel();
  await promise;
  late();

  assert.deepEqual(ran, []);
});

test("systemClock.after() waits for longer than a timer can hold", async () => {
  const ran: string[] = [];

  const cancel = systemClock.after(2 ** 31, () => ran.push("too soon"));
  await systemClock.sleep(5);
  cancel();

  assert.deepEqual(ran, []);
});

test("systemClock.sleep() leaves no timer behind when aborted", async () => {
  const stop = new AbortController();
  const slept = systemClock.sleep(60_000, stop.signal);
  const reason = new Error("enough");

  stop.abort(reason);

  await assert.rejects(slept, reason);
});

test("systemClock.turn() lets promises run first, and takes no time", async () => {
  const ran: string[] = [];
  queueMicrotask(() => ran.push("microtask"));
  const before = systemClock.mono();

  await systemClock.turn();

  assert.deepEqual(ran, ["microtask"]);
  assert.ok(systemClock.mono() >= before);
});

test("systemClock.now() is in milliseconds since the epoch", () => {
  assert.ok(systemClock.now() > Date.UTC(2025, 0));
  assert.ok(systemClock.now() < Date.UTC(2200, 0));
});

test("systemClock.random() is from 0 up to but without 1", () => {
  const row = Array.from({ length: 100 }, () => systemClock.random());

  assert.ok(row.every((n) => n >= 0 && n < 1));
  assert.ok(new Set(row).size > 90);
});
