// What the types of tests promise. Nothing here runs: `deno check` is the test, and what must not compile is pinned.
// deno-fmt-ignore-file
import * as z from "zod";
import { batchSubscriber, bytes, channel, out, type Outcome, RustStream, subscriber, subscribers, type } from "@ruststream/core";
import type { Connection } from "@ruststream/core/contract";
import { atLeastOnce, type PublishedMessages, replay, simulate, testApp, type TestApp, type TestedSubscriber } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

const orders = channel("orders.{tenant}", { payload: z.object({ id: z.string().transform(Number), note: z.string().default("") }) });
const prices = channel<{ cents: number }>("prices");
const quotes = channel("quotes.{shop}", { payload: type<{ sku: string }>(), reply: prices });
const plain = channel<{ n: number }>("plain");
const audit = channel("audit.{tenant}", { payload: type<{ what: string }>() });
interface Db { readonly db: Map<number, string> }
const mine = subscribers<Db>();

const a = subscriber(orders, () => {});
const b = subscriber(orders, { reply: plain, out: { audit: out(audit), raw: out(bytes("raw")) } }, () => ({ n: 1 }));
const c = batchSubscriber(orders, { max: 10 }, () => {});
const d = mine.subscriber(plain, (_o): Outcome | void => {});
const price = subscriber(quotes, () => ({ cents: 1 }));

const app = new RustStream({ title: "x", version: "1.0.0" });
const withState = new RustStream({ title: "x", version: "1.0.0" }).withState((): Db => ({ db: new Map() })).withBroker(new MemoryBroker(), (m) => m.include(a).include(d));
export const t: TestApp<undefined> = await testApp(app);

// What is sent: the input of the channel, and its parameters.
await t.publish(orders, { id: "1" }, { params: { tenant: "acme" }, broker: "memory", headers: { a: "b" } });
await t.send(plain, { n: 1 });
// @ts-expect-error a parameter is missing
await t.publish(orders, { id: "1" });
// @ts-expect-error the output type is not the input type
await t.publish(orders, { id: 1 }, { params: { tenant: "acme" } });
// @ts-expect-error an option that is not there
await t.publish(plain, { n: 1 }, { brokers: "x" });

// A request: only where the channel declares its reply, whose payload comes back.
same<Awaited<ReturnType<typeof ask>>, { cents: number }>(true);
async function ask() { return await t.request(quotes, { sku: "a" }, { params: { shop: "x" }, timeoutMs: 5 }); }
// @ts-expect-error a parameter is missing
await t.request(quotes, { sku: "a" });
// @ts-expect-error nobody answers on that channel
await t.request(plain, { n: 1 });

// What was received: the output of the channel; of a batch, lists.
t.subscriber(a).calledOnceWith({ id: 1, note: "" }).acked().calledWith({ id: 2, note: "x" }).retried(2);
// @ts-expect-error the input type is not the output type
t.subscriber(a).calledWith({ id: "1", note: "" });
// @ts-expect-error a field is missing
t.subscriber(a).calledOnceWith({ id: 1 });
same<typeof ofC, readonly (readonly { id: number; note: string }[])[]>(true);
const ofC = t.subscriber(c).received;
t.subscriber(c).calledWith([{ id: 1, note: "" }]);
// @ts-expect-error a batch is called with a list
t.subscriber(c).calledWith({ id: 1, note: "" });
same<ReturnType<typeof byName>, TestedSubscriber>(true);
function byName() { return t.subscriber("any name"); }
same<ReturnType<typeof slotByName> extends PublishedMessages ? true : false, true>(true);
function slotByName() { return t.subscriber("any name").out("any slot"); }

// What left: by slot, as a reply, on a channel.
t.subscriber(b).out("audit").once({ what: "x" }, { params: { tenant: "acme" }, headers: { a: ["b"] } });
t.subscriber(b).out("raw").once(new Uint8Array());
t.subscriber(b).replies.once({ n: 1 });
t.subscriber(price).replies.once({ cents: 1 });
t.published(audit).once({ what: "x" }).times(1);
// @ts-expect-error a slot that is not declared
t.subscriber(b).out("nope");
// @ts-expect-error the wrong payload of a slot
t.subscriber(b).out("audit").once({ who: "x" });
// @ts-expect-error the wrong payload of a reply
t.subscriber(b).replies.with({ m: 1 });
// @ts-expect-error the wrong payload of a channel
t.published(audit).with({ n: 1 });

// What stands in: a state of the same type.
export const u: TestApp<Db> = await testApp(withState, { state: { db: new Map([[1, "a"]]) }, deps: { rate: () => 1 }, middleware: [(next) => next] });
await testApp(withState, { state: (stack) => { stack.defer(() => {}); return { db: new Map() }; } });
// @ts-expect-error a state of the wrong shape
await testApp(withState, { state: { db: new Set<number>() } });
// @ts-expect-error an option that is not there
await testApp(app, { stat: 1 });
// @ts-expect-error deps are made by functions
await testApp(app, { deps: { rate: 1 } });
// @ts-expect-error a broker
await testApp(app, { brokers: { memory: {} as Connection } });

// What goes wrong: by names that are known; a simulation knows the state and the channels.
await testApp(app, { faults: ["loseAck", "crash"], faultRate: 0.2 });
// @ts-expect-error a fault that is not there
await testApp(app, { faults: ["loseAcks"] });
const send = [(s: TestApp<Db>) => s.send(plain, { n: 1 })];
await simulate(withState, { runs: 1, send, invariant: [atLeastOnce, ({ state }) => void state.db.size] });
// @ts-expect-error a state of another shape
await simulate(withState, { send, invariant: ({ state }) => void state.cache });
// @ts-expect-error what is sent does not fit its channel
await simulate(withState, { send: [(s) => s.send(plain, { m: 1 })], invariant: atLeastOnce });
// @ts-expect-error a replay has no runs
await replay(withState, { seed: 0, steps: [] }, { send, invariant: atLeastOnce, runs: 1 });
