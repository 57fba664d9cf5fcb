// What the types of an application promise beyond use_check.ts. Nothing here runs: `deno check` is the test, and what must not compile is pinned.
// deno-fmt-ignore-file
// deno-lint-ignore-file no-unused-vars require-await
import * as z from "zod";
import type { AnyChannel, Batches, Broker, Connection, Delivery, MessageHeaders, Publisher, Requests, Schedules, Sink, Source, Subscription, Transacts } from "@ruststream/core/contract";
import { ack, type AskedChannel, batchSubscriber, bytes, channel, type Fits, type HookContext, type Middleware, on, out, publisher, reply, Router, RustStream, subscriber, subscribers, text, type, writable } from "@ruststream/core";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

interface Memory extends Connection { readonly memory: true }
interface Nats extends Connection { readonly nats: true }
interface Row extends Delivery { readonly sequence: number }
declare const memory: Broker<Memory>; declare const nats: Broker<Nats>;
declare function log<Ch extends AnyChannel>(channel: Ch): Source<Nats, Ch, Subscription<Row> & Batches<Row>>;
declare const natsSink: Sink<Nats>; declare const memorySink: Sink<Memory>; declare const anySink: Sink<Connection>;

const orders = channel("orders.{tenant}", { payload: z.object({ id: z.string().transform(Number) }), headers: z.object({ "x-trace": z.string() }) });
const plain = channel<{ n: number }>("plain");
const receipts = channel("receipts.{tenant}", { payload: type<{ id: number }>() });
interface Db { readonly db: Map<number, string> }
const mine = subscribers<Db>();
const info = { title: "x", version: "1.0.0" };

// What is missing is said in words.
same<Fits<Memory, Nats, "this broker">, 'this broker lacks "nats"'>(true);
same<Fits<Memory, Connection, "this broker">, unknown>(true);
same<Fits<Memory, Memory & Requests, "this broker">, 'this broker lacks "request"'>(true);
same<Fits<undefined, Db, "this application's state">, `this application's state lacks "db"`>(true);
same<Fits<{ db: Set<number> }, Db, "this application's state">, `this application's state has another "db"`>(true);
same<Fits<Memory, Connection, "this broker", Fits<undefined, Db, "this application's state">>, `this application's state lacks "db"`>(true);

// deps: typed in ctx, promises awaited, and their makers see the context.
const withDeps = subscriber(plain, { deps: { db: async (ctx) => ({ at: ctx.address, rows: 1 }), now: (ctx) => ctx.clock.now() } }, (_o, { deps }) => {
  same<typeof deps.db, { at: string; rows: number }>(true); same<typeof deps.now, number>(true);
  // @ts-expect-error a dep that is not there
  deps.nope;
});

// headers: as the channel's schema gives them, else as they came.
subscriber(orders, (o, ctx) => { same<typeof o, { id: number }>(true); same<typeof ctx.headers, { "x-trace": string }>(true); same<typeof ctx.params, { readonly tenant: string }>(true); });
subscriber(plain, (_o, ctx) => { same<typeof ctx.headers, MessageHeaders>(true); });
subscriber(text("lines"), (line) => { same<typeof line, string>(true); });
subscriber(bytes("blobs.{of}"), (blob, { params }) => { same<typeof blob, Uint8Array>(true); same<typeof params.of, string>(true); });

// batches: typed elements, a context without what is of one delivery.
batchSubscriber(orders, { max: 10, out: { audit: out(plain) }, deps: { n: () => 1 } }, async (batch, ctx) => {
  for (const one of batch) { same<typeof one.payload, { id: number }>(true); same<typeof one.headers["x-trace"], string>(true); same<typeof one.params.tenant, string>(true); same<typeof one.attempt, number>(true); }
  await ctx.out.audit.publish({ n: ctx.deps.n });
  // @ts-expect-error a batch has no address of its own
  ctx.address;
  return batch.map(() => ack());
});
// @ts-expect-error a batch has no size
batchSubscriber(orders, {}, () => {});
// @ts-expect-error a batch handler returns outcomes
batchSubscriber(orders, { max: 1 }, () => [1]);

// A source's own deliveries, without a way to settle them.
subscriber(log(orders), (o, ctx) => {
  same<typeof o, { id: number }>(true); same<typeof ctx.delivery.sequence, number>(true);
  // @ts-expect-error a handler cannot settle
  ctx.delivery.settle;
});

// when: a payload that is decoded and not checked yet.
subscriber(orders, { when: (payload, candidate) => { same<typeof payload, unknown>(true); return candidate.headers.has("x-trace"); } }, () => {});
// @ts-expect-error a when says yes or no
subscriber(orders, { when: () => "yes" }, () => {});

// Replies: a value of the channel's input, an outcome, and nothing else.
subscriber(orders, { reply: receipts }, (o) => reply({ id: o.id }, { params: { tenant: "a" } }));
// @ts-expect-error a reply is missing
subscriber(orders, { reply: receipts }, () => {});
// @ts-expect-error a value where no reply is declared
subscriber(orders, {}, () => 5);

// A mistake is told where it stands, and not at the name of what was called.
subscriber(plain, {
  // @ts-expect-error a setting that is not there
  concurency: 2,
}, () => {});
subscriber(plain, {
  // @ts-expect-error an address is no channel
  deadLetter: "dead",
}, () => {});
subscriber(orders, { reply: receipts },
  // @ts-expect-error a reply of another shape
  () => ({ ident: 1 }));
subscriber(plain,
  // @ts-expect-error a value where no reply is declared
  () => 5);
batchSubscriber(plain, { max: 2,
  // @ts-expect-error a setting of a batch that is not there
  waitsMs: 5,
}, () => {});

// Publishing takes what goes in, not what comes out.
declare const live: Memory;
publisher(live).publish(orders, { id: "7" }, { params: { tenant: "a" } });
// @ts-expect-error the output type
publisher(live).publish(orders, { id: 7 }, { params: { tenant: "a" } });
// @ts-expect-error a parameter that is not there
publisher(live).publish(receipts, { id: 7 }, { params: { tenant: "a", nope: "b" } });
const stream: WritableStream<{ n: number }> = writable(live, plain); void stream;

// State: in handlers, hooks and batches.
const withState = mine.subscriber(plain, ({ n }, { state }) => { same<typeof state, Db>(true); state.db.delete(n); });
mine.batchSubscriber(plain, { max: 2 }, (_b, ctx) => { same<typeof ctx.state, Db>(true); });
const stateful = new RustStream(info).withState(async (stack) => { stack.defer(() => {}); return { db: new Map<number, string>(), more: 1 }; });
same<typeof stateful, RustStream<{ db: Map<number, string>; more: number }>>(true);
stateful.afterStart((ctx) => { same<typeof ctx, HookContext<{ db: Map<number, string>; more: number }>>(true); ctx.state.more.toFixed(); });
new RustStream(info).afterStop(({ state }) => { same<typeof state, undefined>(true); });

// Mounts.
const withOut = subscriber(plain, { out: { audit: out(plain) }, reply: receipts, deadLetter: plain }, () => reply({ id: 1 }));
stateful.withBroker(nats, (b) => b.include(withState).include(withDeps).include(withOut, { out: { audit: natsSink }, reply: anySink, deadLetterSink: natsSink, concurrency: 2 }));
// @ts-expect-error a sink of another broker
stateful.withBroker(nats, (b) => b.include(withOut, { out: { audit: memorySink } }));
// @ts-expect-error a slot that is not there
stateful.withBroker(nats, (b) => b.include(withState, { out: { audit: natsSink } }));
// @ts-expect-error a source of another broker
stateful.withBroker(memory, (b) => b.include(withState, { source: (ch) => log(ch) }));
// @ts-expect-error a setting that is not there
stateful.withBroker(memory, (b) => b.include(withState, { concurency: 2 }));
// @ts-expect-error a channel is no subscriber
stateful.withBroker(memory, (b) => b.include(plain));

// Routers: what they hold asks of them, and they ask of what holds them.
const modest = new Router({ prefix: "shop", concurrency: 2 }).include(withDeps).include(withOut, { concurrency: 3 });
const demanding = new Router<Db, Nats>({ group: "workers" }).include(modest).include(withState).include(subscriber(log(plain), () => {}));
stateful.withBroker(nats, (b) => b.include(demanding).include(modest));
new RustStream(info).withBroker(memory, (b) => b.include(modest));
new Router<Db & { more: number }, Nats>().include(demanding);
// @ts-expect-error a router without that state
new Router().include(withState);
// @ts-expect-error a router without that broker
new Router().include(subscriber(log(plain), () => {}));
// @ts-expect-error a router that asks for more than its holder has
new Router<unknown, Nats>().include(demanding);
// @ts-expect-error the broker lacks what the router asks for
stateful.withBroker(memory, (b) => b.include(demanding));
// @ts-expect-error the application lacks the state that the router asks for
new RustStream(info).withBroker(nats, (b) => b.include(demanding));
// @ts-expect-error a router has its own settings
stateful.withBroker(nats, (b) => b.include(modest, { concurrency: 2 }));

// Middleware knows nothing of the payload, and answers with an outcome.
const layer: Middleware = (next) => async (ctx) => { same<typeof ctx.payload, unknown>(true); const outcome = await next(ctx); return outcome.andAfter(() => {}); };
new RustStream(info).use(layer).withBroker(memory, (b) => b.use(layer).include(subscriber(plain, { middleware: [layer] }, () => {})), { onLost: "retry", concurrency: 2 });
// @ts-expect-error a middleware that gives no outcome
const wrong: Middleware = () => () => 5;

// Publishers: the broker's own options and receipt, and each capability that is there.
interface Store extends Publisher<{ readonly id?: string }, { readonly sequence: number }>, Requests, Transacts {}
interface Stored extends Connection { readonly publisher: Store; readonly stored: true }
declare const store: Broker<Stored>; declare const stored: Stored; declare const storeSink: Sink<Memory, Store>; declare const plainSink: Sink<Memory>;
const asked = channel("asked.{of}", { payload: type<{ q: string }>(), reply: receipts });
same<typeof asked extends AskedChannel ? true : false, true>(true);
const receipt = await publisher(stored).publish(plain, { n: 1 }, { id: "7" }); same<typeof receipt, { readonly sequence: number }>(true);
const answer = await publisher(stored).request(asked, { q: "x" }, { timeoutMs: 1, params: { of: "a" } }); same<typeof answer, { id: number }>(true);
const inside = await publisher(stored).begin(); await inside.publish(plain, { n: 1 }, { id: "8" }); await inside.commit();
// @ts-expect-error an option that the broker does not have
publisher(stored).publish(plain, { n: 1 }, { idd: "7" });
// @ts-expect-error a request without a time
publisher(stored).request(asked, { q: "x" }, { params: { of: "a" } });
// @ts-expect-error a request without its parameters
publisher(stored).request(asked, { q: "x" }, { timeoutMs: 1 });
// @ts-expect-error a channel that declares no reply
publisher(stored).request(plain, { n: 1 }, { timeoutMs: 1 });
// @ts-expect-error a publisher that cannot send later
publisher(stored).schedule(plain, { n: 1 }, new Date());
// @ts-expect-error a broker that cannot be asked
publisher(live).request(asked, { q: "x" }, { timeoutMs: 1, params: { of: "a" } });

// A channel's reply is its subscriber's, unless that says otherwise.
subscriber(asked, ({ q }) => ({ id: q.length }));
subscriber(asked, { concurrency: 2 }, ({ q }) => ({ id: q.length }));
subscriber(asked, { reply: undefined }, () => {});
// @ts-expect-error a reply of the wrong shape
subscriber(asked, ({ q }) => ({ idd: q.length }));

// Slots that ask for a capability: the broker's own publisher has it, or the mount gives a sink.
const capable = subscriber(plain, { out: { ledger: out(plain).transactional(), ask: out(asked).requests(), audit: out(plain) } }, async (_o, ctx) => {
  const tx = await ctx.out.ledger.begin(); await tx.publish({ n: 1 });
  const found = await ctx.out.ask.request({ q: "x" }, { timeoutMs: 1, params: { of: "a" } }); same<typeof found, { id: number }>(true);
  // @ts-expect-error a slot that asked for no transactions
  ctx.out.audit.begin();
});
const later = subscriber(plain, { out: { later: out(plain).schedules() } }, async (_o, ctx) => { await ctx.out.later.schedule({ n: 1 }, new Date()); });
const app = new RustStream(info);
app.withBroker(store, (b) => b.include(capable));
app.withBroker(memory, (b) => b.include(capable, { out: { ledger: storeSink, ask: on(store) } }));
// @ts-expect-error a broker without transactions and requests, and no sinks
app.withBroker(memory, (b) => b.include(capable));
// @ts-expect-error one of them is forgotten
app.withBroker(memory, (b) => b.include(capable, { out: { ledger: storeSink } }));
// @ts-expect-error a sink whose publisher has no transactions
app.withBroker(memory, (b) => b.include(capable, { out: { ledger: plainSink, ask: on(store) } }));
// @ts-expect-error another broker that cannot send later
app.withBroker(memory, (b) => b.include(later, { out: { later: on(store) } }));

// What a publisher, a slot or a transaction does not know does not compile.
// @ts-expect-error an option that a publisher does not have
publisher(stored, { header: {} });
// @ts-expect-error an option that the broker does not have, in a transaction
inside.publish(plain, { n: 1 }, { idd: "8" });
// @ts-expect-error a transaction asks nobody
inside.request(asked, { q: "x" }, { timeoutMs: 1, params: { of: "a" } });
// @ts-expect-error a transaction in a transaction
inside.begin();
// @ts-expect-error a broker that cannot ask many
publisher(stored).requestMany(asked, { q: "x" }, { timeoutMs: 1, params: { of: "a" } });
// @ts-expect-error a header that is no string
publisher(stored).publish(plain, { n: 1 }, { headers: { a: 1 } });
// @ts-expect-error a parameter that the address does not have
publisher(stored).request(asked, { q: "x" }, { timeoutMs: 1, params: { of: "a", off: "b" } });
// @ts-expect-error a slot for requests, of a channel that declares no reply, and none given
out(plain).requests();
// @ts-expect-error a slot asks for one capability
out(plain).transactional().schedules();
subscriber(plain, { out: { ledger: out(plain).transactional(), ask: out(asked).requests() } }, async (_o, ctx) => {
  const tx = await ctx.out.ledger.begin();
  // @ts-expect-error a payload of another channel
  await tx.publish({ m: 1 });
  // @ts-expect-error a request without its time
  await ctx.out.ask.request({ q: "x" }, { params: { of: "a" } });
  // @ts-expect-error a request without its parameters
  await ctx.out.ask.request({ q: "x" }, { timeoutMs: 1 });
  // @ts-expect-error a slot that asked for no schedule
  await ctx.out.ledger.schedule({ n: 1 }, new Date());
});
// @ts-expect-error a publish middleware that gives no function
app.usePublish(() => 5);
// @ts-expect-error another broker's sink
app.withBroker(memory, (b) => b.include(capable, { out: { ledger: natsSink, ask: on(store) } }));
// @ts-expect-error a batch whose transactions are begun by what has none
app.withBroker(store, (b) => b.include(batchSubscriber(plain, { max: 2, transactional: true }, () => {}), { transaction: plainSink }));
// @ts-expect-error single deliveries have no transaction
subscriber(plain, { transactional: true }, () => {});
// @ts-expect-error another broker's options
publisher({ publisher: {} as MemoryPub }).publish(plain, { n: 1 }, { id: "7" });
interface MemoryPub extends Publisher { readonly memory: true }
// @ts-expect-error a router that holds a slot which its broker cannot open
app.withBroker(memory, (b) => b.include(new Router().include(capable)));
