import {
  type AppEvent,
  channel,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { silent } from "./_kit_test.ts";

const orders = channel<number>("orders");
const info = { title: "shop", version: "1.2.3" };

/** An application, and what it says of itself. */
function telling(): [RustStream, AppEvent[]] {
  const told: AppEvent[] = [];
  const app = new RustStream({ ...info, logger: silent })
    .observe({ app: (event) => void told.push(event) })
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(
          subscriber(
            orders,
            { onExhausted: "stop", retry: { maxAttempts: 1 } },
            (id) => {
              if (id < 0) throw new RangeError("no");
            },
          ),
        ),
    );
  return [app, told];
}

test("observe() is told what the application does, from its start to its end", async () => {
  const [app, told] = telling();

  const running = await app.start();
  const before = told.map(({ state }) => state);
  await Promise.all([running.stop(), running.stop()]);

  assert.deepEqual(before, ["starting", "running"]);
  assert.deepEqual(told.map(({ state }) => state).slice(2), [
    "stopping",
    "stopped",
  ]);
  for (const { title, version, at, ...rest } of told) {
    assert.deepEqual({ title, version }, info);
    assert.equal(typeof at, "number");
    assert.deepEqual(Object.keys(rest), ["state"]);
  }
});

test("observe() is told why an application failed: by itself", async () => {
  const [app, told] = telling();
  await using running = await app.start();

  await running.publisher.publish(orders, -1);
  await running.stopped;

  assert.deepEqual(told.map(({ state }) => state).slice(2), [
    "stopping",
    "failed",
  ]);
  assert.equal(told.at(-1)?.error, running.failure);
});

test("observe() is told why an application failed: it could not start", async () => {
  const fault = new Error("no state");
  const told: AppEvent[] = [];
  const app = new RustStream(info)
    .withState(() => {
      throw fault;
    })
    .observe({ app: (event) => void told.push(event) });

  await assert.rejects(app.start(), fault);

  assert.deepEqual(told.map(({ state, error }) => [state, error]), [
    ["starting", undefined],
    ["failed", fault],
  ]);
});

test("observe() is told that a start was given up, which is no failure", async () => {
  const [app, told] = telling();

  await assert.rejects(app.start({ signal: AbortSignal.abort() }));

  assert.deepEqual(told.map(({ state, error }) => [state, error]), [
    ["starting", undefined],
    ["stopped", undefined],
  ]);
});

test("observe() may end what it is told the beginning of", async () => {
  const stop = new AbortController();
  const states: string[] = [];
  const running = await new RustStream(info)
    .withBroker(new MemoryBroker())
    .observe({
      app({ state }) {
        states.push(state);
        if (state === "running") stop.abort();
      },
    })
    .start({ signal: stop.signal });

  await running.stopped;

  assert.deepEqual(states, ["starting", "running", "stopping", "stopped"]);
});
