import {
  batch,
  channel,
  map,
  pipeline,
  RustStream,
  subscriber,
} from "@ruststream/core";
import type { Context, Logger } from "@ruststream/core";
import { isMessagingError } from "@ruststream/core/contract";
import {
  circuitBreaker,
  type CircuitState,
  correlate,
  deduplicate,
  logging,
  MemoryDeduplicationStore,
  rateLimit,
  timeout,
} from "@ruststream/core/middleware";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";

interface Order {
  readonly id: number;
}
type Sleeping = Pick<Context, "clock" | "signal">;
const orders = channel<Order>("orders");

/** A service with all of the shipped middleware, in the documented order. */
class Shop {
  readonly lines: (readonly unknown[])[] = [];
  readonly states: CircuitState[] = [];
  readonly seen: string[] = [];
  readonly app: RustStream;
  readonly logger: Logger;
  handle: (id: number, ctx: Sleeping) => unknown = () => {};

  constructor() {
    const note: Logger["info"] = (_message, fields = {}) => {
      const { outcome, ms, correlationId } = fields as Record<string, unknown>;
      if (outcome !== undefined) this.lines.push([correlationId, outcome, ms]);
    };
    this.logger = { debug: note, info: note, warn: note, error: note };
    const trace = correlate();
    this.app = new RustStream({ title: "shop", version: "1.0.0" })
      .use(trace.middleware)
      .use(logging())
      .use(deduplicate({ store: new MemoryDeduplicationStore() }))
      .use(circuitBreaker({
        failures: 2,
        openMs: 10_000,
        onChange: (state) => this.states.push(state),
      }))
      .use(rateLimit({ perSecond: 1 }))
      .use(timeout(500))
      .usePublish(trace.publishMiddleware)
      .withBroker(new MemoryBroker(), (b) =>
        b.include(
          subscriber(
            orders,
            { concurrency: 10, retry: { maxAttempts: 1 } },
            ({ id }, ctx) => {
              this.seen.push(`${ctx.clock.now()}: ${id}`);
              return this.handle(id, ctx) as undefined;
            },
          ),
        ));
  }
}

/** Headers by which a message is known. */
const named = (id: string) => ({ headers: { "message-id": id } });

test("a duplicate takes nothing of the rate, and a wait nothing of the time", async () => {
  const shop = new Shop();
  await using t = await testApp(shop.app, { logger: shop.logger });

  for (const [id, name] of [[1, "a"], [2, "a"], [3, "b"], [4, "c"]] as const) {
    await t.publish(orders, { id }, named(name));
  }
  await t.advance(2_000);

  assert.deepEqual(shop.seen, ["0: 1", "1000: 3", "2000: 4"]);
  assert.deepEqual(shop.lines, [
    ["a", "ack", 0],
    ["a", "ack", 0],
    ["b", "ack", 1_000],
    ["c", "ack", 2_000],
  ]);
  assert.deepEqual(shop.states, []);
});

test("a timeout counts for the circuit and gives its claim back, and what waits for the circuit takes nothing of the rate", async () => {
  const shop = new Shop();
  await using t = await testApp(shop.app, { logger: shop.logger });
  const errors: unknown[] = [];
  shop.handle = async (id, { clock, signal }) => {
    if (id > 2) return;
    await clock.sleep(60_000, signal).catch((error) => errors.push(error));
    throw signal.reason;
  };

  await t.send(orders, { id: 1 }, named("a"));
  await t.send(orders, { id: 2 }, named("b"));
  await t.advance(2_000);
  await t.publish(orders, { id: 3 }, named("a"));
  await t.advance(20_000);

  assert.deepEqual(shop.seen, ["0: 1", "1000: 2", "11500: 3"]);
  assert.deepEqual(shop.states, ["open", "half-open", "closed"]);
  assert.deepEqual(errors.map((error) => isMessagingError(error, "timeout")), [
    true,
    true,
  ]);
  assert.deepEqual(shop.lines, [
    ["a", "throw", 500],
    ["b", "throw", 1_500],
    ["a", "ack", 9_500],
  ]);
});

test("middleware is around pipelines: a duplicate does not go in, and a batch waits for nobody who waits", async () => {
  const parts = channel<readonly number[]>("parts");
  const sums = pipeline(
    orders,
    { name: "sums" },
    (source, io) =>
      source.pipeThrough(map(({ id }) => id))
        .pipeThrough(batch({ max: 10 }))
        .pipeTo(io.sinkTo(parts)),
  );
  const app = new RustStream({ title: "shop", version: "1.0.0" })
    .use(deduplicate({ store: new MemoryDeduplicationStore() }))
    .use(rateLimit({ perSecond: 1, burst: 2 }))
    .withBroker(new MemoryBroker(), (b) => b.include(sums));
  await using t = await testApp(app);

  for (const [id, name] of [[1, "a"], [2, "b"], [3, "a"], [4, "c"]] as const) {
    await t.publish(orders, { id }, named(name));
  }
  await t.advance(1_000);

  assert.deepEqual(t.published(parts).payloads.flat(), [1, 2, 4]);
  assert.deepEqual(await t.stop(), { settled: 4, returned: 0, lost: 0 });
});
