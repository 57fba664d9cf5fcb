import type { RustStream } from "../app/ruststream.ts";
import { startTested } from "./_start_tested.ts";
import type { TestAppOptions } from "./test_app_options.ts";
import type { TestApp } from "./test_app_types.ts";
import { typed } from "./_tested_app.ts";

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
  const { tested } = await startTested(app, options as TestAppOptions<never>);
  return typed(tested);
}
