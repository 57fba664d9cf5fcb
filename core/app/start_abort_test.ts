import { test } from "@ruststream/conformance/runner";
import { onAbort } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { Broken } from "./_broken_test.ts";
import {
  CountedSignal,
  gate,
  info,
  never,
  settleDown,
  waits,
} from "./_kit_test.ts";
import { RustStream } from "./ruststream.ts";

const boom = new Error("boom");
const why = new Error("changed my mind");
const steps: readonly [string, ConstructorParameters<typeof Broken>[0]][] = [
  ["the state", { state: never }],
  ["the first connection", { one: { connect: never } }],
  ["the second connection", { two: { connect: never } }],
  ["a sink", { sink: never }],
  ["a subscription", { two: { subscribe: never } }],
  ["a hook", { afterStart: never }],
];

for (const [step, options] of steps) {
  test(`RustStream.start() is given up by its signal while ${step} hangs`, async () => {
    const broken = new Broken(options);
    const counted = new CountedSignal();
    const { clock } = broken;
    const starting = broken.app.start({ clock, signal: counted.signal });
    assert.equal(await waits(starting), true);
    const listened = counted.listeners;

    counted.controller.abort(why);

    await assert.rejects(starting, (error) => error === why);
    assert.deepEqual(broken.left, [0]);
    assert.deepEqual([listened, counted.listeners], [1, 0]);
    assert.equal(broken.log.at(-1), "state gone");
    assert.deepEqual(broken.notices.all, []);
  });

  test(`RustStream.run() resolves when it is aborted while ${step} hangs`, async () => {
    const broken = new Broken(options);
    const stop = new AbortController();
    const running = broken.app.run({
      clock: broken.clock,
      signal: stop.signal,
    });
    assert.equal(await waits(running), true);

    stop.abort(why);
    await running;

    assert.deepEqual(broken.left, [0]);
  });
}

test("RustStream.start() does nothing when its signal is aborted already", async () => {
  const broken = new Broken();
  const { clock, log, app } = broken;

  await assert.rejects(
    app.start({ clock, signal: AbortSignal.abort(why) }),
    (error) => error === why,
  );
  await app.run({ clock, signal: AbortSignal.abort(why) });

  assert.deepEqual(log, []);
});

test("RustStream.start() rejects with the signal's reason though a hook has an error of its own for it", async () => {
  const stop = new AbortController();
  const starting = new RustStream(info).afterStart(({ signal }) =>
    new Promise<void>((_, reject) => void onAbort(signal, () => reject(boom)))
  ).start({ signal: stop.signal });
  await settleDown();

  stop.abort(why);

  await assert.rejects(starting, (error) => error === why);
});

test("RustStream.start() shuts a connection down that comes after the abort", async () => {
  const open = gate();
  const broken = new Broken({
    two: { connect: (make) => open.promise.then(make) },
  });
  const stop = new AbortController();
  const starting = broken.app.start({
    clock: broken.clock,
    signal: stop.signal,
  });
  await settleDown();
  stop.abort(why);
  await assert.rejects(starting);

  open.resolve();
  await settleDown();

  assert.deepEqual(broken.log.slice(-2), ["connect two", "shutdown two"]);
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() disposes of a subscription that comes after the abort", async () => {
  const open = gate();
  const broken = new Broken({
    two: { subscribe: (make) => open.promise.then(make) },
  });
  const stop = new AbortController();
  const starting = broken.app.start({
    clock: broken.clock,
    signal: stop.signal,
  });
  await settleDown();
  stop.abort(why);
  await assert.rejects(starting);

  open.resolve();
  await settleDown();

  assert.deepEqual(broken.log.slice(-2), [
    "subscribe refunds",
    "dispose refunds",
  ]);
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() tears down what the state defers after the abort", async () => {
  const open = gate();
  const log: string[] = [];
  const stop = new AbortController();
  const starting = new RustStream(info).withState(async (stack) => {
    await open.promise;
    stack.defer(() => void log.push("closed"));
  }).start({ signal: stop.signal });
  await settleDown();
  stop.abort(why);
  await assert.rejects(starting);

  open.resolve();
  await settleDown();

  assert.deepEqual(log, ["closed"]);
});

test("RustStream.start() is given up by its last hook", async () => {
  const stop = new AbortController();
  const starting = new RustStream(info).afterStart(() => stop.abort(why))
    .start({ signal: stop.signal });

  await assert.rejects(starting, (error) => error === why);
});

test("RustStream.start() runs no further hook once it is given up", async () => {
  const log: string[] = [];
  const stop = new AbortController();
  const starting = new RustStream(info)
    .afterStart(() => stop.abort(why))
    .afterStart(() => void log.push("second"))
    .start({ signal: stop.signal });

  await assert.rejects(starting, (error) => error === why);

  assert.deepEqual(log, []);
});
