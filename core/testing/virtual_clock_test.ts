import assert from "node:assert/strict";
import { systemClock } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";

test("VirtualClock.now() stands still until it is advanced", async () => {
  const clock = new VirtualClock({ startMs: 1000 });
  const before = clock.now();

  await clock.advance(250);

  assert.equal(before, 1000);
  assert.equal(clock.now(), 1250);
});

test("VirtualClock.now() begins at 0 by default", () => {
  assert.equal(new VirtualClock().now(), 0);
});

test("VirtualClock.advance() runs timers by time, then by arming, each at its own time", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  clock.after(20, note("c"));
  clock.after(10, note("a"));
  clock.after(10, note("b"));
  clock.after(21, note("late"));

  await clock.advance(20);

  assert.deepEqual(ran, ["a@10", "b@10", "c@20"]);
  assert.equal(clock.pending, 1);
});

test("VirtualClock.advance() runs timers that were armed on the way, if they are due", async () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  const again = (): void => {
    ran.push(clock.now());
    clock.after(30, again);
  };
  clock.after(30, again);

  await clock.advance(100);

  assert.deepEqual(ran, [30, 60, 90]);
  assert.equal(clock.nextAt, 120);
});

test("VirtualClock.advance() lets chains of promises run before time goes on", async () => {
  const clock = new VirtualClock();
  const woke: number[] = [];
  const loop = (async () => {
    for (let i = 0; i < 3; i++) {
      await clock.sleep(10);
      await systemClock.turn();
      woke.push(clock.now());
    }
  })();

  await clock.advance(30);
  await loop;

  assert.deepEqual(woke, [10, 20, 30]);
});

test("VirtualClock.advance() waits for what is about to sleep", async () => {
  const clock = new VirtualClock();
  const slept = Promise.resolve().then(() => clock.sleep(10));

  await clock.advance(10);
  await slept;

  assert.equal(clock.pending, 0);
});

test("VirtualClock.advance() rethrows what a timer throws after the others have run", async () => {
  const clock = new VirtualClock();
  const cause = new Error("broken");
  let ran = 0;
  clock.after(1, () => {
    throw cause;
  });
  clock.after(2, () => ran++);

  await assert.rejects(clock.advance(5), cause);

  assert.equal(ran, 1);
  assert.equal(clock.now(), 5);
});

test("VirtualClock.advance() rethrows several errors as one", async () => {
  const clock = new VirtualClock();
  const causes = [new Error("one"), new Error("two")];
  for (const cause of causes) {
    clock.after(1, () => {
      throw cause;
    });
  }

  const error = await clock.advance(1).catch((error) => error);

  assert.ok(error instanceof AggregateError);
  assert.deepEqual(error.errors, causes);
});

test("VirtualClock.advance() called twice moves one after the other", async () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  for (const ms of [5, 10, 15]) clock.after(ms, () => ran.push(clock.now()));

  const first = clock.advance(10);
  const second = clock.advance(10);
  await first;
  const between = [clock.now(), ...ran];
  await second;

  assert.deepEqual(between, [10, 5, 10]);
  assert.deepEqual([clock.now(), ...ran], [20, 5, 10, 15]);
});

test("VirtualClock.advance() goes on after one that failed", async () => {
  const clock = new VirtualClock();
  await assert.rejects(clock.advance(-1), RangeError);

  await clock.advance(5);

  assert.equal(clock.now(), 5);
});

for (const ms of [-1, NaN, Infinity]) {
  test(`VirtualClock.advance() refuses ${ms}`, async () => {
    const clock = new VirtualClock();

    await assert.rejects(clock.advance(ms), {
      name: "RangeError",
      message: new RegExp(`found ${ms}$`),
    });
    assert.equal(clock.now(), 0);
  });
}

test("VirtualClock.after() is cancelled by what it returns, twice and late too", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const cancel = clock.after(10, () => ran.push("cancelled"));
  const late = clock.after(10, () => ran.push("ran"));

  cancel();
  cancel();
  await clock.advance(10);
  late();

  assert.deepEqual(ran, ["ran"]);
  assert.equal(clock.pending, 0);
});

test("VirtualClock.after() may cancel another timer that is due", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.after(10, () => cancel());
  const cancel = clock.after(10, () => ran.push("cancelled"));

  await clock.advance(10);

  assert.deepEqual(ran, []);
});

test("VirtualClock.after() takes no time for what is not above 0, and never runs at once", async () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  for (const ms of [0, -5, NaN]) clock.after(ms, () => ran.push(clock.now()));
  const before = ran.length;

  await clock.advance(0);

  assert.equal(before, 0);
  assert.deepEqual(ran, [0, 0, 0]);
});

test("VirtualClock.sleep() rejects with the signal's reason, and leaves no timer behind", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const slept = clock.sleep(10, stop.signal).catch((reason) => reason);
  const before = clock.pending;

  stop.abort("enough");

  assert.equal(await slept, "enough");
  assert.deepEqual([before, clock.pending], [1, 0]);
});

test("VirtualClock.nextAt is the time of the next timer, or undefined", () => {
  const clock = new VirtualClock({ startMs: 100 });
  const before = clock.nextAt;
  clock.after(50, () => {});
  clock.after(20, () => {});

  assert.equal(before, undefined);
  assert.equal(clock.nextAt, 120);
});

test("VirtualClock.mono() is real and runs forward", async () => {
  const clock = new VirtualClock();
  const before = clock.mono();

  await clock.turn();

  assert.ok(clock.mono() >= before);
  assert.ok(before > 0);
});

test("VirtualClock.random() follows from the seed", () => {
  const row = (seed?: number): number[] => {
    const clock = new VirtualClock(seed === undefined ? {} : { seed });
    return Array.from({ length: 100 }, () => clock.random());
  };

  const rows = [row(7), row(7), row(8), row(), row(0)];

  assert.deepEqual(rows[0], rows[1]);
  assert.notDeepEqual(rows[0], rows[2]);
  assert.deepEqual(rows[3], rows[4]);
  assert.ok(rows.flat().every((n) => n >= 0 && n < 1));
  assert.equal(new Set(row(7)).size, 100);
});

test("VirtualClock.advance() waits for whoever waits for a turn, however often", async () => {
  const clock = new VirtualClock();
  let turned = 0;
  void (async () => {
    for (; turned < 50; turned++) await clock.turn();
  })();

  await clock.advance(0);

  assert.equal(turned, 50);
});

test("VirtualClock.step() runs one timer at its time, and no later than it is told", () => {
  const clock = new VirtualClock({ startMs: 10 });
  const ran: string[] = [];
  clock.after(5, () => void ran.push(`first at ${clock.now()}`));
  clock.after(5, () => void ran.push(`second at ${clock.now()}`));
  clock.after(9, () => void ran.push(`third at ${clock.now()}`));

  assert.equal(clock.step(14), false);
  assert.equal(clock.now(), 10);
  assert.equal(clock.step(15), true);
  assert.deepEqual(ran, ["first at 15"]);
  assert.deepEqual([clock.step(15), clock.step(15)], [true, false]);
  assert.deepEqual([clock.step(), clock.step()], [true, false]);

  assert.deepEqual(ran, ["first at 15", "second at 15", "third at 19"]);
});

test("VirtualClock.step() runs another one of those that are due together, and the last where there are fewer", () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  for (const name of ["a", "b", "c"]) clock.after(5, () => ran.push(name));
  clock.after(6, () => ran.push("later"));

  clock.step(Infinity, 1);
  clock.step(Infinity, 9);
  clock.step(Infinity, 9);
  assert.deepEqual(ran, ["b", "c", "a"]);
  clock.step();
  assert.deepEqual(ran, ["b", "c", "a", "later"]);
});
