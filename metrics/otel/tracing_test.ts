import { trace } from "@opentelemetry/api";
import {
  batchSubscriber,
  bytes,
  channel,
  map,
  out,
  parallel,
  pipeline,
  reject,
  reply,
  retry,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import { tracing } from "@ruststream/metrics/otel";
import assert from "node:assert/strict";
import { foreign, info, Sdk, traced } from "./_sdk_test.ts";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const dead = bytes("dead");
const own = <R>(name: string, run: () => R): R =>
  trace.getTracer("user").startActiveSpan(name, (span) => {
    span.end();
    return run();
  });

test("tracing() makes one trace of a request that crosses two services", async () => {
  await using sdk = new Sdk();
  const amount = channel<number>("amounts");
  const asks = { payload: type<string>(), reply: amount };
  const prices = channel("prices", asks);
  const stock = channel("stock", asks);
  const office = traced(new RustStream(info)).withBroker(
    new MemoryBroker({ name: "office" }),
    (b) => b.include(subscriber(stock, () => own("look", () => 7))),
  );
  await using there = await office.start();
  const connection = there.connections.get("office");
  const asked = traced(new RustStream(info)).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(
        subscriber(
          prices,
          { out: { stock: out(stock).requests() } },
          async (sku, { out: { stock } }) =>
            2 * await stock.request(sku, { timeoutMs: 1_000 }),
        ),
        { out: { stock: { open: () => connection?.publisher as never } } },
      ),
  );
  await using here = await asked.start();
  const broker = here.publisherOf(new MemoryBroker());

  const price = await own(
    "ask",
    () => broker.request(prices, "mug", { timeoutMs: 1_000 }),
  );

  assert.equal(price, 14);
  assert.deepEqual(sdk.tree(), [
    "ask",
    "  request prices",
    "    process prices",
    "      request stock",
    "        process stock",
    "          look",
    "          send amounts",
    "      send amounts",
  ]);
});

test("tracing() begins a trace with a batch, linked to each message, and goes on with what it publishes", async () => {
  await using sdk = new Sdk();
  const audit = channel<number>("audit");
  const file = batchSubscriber(
    orders,
    {
      max: 2,
      waitMs: 10,
      reply: channel<number>("filed"),
      out: { audit: out(audit) },
    },
    async (batch, ctx) => {
      await ctx.out.audit.publish(batch.length);
      return batch.map(({ payload }) => reply(payload.id));
    },
  );
  const app = traced(new RustStream(info))
    .withBroker(new MemoryBroker(), (b) => b.include(file));
  await using t = await testApp(app);

  for (const id of [1, 2]) await t.send(orders, { id });
  await t.advance(10);

  // A test publishes beneath the application, so these messages bring no context.
  assert.deepEqual(sdk.tree(), [
    "process orders",
    "  send audit",
    "  send filed",
    "  send filed",
  ]);
  assert.equal(
    sdk.span("process orders").attributes["messaging.batch.message_count"],
    2,
  );
});

test("tracing() links a batch to its messages, whose traces it does not join", async () => {
  await using sdk = new Sdk();
  const file = batchSubscriber(orders, { max: 2, waitMs: 20 }, () => {});
  const app = traced(new RustStream(info))
    .withBroker(new MemoryBroker(), (b) => b.include(file));
  await using running = await app.start();

  await own("first", () => running.publisher.publish(orders, { id: 1 }));
  await own("second", () => running.publisher.publish(orders, { id: 2 }));
  await running.stop();

  assert.deepEqual(sdk.tree(), [
    "first",
    "  send orders",
    "process orders -> send orders, send orders",
    "second",
    "  send orders",
  ]);
});

test("tracing() has a dead letter go on from the last run of its message", async () => {
  await using sdk = new Sdk();
  const counted = Promise.withResolvers<void>();
  const count = subscriber(dead, () => own("count", counted.resolve));
  const take = subscriber(
    orders,
    {
      deadLetter: dead,
      retry: { maxAttempts: 2, backoff: { initialMs: 1, maxMs: 1 } },
    },
    () => {
      throw new RangeError("no such order");
    },
  );
  const app = traced(new RustStream(info))
    .withBroker(new MemoryBroker(), (b) => b.include(take).include(count));
  await using running = await app.start();

  await running.publisher.publish(orders, { id: 1 });
  await counted.promise;
  await running.stop();

  assert.deepEqual(sdk.tree(), [
    "send orders",
    "  process orders",
    "  process orders",
    "    send dead",
    "      process dead",
    "        count",
  ]);
  const [first, last] = sdk.spans
    .filter(({ name }) => name === "process orders");
  assert.equal(first?.attributes["ruststream.attempt"], 1);
  assert.equal(last?.attributes["ruststream.attempt"], 2);
  assert.equal(last?.attributes["error.type"], "RangeError");
  assert.deepEqual(last?.status, { code: 2, message: "no such order" });
  assert.deepEqual(last?.events.map(({ name }) => name), ["exception"]);
});

test("tracing() has a dead letter that no handler got go on from its message", async () => {
  await using sdk = new Sdk();
  const app = traced(new RustStream(info)).withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, { deadLetter: dead }, () => {})),
  );
  await using running = await app.start();

  await running.publisher.publish(
    bytes("orders"),
    new TextEncoder().encode("{"),
  );
  await running.stop();

  assert.deepEqual(sdk.tree(), ["send orders", "  send dead"]);
});

test("tracing() says what a span is about, and nothing of the payload", async () => {
  await using sdk = new Sdk();
  const placed = channel("orders.{shop}", { payload: type<Order>() });
  const take = subscriber(
    placed,
    { name: "take", group: "shop", reply: channel<Order>("done") },
    (order) => order,
  );
  const app = traced(new RustStream(info), { system: "in-process" })
    .withBroker(new MemoryBroker(), (b) => b.include(take));
  await using running = await app.start();

  await running.publisher.publish(placed, { id: 4_711 }, {
    params: { shop: "acme" },
    headers: { "message-id": "m-1", "correlation-id": "c-1" },
  });
  await running.stop();

  const common = {
    "messaging.system": "in-process",
    "messaging.message.body.size": 11,
    "ruststream.broker": "memory",
  };
  const ofMessage = {
    "messaging.destination.template": "orders.{shop}",
    "messaging.destination.name": "orders.acme",
    "messaging.message.id": "m-1",
    "messaging.message.conversation_id": "c-1",
  };
  assert.deepEqual({ ...sdk.span("send orders.{shop}").attributes }, {
    ...common,
    ...ofMessage,
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "ruststream.publish.kind": "publish",
  });
  const { "messaging.message.id": _id, ...processed } =
    sdk.span("process orders.{shop}").attributes;
  const { "messaging.message.id": _sent, ...expected } = ofMessage;
  assert.deepEqual(processed, {
    ...common,
    ...expected,
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.consumer.group.name": "shop",
    "ruststream.subscriber": "take",
    "ruststream.attempt": 1,
    "ruststream.outcome": "reply",
  });
  const { "messaging.message.id": id, ...replied } =
    sdk.span("send done").attributes;
  assert.equal(typeof id, "string");
  assert.deepEqual(replied, {
    ...common,
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": "done",
    "ruststream.publish.kind": "reply",
    "ruststream.subscriber": "take",
  });
  assert.deepEqual(
    sdk.spans.map(({ name, kind }) => [name, kind]).sort(),
    [["process orders.{shop}", 4], ["send done", 3], ["send orders.{shop}", 3]],
  );
});

test("tracing() calls what a handler said its outcome", async () => {
  await using sdk = new Sdk();
  const take = subscriber(
    orders,
    { concurrency: 1 },
    ({ id }) => id === 0 ? reject("no") : id === 1 ? retry() : undefined,
  );
  const app = traced(new RustStream(info))
    .withBroker(new MemoryBroker(), (b) => b.include(take));
  await using t = await testApp(app);

  for (const id of [0, 1, 2]) await t.send(orders, { id });

  assert.deepEqual(
    sdk.spans.slice(0, 3).map(({ attributes }) =>
      attributes["ruststream.outcome"]
    ),
    ["reject", "retry", "ack"],
  );
});

test("tracing() keeps the stages and sinks of a pipeline with their delivery, whenever their turn comes", async () => {
  await using sdk = new Sdk();
  const large = channel<Order>("large");
  const sieve = pipeline(
    orders,
    { name: "sieve" },
    (source, { sinkTo }) =>
      source
        .pipeThrough(parallel(
          1,
          map(async (order: Order) => {
            await Promise.resolve();
            return own(`stage ${order.id}`, () => order);
          }),
        ))
        .pipeTo(sinkTo(large)),
  );
  const app = traced(new RustStream(info))
    .withBroker(new MemoryBroker(), (b) => b.include(sieve));
  await using running = await app.start();

  for (const id of [1, 2]) {
    await own(`make ${id}`, () => running.publisher.publish(orders, { id }));
  }
  await running.stop();

  assert.deepEqual(
    sdk.tree(),
    [1, 2].flatMap((id) => [
      `make ${id}`,
      "  send orders",
      "    process orders",
      "      send large",
      `      stage ${id}`,
    ]),
  );
});

test("tracing().exemplar says of each run whose span is kept how that is found", async () => {
  await using sdk = new Sdk();
  const { middleware, exemplar } = tracing({
    skip: ({ mounted }) => mounted.subscriber === "quiet",
  });
  const seen: Record<string, unknown> = {};
  const app = new RustStream(info).use(middleware).observe({
    finished: (event) => void (seen[event.subscriber] = exemplar(event)),
  }).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(orders, { name: "take" }, () => {}))
        .include(subscriber(orders, { name: "quiet" }, () => {})),
  );
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 }, {
    headers: { traceparent: foreign.header },
  });

  const { spanId } = sdk.span("process orders").spanContext();
  assert.deepEqual(seen["take"], {
    trace_id: foreign.traceId,
    span_id: spanId,
  });
  assert.deepEqual(Object.keys(seen).sort(), ["quiet", "take"]);
  assert.equal(seen["quiet"], undefined);
});
