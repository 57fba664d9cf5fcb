// The public surface as it is meant to be used, a line a case. Nothing here runs: `deno check` is the test, and what must not compile is pinned.
// deno-fmt-ignore-file
import { type as ark } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import type { AddressPattern, AnyChannel, Batches, Broker, Connection, Delivery, Requests, Seekable, Source, SubscribeOptions, Subscription } from "@ruststream/core/contract";
import { ack, batchSubscriber, channel, out, publisher, reject, retry, RustStream, startAt, subscriber, subscribers, type, writable } from "@ruststream/core";


// Channels: any Standard Schema; parameters from the address; input and output types apart.
const orders = channel("orders.{tenant}.placed", { payload: z.object({ id: z.number(), note: z.string().default("") }), headers: z.object({ "x-trace": z.string() }) });
const receipts = channel("receipts", { payload: v.object({ id: v.number() }) });
const audit = channel("audit.{tenant}.{rest+}", { payload: ark({ what: "string" }) });
const plain = channel<{ n: number }>("plain");
const loose = channel("loose.{tenant}", { payload: type<{ n: number }>() });

// Handlers.
const a = subscriber(orders, (o, ctx) => { const s: string = o.note; const t: string = ctx.params.tenant; const h: string = ctx.headers["x-trace"]; void [s, t, h]; });
const b = subscriber(orders, { reply: receipts, concurrency: 4, orderBy: (o, { params }) => `${params.tenant}/${o.id}` }, (o) => o.id > 3 ? { id: o.id } : reject("small"));
const c = subscriber(orders, { out: { audit: out(audit) }, deadLetter: receipts }, async (o, ctx) => { await ctx.out.audit.publish({ what: o.note }, { params: { tenant: ctx.params.tenant, rest: "a.b" } }); return o.id ? ack() : retry({ afterMs: 5 }); });
const d = batchSubscriber(orders, { max: 10, waitMs: 50, retry: { maxAttempts: 3 } }, (os) => os.map((o) => o.payload.id && o.params.tenant ? ack() : retry()));
const p = subscriber(plain, (x) => { const n: number = x.n; void n; });

// State, slots and typed headers together; nobody annotates ctx.
const my = subscribers<{ db: Map<number, string> }>();
const e = my.subscriber(orders, { out: { audit: out(audit) } }, async (o, ctx) => {
  ctx.state.db.set(o.id, ctx.headers["x-trace"]);
  await ctx.out.audit.publish({ what: "x" }, { params: { tenant: ctx.params.tenant, rest: "r" } });
});
// @ts-expect-error an undeclared slot, with state
my.subscriber(orders, { out: { audit: out(audit) } }, async (_o, ctx) => { await ctx.out.nope.publish({ what: "x" }); });
// @ts-expect-error typed headers stay typed, with state
my.subscriber(orders, (_o, ctx) => { ctx.headers.get("x"); });
// @ts-expect-error a state field that is not there
my.subscriber(orders, (_o, ctx) => { ctx.state.nope; });

// Wrong things in a handler.
// @ts-expect-error a reply of the wrong shape
subscriber(orders, { reply: receipts }, (o) => ({ idd: o.id }));
// @ts-expect-error a parameter is missing
subscriber(orders, { out: { audit: out(audit) } }, async (_o, ctx) => { await ctx.out.audit.publish({ what: "x" }, { params: { tenant: "t" } }); });
// @ts-expect-error an undeclared destination
subscriber(orders, { out: { audit: out(audit) } }, async (_o, ctx) => { await ctx.out.nope.publish({ what: "x" }); });
// @ts-expect-error an unknown parameter
subscriber(orders, (_o, ctx) => { ctx.params.nope; });
// @ts-expect-error a handler cannot settle
subscriber(orders, (_o, ctx) => { ctx.delivery.settle({ kind: "ack" }); });

// Brokers.
interface MemoryConnection extends Connection { subscribe(address: AddressPattern, options?: SubscribeOptions): Promise<Subscription & Batches>; readonly memory: true }
interface NatsConnection extends Connection { readonly nats: true }
interface JetStreamDelivery extends Delivery { readonly sequence: number; readonly stream: string }
interface JetStreamSubscription extends Subscription<JetStreamDelivery>, Batches<JetStreamDelivery> {}
interface OrderedSubscription extends JetStreamSubscription, Seekable<{ sequence: number }> {}
declare const memory: Broker<MemoryConnection>; declare const nats: Broker<NatsConnection>;
declare function jetStream<Ch extends AnyChannel>(channel: Ch, o: { stream: string; durable: string }): Source<NatsConnection, Ch, JetStreamSubscription>;
declare function ordered<Ch extends AnyChannel>(channel: Ch, o: { stream: string }): Source<NatsConnection, Ch, OrderedSubscription>;

const f = subscriber(jetStream(orders, { stream: "ORDERS", durable: "billing" }), (o, ctx) => { const n: number = o.id; const t: string = ctx.params.tenant; const q: number = ctx.delivery.sequence; void [n, t, q]; });
const g = subscriber(jetStream(orders, { stream: "ORDERS", durable: "billing" }), { retry: { maxAttempts: 5 }, deadLetter: receipts, reply: receipts }, (o) => ({ id: o.id }));
const h = batchSubscriber(jetStream(orders, { stream: "ORDERS", durable: "bulk" }), { max: 100 }, (os) => { void os.length; });
const i = subscriber(startAt(ordered(orders, { stream: "ORDERS" }), { sequence: 7 }), () => {});
// @ts-expect-error a durable consumer cannot seek
startAt(jetStream(orders, { stream: "ORDERS", durable: "x" }), { sequence: 7 });

// Applications.
new RustStream({ title: "x", version: "1.0.0" }).withBroker(memory, (m) => m.include(a).include(b).include(c).include(d).include(p));
new RustStream({ title: "x", version: "1.0.0" }).withBroker(nats, (m) => m.include(a).include(f).include(g).include(h).include(i).include(d));
new RustStream({ title: "x", version: "1.0.0" }).withState(() => ({ db: new Map<number, string>() })).withBroker(memory, (m) => m.include(e).include(a));
// The same handler, unchanged, on a durable consumer.
new RustStream({ title: "x", version: "1.0.0" }).withBroker(nats, (m) => m.include(c, { source: (ch) => jetStream(ch, { stream: "ORDERS", durable: "c" }), concurrency: 16 }));
// @ts-expect-error a JetStream source on memory
new RustStream({ title: "x", version: "1.0.0" }).withBroker(memory, (m) => m.include(f));
// @ts-expect-error a slot that the handler does not declare
new RustStream({ title: "x", version: "1.0.0" }).withBroker(memory, (m) => m.include(c, { out: { audti: undefined } }));
// @ts-expect-error state is missing
new RustStream({ title: "x", version: "1.0.0" }).withBroker(memory, (m) => m.include(e));
// @ts-expect-error state of the wrong shape
new RustStream({ title: "x", version: "1.0.0" }).withState(() => ({ db: new Set<number>() })).withBroker(memory, (m) => m.include(e));

// Publishing by hand.
declare const live: MemoryConnection; declare const rpc: NatsConnection & Requests; void rpc;
await publisher(live).publish(orders, { id: 1 }, { params: { tenant: "acme" }, headers: { "x-trace": "1", many: ["a", "b"] } });
await publisher(live).publish(plain, { n: 1 });
await publisher(live).publish(loose, { n: 1 }, { params: { tenant: "t" } });
// @ts-expect-error a parameter is missing
await publisher(live).publish(loose, { n: 1 });
// @ts-expect-error the wrong payload
await publisher(live).publish(receipts, { idd: 1 });
const w: WritableStream<{ id: number }> = writable(live, receipts); void w;
