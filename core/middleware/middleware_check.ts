// What the types of shipped middleware promise. Nothing here runs: `deno check` is the test, and what must not compile is pinned.
// deno-fmt-ignore-file
// deno-lint-ignore-file require-await
import { channel, type HandlerContext, type Middleware, type PublishMiddleware, Router, RustStream, subscriber } from "@ruststream/core";
import { circuitBreaker, type CircuitState, correlate, type Correlation, correlationOf, deduplicate, type DeduplicationStore, logging, MemoryDeduplicationStore, messageIdOf, rateLimit, timeout } from "@ruststream/core/middleware";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

const orders = channel<{ id: number }>("orders");
const info = { title: "x", version: "1.0.0" };
const store = new MemoryDeduplicationStore({ maxIds: 10, keepMs: 1_000 });
const trace = correlate({ header: "x-trace", makeId: () => "1" });

// Each is a middleware, at each level.
const all: readonly Middleware[] = [trace.middleware, logging(), deduplicate({ store }), circuitBreaker({ failures: 5, openMs: 1_000 }), rateLimit({ perSecond: 10 }), timeout(1_000)];
new RustStream(info).use(timeout(1)).usePublish(trace.publishMiddleware);
new Router().use(rateLimit({ perSecond: 1 })).usePublish(trace.publishMiddleware);
subscriber(orders, { middleware: all, publishMiddleware: [trace.publishMiddleware] }, (order, ctx) => {
  same<typeof order, { id: number }>(true);
  same<ReturnType<typeof correlationOf>, string | undefined>(true); correlationOf(ctx);
  same<ReturnType<typeof messageIdOf>, string | undefined>(true); messageIdOf(ctx);
});
same<Correlation["publishMiddleware"], PublishMiddleware>(true);

// A store that waits is one too.
const waiting: DeduplicationStore = { claim: async () => "claimed" as const, done: async () => {}, forget: async () => {} };
deduplicate({ store: waiting, id: (ctx) => ctx.message.headers?.get("x") });
rateLimit({ perSecond: 1, key: (ctx) => { same<typeof ctx, HandlerContext>(true); return ctx.address; } });
circuitBreaker({ failures: 1, openMs: 1, onChange: (state) => same<typeof state, CircuitState>(true) });

// @ts-expect-error no time
timeout();
// @ts-expect-error no store
deduplicate({});
// @ts-expect-error a store that answers something else
deduplicate({ store: { ...waiting, claim: () => true } });
// @ts-expect-error another word
deduplicate({ store, onStoreError: "drop" });
// @ts-expect-error an id that is no text
deduplicate({ store, id: () => 7 });
// @ts-expect-error no rate
rateLimit({ burst: 1 });
// @ts-expect-error a key that is no text
rateLimit({ perSecond: 1, key: () => 1 });
// @ts-expect-error no time to stay open
circuitBreaker({ failures: 1 });
// @ts-expect-error no level of a logger
logging({ level: "trace" });
// @ts-expect-error a pair is no middleware
new RustStream(info).use(correlate());
// @ts-expect-error a payload is unknown to middleware
rateLimit({ perSecond: 1, key: (ctx) => ctx.payload.id });
