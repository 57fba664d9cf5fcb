// Pipelines as they are meant to be used, a line a case. Nothing here runs: `deno check` is the test, and what must not compile is pinned.
// deno-fmt-ignore-file
// deno-lint-ignore-file require-await
import * as z from "zod";
import type { Broker, Connection } from "@ruststream/core/contract";
import { batch, channel, filter, flatMap, map, parallel, pipeline, readable, RustStream, sinkTo, tap, through, withEach } from "@ruststream/core";

const orders = channel("orders.{tenant}", { payload: z.object({ id: z.number(), items: z.array(z.string()) }) });
const items = channel("items", { payload: z.object({ order: z.number(), item: z.string() }) });
const bulk = channel("bulk", { payload: z.array(z.object({ order: z.number(), item: z.string() })) });
declare const live: Connection; declare const broker: Broker<Connection>;
await readable(live, orders).pipeThrough(filter((o) => o.id > 0)).pipeThrough(flatMap((o) => o.items.map((item) => ({ order: o.id, item })))).pipeTo(sinkTo(live, items));
await readable(live, orders).pipeThrough(parallel(8, map(async (o) => ({ order: o.id, item: o.items[0] ?? "" })), { key: (o) => String(o.id) })).pipeThrough(batch({ max: 32 })).pipeThrough(map((b) => [...b])).pipeTo(sinkTo(live, bulk));
const p = pipeline(orders, { name: "explode", retry: { maxAttempts: 3 } }, (s, io) => s.pipeThrough(through(tap(() => {}), flatMap((o: { id: number; items: string[] }) => o.items.map((item) => ({ order: o.id, item }))))).pipeTo(io.sinkTo(items)));
new RustStream({ title: "x", version: "1.0.0" }).withBroker(broker, (b) => b.include(p));
for await (const r of readable(live, orders)) { const n: number = r.payload.id; void n; await r.settle(); }
await readable(live, orders).pipeThrough(withEach(() => new TransformStream<{ id: number; items: string[] }, { order: number; item: string }>())).pipeTo(sinkTo(live, items));
// @ts-expect-error a plain TransformStream of payloads loses what is owed
readable(live, orders).pipeThrough(new TransformStream<{ id: number }, { id: number }>());
// @ts-expect-error the wrong payload for the sink
readable(live, orders).pipeTo(sinkTo(live, items));

// @ts-expect-error parameters of the address are missing
sinkTo(live, orders, { params: () => ({}) });
// @ts-expect-error the order of the arguments
parallel(map(() => 1), 8);
// @ts-expect-error a key of another payload
parallel(8, map((o: { id: number }) => o.id), { key: (o: { name: string }) => o.name });
// @ts-expect-error a raw payload is not Received
readable(live, orders).readable.pipeTo(new WritableStream<{ id: number }>());
// @ts-expect-error a stage for another payload
readable(live, items).pipeThrough(map((o: { id: number }) => o.id));
// @ts-expect-error a settlement that is none
for await (const r of readable(live, orders)) await r.settle("ack");
new RustStream({ title: "x", version: "1.0.0" }).withBroker(broker, (b) => b.include(p, { name: "other", out: { items: { open: (c: Connection) => Promise.resolve(c.publisher) } } }));
// @ts-expect-error a sink that is none
new RustStream({ title: "x", version: "1.0.0" }).withBroker(broker, (b) => b.include(p, { out: { items: 5 } }));
// @ts-expect-error an unknown option
pipeline(orders, { concurrency: 3 }, (s, io) => s.pipeThrough(map(() => ({ order: 1, item: "" }))).pipeTo(io.sinkTo(items)));
readable(live, orders).pipeThrough(batch({ max: 2, waitMs: 5 })).pipeThrough(map((b) => { const n: number = b[0]?.id ?? 0; return { order: n, item: "" }; }, { timeoutMs: 5, name: "first" })).pipeTo(sinkTo(live, items), { signal: AbortSignal.timeout(5) });
