import { propagation, trace } from "@opentelemetry/api";
import {
  ack,
  bytes,
  channel,
  out,
  RustStream,
  subscriber,
} from "@ruststream/core";
import type { Message } from "@ruststream/core/contract";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { foreign, info, Sdk, traced } from "./_sdk_test.ts";
import type { TracingOptions } from "./tracing.ts";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const audit = channel<Order>("audit");
const done = channel<Order>("done");
const dead = bytes("dead");

/** What came, by address. */
type Came = Record<string, Message["headers"]>;

/** A shop that tells the audit, replies, and keeps what came where. */
function shop(came: Came, options?: TracingOptions) {
  const keep = (name: string) =>
    subscriber(
      bytes(name),
      { name: `keep ${name}` },
      (_body, { message }) => {
        came[name] = message.headers;
      },
    );
  const take = subscriber(
    orders,
    { out: { audit: out(audit) }, reply: done, deadLetter: dead },
    async (order, ctx) => {
      await ctx.out.audit.publish(order, {
        headers: ctx.message.headers ?? {},
      });
      if (order.id < 0) throw new RangeError("no");
      return order;
    },
  );
  return traced(
    new RustStream(info, { retry: { maxAttempts: 1 } }),
    options,
  ).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(take).include(keep("audit")).include(keep("done"))
        .include(keep("dead")),
  );
}

test("tracing() goes on with the trace and the baggage that a message brings, and hands both on", async () => {
  await using sdk = new Sdk();
  const came: Came = {};
  await using t = await testApp(shop(came));

  await t.publish(orders, { id: 1 }, {
    headers: {
      TraceParent: foreign.header,
      tracestate: "vendor=1",
      baggage: "tenant=acme",
    },
  });

  const processed = sdk.span("process orders");
  assert.equal(processed.spanContext().traceId, foreign.traceId);
  assert.equal(processed.parentSpanContext?.spanId, foreign.spanId);
  assert.deepEqual(processed.links.map(({ context }) => context.spanId), [
    foreign.spanId,
  ]);
  for (const name of ["audit", "done"]) {
    const { spanId } = sdk.span(`send ${name}`).spanContext();
    assert.deepEqual(came[name]?.getAll("traceparent"), [
      `00-${foreign.traceId}-${spanId}-01`,
    ]);
    assert.deepEqual(came[name]?.getAll("tracestate"), ["vendor=1"]);
    assert.deepEqual(came[name]?.getAll("baggage"), ["tenant=acme"]);
  }
  assert.equal(
    sdk.span("send audit").parentSpanContext?.spanId,
    processed.spanContext().spanId,
  );
});

test("tracing() replaces on a dead letter what its message brought", async () => {
  await using sdk = new Sdk();
  const came: Came = {};
  await using t = await testApp(shop(came));

  await t.publish(orders, { id: -1 }, {
    headers: { traceparent: foreign.header, baggage: "tenant=acme" },
  });

  const sent = sdk.span("send dead");
  assert.equal(
    sent.parentSpanContext?.spanId,
    sdk.span("process orders").spanContext().spanId,
  );
  assert.deepEqual(came["dead"]?.getAll("traceparent"), [
    `00-${foreign.traceId}-${sent.spanContext().spanId}-01`,
  ]);
  assert.deepEqual(came["dead"]?.getAll("baggage"), ["tenant=acme"]);
});

test("tracing() leaves a context that a message brings itself, and links to it", async () => {
  await using sdk = new Sdk();
  const came: Came = {};
  await using running = await shop(came).start();

  await running.publisher.publish(audit, { id: 1 }, {
    headers: { traceparent: foreign.header },
  });
  await running.stop();

  const sent = sdk.span("send audit");
  assert.notEqual(sent.spanContext().traceId, foreign.traceId);
  assert.deepEqual(sent.links.map(({ context }) => context.spanId), [
    foreign.spanId,
  ]);
  assert.equal(came["audit"]?.get("traceparent"), foreign.header);
});

test("tracing() begins a trace of its own where messages are only linked, and keeps their baggage", async () => {
  await using sdk = new Sdk();
  const came: Came = {};
  await using t = await testApp(shop(came, { relation: "link" }));

  await t.publish(orders, { id: 1 }, {
    headers: { traceparent: foreign.header, baggage: "tenant=acme" },
  });

  const processed = sdk.span("process orders");
  assert.equal(processed.parentSpanContext, undefined);
  assert.deepEqual(processed.links.map(({ context }) => context.spanId), [
    foreign.spanId,
  ]);
  assert.equal(came["done"]?.get("baggage"), "tenant=acme");
});

test("tracing() makes no spans of what is skipped, and lets the context through", async () => {
  await using sdk = new Sdk();
  const came: Came = {};
  const skip: TracingOptions["skip"] = ({ mounted }) =>
    mounted.subscriber === "orders";
  await using t = await testApp(shop(came, { skip }));

  await t.publish(orders, { id: 1 }, {
    headers: { traceparent: foreign.header },
  });

  assert.deepEqual(sdk.spans.map(({ name }) => name).sort(), [
    "process audit",
    "process done",
  ]);
  assert.equal(came["audit"]?.get("traceparent"), foreign.header);
  assert.equal(came["done"]?.get("traceparent"), foreign.header);
});

test("tracing() leaves alone what is not to be traced on its way out, and takes a question that fails for a no", async () => {
  await using sdk = new Sdk();
  const came: Came = {};
  const broken = (): never => {
    throw new Error("cannot say");
  };
  await using t = await testApp(shop(came, {
    skip: broken,
    skipPublish: ({ template }) => template === "done" || broken(),
  }));

  await t.publish(orders, { id: 1 });

  assert.equal(came["done"]?.has("traceparent"), false);
  assert.equal(came["audit"]?.has("traceparent"), true);
  assert.deepEqual(
    sdk.spans.filter(({ name }) => name.startsWith("send"))
      .map(({ name }) => name),
    ["send audit"],
  );
});

test("tracing() without an SDK lets the headers of W3C through, each delivery its own", async () => {
  const came: Came = {};
  const fields = {
    traceparent: foreign.header,
    tracestate: "vendor=1",
    baggage: "tenant=acme",
  };
  const all = Promise.withResolvers<void>();
  const by: { publish?: (order: Order) => Promise<unknown> } = {};
  const take = subscriber(
    orders,
    { concurrency: 2, out: { audit: out(audit) }, reply: done },
    async (order, ctx) => {
      await ctx.clock.sleep(order.id);
      await ctx.out.audit.publish(order);
      await by.publish?.(order);
      return order;
    },
  );
  const keep = (name: string) =>
    subscriber(
      channel<Order>(name),
      { name: `keep ${name}` },
      ({ id }, { message }) => {
        came[`${name} ${id}`] = message.headers;
        if (Object.keys(came).length === 6) all.resolve();
      },
    );
  const app = traced(new RustStream(info)).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(take).include(keep("audit")).include(keep("done"))
        .include(keep("by-hand")),
  );
  await using running = await app.start();
  by.publish = (order) =>
    running.publisher.publish(channel<Order>("by-hand"), order);

  await running.publisher.publish(orders, { id: 2 }, { headers: fields });
  await running.publisher.publish(orders, { id: 1 });
  await all.promise;
  await running.stop();

  for (const name of ["audit 2", "done 2", "by-hand 2"]) {
    const headers = came[name];
    const seen = Object.keys(fields).map((f) => [f, headers?.get(f)]);
    assert.deepEqual(Object.fromEntries(seen), fields, name);
  }
  for (const name of ["audit 1", "done 1", "by-hand 1"]) {
    assert.ok(Object.hasOwn(came, name), name);
    assert.notEqual(came[name]?.has("traceparent"), true, name);
  }
});

test("tracing() makes spans where there is no propagator, and lets the headers through", async () => {
  await using sdk = new Sdk(false);
  const came: Came = {};
  await using t = await testApp(shop(came));

  await t.publish(orders, { id: 1 }, {
    headers: { traceparent: foreign.header },
  });

  assert.equal(came["done"]?.get("traceparent"), foreign.header);
  assert.equal(
    sdk.span("send audit").parentSpanContext?.spanId,
    sdk.span("process orders").spanContext().spanId,
  );
});

test("tracing() ignores a context that is there twice or is none", async () => {
  await using sdk = new Sdk();
  await using t = await testApp(shop({}));

  await t.publish(orders, { id: 1 }, {
    headers: { traceparent: [foreign.header, foreign.header] },
  });
  await t.publish(orders, { id: 2 }, { headers: { traceparent: "nonsense" } });

  const parents = sdk.spans.filter(({ name }) => name === "process orders")
    .map(({ parentSpanContext: parent, links }) => [parent, links.length]);
  assert.deepEqual(parents, [[undefined, 0], [undefined, 0]]);
});

test("tracing() has the user's baggage and spans be those of the handler, also in its work for after", async () => {
  await using sdk = new Sdk();
  const seen: unknown[] = [];
  const look = (): void =>
    void seen.push([
      propagation.getActiveBaggage()?.getEntry("tenant")?.value,
      trace.getActiveSpan()?.spanContext().spanId,
    ]);
  const take = subscriber(orders, async () => {
    await Promise.resolve();
    look();
    return ack().andAfter(look);
  });
  const app = traced(new RustStream(info))
    .withBroker(new MemoryBroker(), (b) => b.include(take));
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 }, { headers: { baggage: "tenant=acme" } });

  const { spanId } = sdk.span("process orders").spanContext();
  assert.deepEqual(seen, [["acme", spanId], ["acme", spanId]]);
});
