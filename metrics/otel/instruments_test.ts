import { metrics } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  batchSubscriber,
  bytes,
  channel,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import { instruments } from "@ruststream/metrics/otel";
import assert from "node:assert/strict";

interface Order {
  readonly id: number;
}

/** The SDK for metrics, until it is disposed of. */
class Meters implements AsyncDisposable {
  readonly #exporter = new InMemoryMetricExporter(
    AggregationTemporality.CUMULATIVE,
  );
  readonly #provider = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter: this.#exporter,
        exportIntervalMillis: 2 ** 30,
      }),
    ],
  });

  constructor() {
    metrics.setGlobalMeterProvider(this.#provider);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    metrics.disable();
    await this.#provider.shutdown();
  }

  /** Values by instrument, each with what it is told apart by; of a histogram the count. */
  async values(): Promise<Record<string, Record<string, unknown>>> {
    await this.#provider.forceFlush();
    const found = this.#exporter.getMetrics().at(-1)?.scopeMetrics
      .flatMap(({ metrics }) => metrics) ?? [];
    return Object.fromEntries(found.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      Object.fromEntries(dataPoints.map(({ attributes, value }) => [
        [
          "messaging.destination.name",
          "messaging.destination.template",
          "ruststream.outcome",
          "ruststream.reason",
          "ruststream.state",
          "ruststream.event",
          "ruststream.code",
          "ruststream.publish.kind",
          "error.type",
        ].flatMap((name) => attributes[name] ?? []).join(" "),
        typeof value === "number" ? value : value.count,
      ])),
    ]));
  }
}

test("instruments() measures deliveries, handlers, publishes, brokers and the application", async () => {
  await using meters = new Meters();
  const placed = channel("orders.{shop}", { payload: type<Order>() });
  const done = channel<Order>("done");
  const app = new RustStream({ title: "shop", version: "1.0.0" }, {
    retry: { maxAttempts: 1 },
    deadLetter: bytes("dead"),
  })
    .observe(instruments())
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(subscriber(placed, { reply: done }, (order) => {
          if (order.id === 3) throw new RangeError("no");
          return order;
        })).include(batchSubscriber(done, { max: 8, waitMs: 10 }, () => {})),
    );
  await using t = await testApp(app);
  const params = { shop: "acme" };

  for (const id of [1, 2, 3]) await t.send(placed, { id }, { params });
  await t.publish(
    bytes("orders.{shop}"),
    new TextEncoder().encode("{"),
    { params },
  );
  await t.advance(10);

  assert.deepEqual(await meters.values(), {
    "messaging.client.consumed.messages": { "orders.{shop}": 4, "done": 2 },
    "messaging.client.sent.messages": {
      "done reply": 2,
      "dead dead-letter": 2,
    },
    "messaging.client.operation.duration": {
      "done reply": 2,
      "dead dead-letter": 2,
    },
    "messaging.process.duration": {
      "orders.{shop}": 2,
      "orders.{shop} RangeError": 1,
      "done": 1,
    },
    "ruststream.messages.settled": {
      "orders.{shop} ack": 2,
      "orders.{shop} dead-letter": 2,
      "done ack": 2,
    },
    "ruststream.messages.undecodable": { "orders.{shop} codec": 1 },
    "ruststream.messages.in_flight": { "orders.{shop}": 0, "done": 0 },
    "ruststream.message.queue_time": { "orders.{shop}": 3, "done": 2 },
    "ruststream.message.body.size": {
      "orders.{shop}": 4,
      "done": 2,
      "done reply": 2,
      "dead dead-letter": 2,
    },
    "ruststream.batch.size": { "done": 1 },
    "ruststream.broker.events": { "connected": 1 },
    "ruststream.app.state": {
      "starting": 0,
      "running": 1,
      "stopping": 0,
      "stopped": 0,
      "failed": 0,
    },
  });
});

test("instruments() calls an address by its template, however many there are", async () => {
  await using meters = new Meters();
  const observer = instruments({ system: (broker) => `my ${broker}` });
  for (let id = 0; id < 1_000; id++) {
    observer.received?.({
      subscriber: "take",
      template: "orders.{id}",
      broker: "memory",
      address: `orders.${id}`,
      attempt: 1,
      bytes: 1,
      at: 0,
      delivery: { message: { address: "a", body: new Uint8Array(1) } },
    });
  }

  observer.notice?.({ level: "warn", code: "failing", message: "no" });

  assert.deepEqual(await meters.values(), {
    "ruststream.notices": { "failing": 1 },
    "messaging.client.consumed.messages": { "orders.{id}": 1_000 },
    "ruststream.message.body.size": { "orders.{id}": 1_000 },
  });
});

test("instruments() measures by an SDK that is set up after them", async () => {
  const observer = instruments();
  const orders = channel("orders", { payload: type<Order>() });
  const app = new RustStream({ title: "shop", version: "1.0.0" })
    .observe(observer)
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(orders, () => {})),
    );
  const early = await app.start();
  await early.stop();
  await using meters = new Meters();

  const running = await app.start();
  await running.publisher.publish(orders, { id: 1 });
  await running.stop();

  const values = await meters.values();
  assert.equal(values["messaging.client.consumed.messages"]?.["orders"], 1);
  assert.equal(values["ruststream.app.state"]?.["stopped"], 1);
});

test("instruments() refuses options that cannot be meant", () => {
  assert.throws(() => instruments({ clock: 1 } as never), {
    name: "TypeError",
    message: /Cannot make instruments with "clock": expected an object/,
  });
});
