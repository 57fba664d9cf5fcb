import type { RustStream } from "../app/ruststream.ts";
import { startApp } from "../app/start.ts";
import type { Starting } from "../app/starting.ts";
import { systemClock } from "../contract/clock.ts";
import { TestedApp, typed } from "./_tested_app.ts";
import { UnrestError } from "./assertion_error.ts";
import { Recorder } from "./_recorder.ts";
import { Rest } from "./_rest.ts";
import { checkOptions, setUp } from "./_setting_up.ts";
import type { TestAppOptions } from "./test_app_options.ts";
import type { TestApp } from "./test_app_types.ts";
import { TestClock } from "./_test_clock.ts";
import { Views } from "./_views.ts";
import { waitsOf } from "./_waits.ts";

/**
 * Starts the application that is shipped for a test: on the in-process form of each broker, with the real dispatch and the real policies, on a clock that only the test moves.
 *
 * It can be started any number of times, also at once: each has messages, a clock and a state of its own.
 *
 * @example What came of an order
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { testApp } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const receipts = channel<{ id: number }>("receipts");
 * const handle = subscriber(orders, { reply: receipts }, ({ id }, { attempt }) => {
 *   if (attempt === 1) throw new Error("not yet");
 *   return { id };
 * });
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle));
 *
 * await using t = await testApp(app);
 * await t.publish(orders, { id: 1 });
 * t.subscriber(handle).calledOnceWith({ id: 1 }).retried();
 * assert.equal(t.pending[0]?.why, "retry");
 * await t.advance(100);
 * t.subscriber(handle).calledTimes(2).acked();
 * t.published(receipts).once({ id: 1 });
 * ```
 *
 * Rejects with `unsupported` where a broker has no in-process form and nothing stands in for it, and with what the application's own start rejects with; then nothing is left open.
 *
 * @throws {TypeError} If an option is unknown, or stands in for what is not there.
 */
export async function testApp<State>(
  app: RustStream<State>,
  options: TestAppOptions<NoInfer<State>> = {},
): Promise<TestApp<State>> {
  checkOptions(options as TestAppOptions<never>);
  const { maxSteps = 100_000, withinMs = 10_000, quietMs = 50 } = options;
  const { startMs = 0, seed = 0, live = false } = options;
  const clock = live ? undefined : new TestClock({ startMs, seed });
  const time = clock ?? systemClock;
  const recorder = new Recorder(time);
  const { parts, plan, watched } = await setUp(
    app,
    recorder,
    options as TestAppOptions<never>,
  );
  const { title } = parts.info;
  let starting: Starting | undefined;
  const rest: Rest = new Rest({
    recorder,
    clock,
    maxSteps,
    withinMs,
    quietMs,
    pending: () => waitsOf(recorder, rest.dispatchers, time.now()),
  });
  const giveUp = new AbortController();
  const start = startApp(
    parts,
    () => watched,
    { clock: time, signal: giveUp.signal },
    (opened) => {
      starting = opened;
      rest.dispatchers = opened.dispatchers;
    },
  );
  const running = await rest.untilDone(start, () =>
    giveUp.abort(
      new UnrestError(
        `Cannot start "${title}": it has not started after ${withinMs} ms`,
        [],
      ),
    ));
  const views = new Views(plan, recorder, () => time.now());
  return typed(
    new TestedApp({
      title,
      running,
      starting: starting as unknown as Starting,
      recorder,
      rest,
      views,
      clock,
    }),
  );
}
