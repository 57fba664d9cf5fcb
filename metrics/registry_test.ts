import { channel, RustStream, subscriber } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import { type MetricRegistry, metrics } from "@ruststream/metrics";
import assert from "node:assert/strict";
import { AggregatorRegistry, Counter, Gauge, Registry } from "prom-client";
import { readPage } from "./_kit_test.ts";

const orders = channel<number>("orders");
const received = "ruststream_messages_received_total";

async function run(
  registry: MetricRegistry,
): Promise<void> {
  const counted = metrics({ registry });
  const app = new RustStream({ title: "shop", version: "0.1.0" })
    .observe(counted)
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(orders, { group: "g" }, () => {})),
    );
  const running = await app.start();
  for (let id = 0; id < 3; id++) await running.publisher.publish(orders, id);
  await running.stop();
}

/** What prom-client writes, without the lines that it puts between families. */
async function scraped(
  registry: Pick<Registry, "metrics">,
): Promise<string> {
  return (await registry.metrics()).replaceAll("\n\n", "\n");
}

test("metrics({ registry }) shows its metrics beside the user's own, with the default labels", async () => {
  const registry = new Registry();
  registry.setDefaultLabels({ app: "shop" });
  new Counter({ name: "own_total", help: "Own.", registers: [registry] }).inc();

  await run(registry);

  const { values } = readPage(await scraped(registry));
  const start =
    `${received}{broker="memory",subscriber="orders",template="orders"`;
  assert.equal(values.get(`${start},app="shop"}`), 3);
  assert.equal(values.get('own_total{app="shop"}'), 1);
  const count = "ruststream_handler_duration_seconds_count";
  assert.equal(
    values.get(
      `${count}{broker="memory",subscriber="orders",template="orders",app="shop"}`,
    ),
    3,
  );
});

test("metrics({ registry }) is lawful OpenMetrics where the registry writes that", async () => {
  const registry = new Registry();
  registry.setContentType(
    Registry.OPENMETRICS_CONTENT_TYPE as unknown as typeof registry.contentType,
  );

  await run(registry);

  const { values } = readPage(await scraped(registry), "openmetrics");
  assert.equal(
    values.get(
      `${received}{broker="memory",subscriber="orders",template="orders"}`,
    ),
    3,
  );
});

test("metrics({ registry }) of several processes can be added up", async () => {
  const parts: object[][] = [];
  for (let process = 0; process < 2; process++) {
    const registry = new Registry();
    await run(registry);
    parts.push(await registry.getMetricsAsJSON());
  }

  const all = AggregatorRegistry.aggregate(parts);

  const { values } = readPage(await scraped(all));
  assert.equal(
    values.get(
      `${received}{broker="memory",subscriber="orders",template="orders"}`,
    ),
    6,
  );
});

test("metrics({ registry }) is refused by a registry that has the same names", () => {
  const registry = new Registry();
  metrics({ registry });

  assert.throws(() => metrics({ registry }), /already been registered/);
  assert.doesNotThrow(() => metrics({ registry, prefix: "other_" }));
});

test("metrics({ registry }) leaves nothing behind in a registry that has one of the names", async () => {
  const registry = new Registry();
  const clash = new Gauge({
    ...{ name: "ruststream_app_state", help: "Own.", registers: [registry] },
  });

  assert.throws(() => metrics({ registry }), /app_state has already been/);

  const names = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  assert.deepEqual(names, ["ruststream_app_state"]);
  assert.equal(registry.getSingleMetric("ruststream_app_state"), clash);
});
