import {
  batchSubscriber,
  bytes,
  channel,
  type Observer,
  out,
  reject,
  retry,
  RustStream,
  type Settings,
  subscriber,
  type,
} from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import { metrics, type MetricsOptions } from "@ruststream/metrics";
import assert from "node:assert/strict";
import { readPage, shown, TestClock } from "./_kit_test.ts";

interface Order {
  readonly id: number;
}

const orders = channel("orders.{id}", { payload: type<Order>() });
const own = '{broker="memory",subscriber="mine",template="orders.{id}"}';

/** An application of one subscriber, "mine", and its metrics on one clock. */
async function start(
  take: unknown,
  settings: Settings = {},
  options: MetricsOptions = {},
) {
  const clock = new TestClock({ startMs: 1_000 });
  const counted = metrics({ clock, ...options });
  const app = new RustStream({
    title: "shop",
    version: "0.1.0",
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  }).observe(counted).withBroker(
    new MemoryBroker(),
    (b) => b.include(take as never),
    { group: "workers", ...settings },
  );
  const running = await app.start({ clock });
  const send = async (...ids: readonly number[]): Promise<void> => {
    for (const id of ids) {
      await running.publisher.publish(orders, { id }, {
        params: { id: `${id}` },
      });
    }
    await clock.advance(0);
  };
  return { clock, counted, running, send };
}

test("metrics() counts how deliveries end", async () => {
  const { counted, running, send, clock } = await start(
    subscriber(orders, { name: "mine" }, (order) => {
      if (order.id === 2) return reject("no");
      if (order.id === 3) throw new RangeError("no");
      return undefined;
    }),
    { onExhausted: "reject", retry: { maxAttempts: 1 } },
  );

  await send(1, 2, 3, 4);
  await clock.advance(0);

  const outcomes = await shown(counted, "messages_settled_total");
  const of = (outcome: string) => `${own.slice(0, -1)},outcome="${outcome}"}`;
  assert.equal(outcomes[of("ack")], 2);
  assert.equal(outcomes[of("reject")], 2);
  assert.equal(outcomes[of("release")], 0);
  assert.deepEqual(await shown(counted, "messages_received_total"), {
    [own]: 4,
  });
  assert.deepEqual(await shown(counted, "handler_errors_total"), {
    [`${own.slice(0, -1)},error_type="RangeError"}`]: 1,
  });
  await running.stop();
});

test("metrics() counts dead letters, and that they were published", async () => {
  const { counted, running, send } = await start(
    subscriber(orders, { name: "mine", deadLetter: bytes("dead") }, () => {
      throw new Error("no");
    }),
    { retry: { maxAttempts: 1 } },
  );

  await send(1);

  const outcomes = await shown(counted, "messages_settled_total");
  assert.equal(outcomes[`${own.slice(0, -1)},outcome="dead-letter"}`], 1);
  const published = await shown(counted, "messages_published_total");
  assert.equal(
    published[
      '{broker="memory",template="dead",kind="dead-letter",outcome="ok"}'
    ],
    1,
  );
  await running.stop();
});

test("metrics() shows how long handlers ran, and how many run", async () => {
  const { clock, counted, running, send } = await start(
    subscriber(
      orders,
      { name: "mine", concurrency: 2 },
      (_order, ctx) => ctx.clock.sleep(300),
    ),
  );

  await send(1, 2, 3);
  const during = await shown(counted, "messages_in_flight");
  await clock.advance(600);

  assert.deepEqual(during, { [own]: 2 });
  assert.deepEqual(await shown(counted, "messages_in_flight"), { [own]: 0 });
  assert.deepEqual(await shown(counted, "handler_concurrency_limit"), {
    [own]: 2,
  });
  const durations = await shown(counted, "handler_duration_seconds_bucket");
  assert.equal(durations[`${own.slice(0, -1)},le="0.25"}`], 0);
  assert.equal(durations[`${own.slice(0, -1)},le="0.5"}`], 3);
  const sum = await shown(counted, "handler_duration_seconds_sum");
  assert.ok(Math.abs((sum[own] ?? 0) - 0.9) < 1e-9);
  await running.stop();
});

test("metrics() shows how long messages waited before their first run, and counts later runs", async () => {
  const { clock, counted, running, send } = await start(
    subscriber(orders, { name: "mine" }, async (_order, ctx) => {
      await ctx.clock.sleep(2_000);
      return ctx.attempt === 1 ? retry({ afterMs: 10 }) : undefined;
    }),
  );

  await send(1, 2);
  await clock.advance(60_000);

  assert.deepEqual(await shown(counted, "message_queue_seconds_sum"), {
    [own]: 2,
  });
  assert.deepEqual(await shown(counted, "message_queue_seconds_count"), {
    [own]: 2,
  });
  assert.deepEqual(await shown(counted, "handler_retries_total"), { [own]: 2 });
  await running.stop();
});

test("metrics() counts what no handler got, by reason", async () => {
  const { counted, running, send } = await start(
    subscriber(orders, { name: "mine", maxBodyBytes: 8 }, () => {}),
    { undecodable: "reject" },
  );

  await send(1, 10, 100);

  assert.deepEqual(await shown(counted, "messages_undecodable_total"), {
    [`${own.slice(0, -1)},reason="too-large"}`]: 2,
  });
  assert.deepEqual(await shown(counted, "message_received_bytes_sum"), {
    [own]: 8 + 9 + 10,
  });
  await running.stop();
});

test("metrics() counts timeouts", async () => {
  const { clock, counted, running, send } = await start(
    subscriber(
      orders,
      { name: "mine", timeoutMs: 50 },
      (_order, ctx) =>
        ctx.attempt === 1
          ? ctx.clock.sleep(1_000, ctx.signal).catch(() => {})
          : undefined,
    ),
  );

  await send(1);
  await clock.advance(10_000);

  assert.deepEqual(await shown(counted, "handler_timeouts_total"), {
    [own]: 1,
  });
  const notices = await shown(counted, "notices_total");
  assert.equal(notices['{code="timed-out",subscriber="mine"}'], 1);
  await running.stop();
});

test("metrics() measures a batch once, and says how large it was", async () => {
  const { clock, counted, running, send } = await start(
    batchSubscriber(
      orders,
      { name: "mine", max: 3, waitMs: 10 },
      (_batch, ctx) => ctx.clock.sleep(300),
    ),
  );

  await send(1, 2, 3, 4);
  const during = await shown(counted, "messages_in_flight");
  await clock.advance(1_000);

  assert.deepEqual(during, { [own]: 3 });
  assert.deepEqual(await shown(counted, "messages_in_flight"), { [own]: 0 });
  assert.deepEqual(await shown(counted, "batch_messages_sum"), { [own]: 4 });
  assert.deepEqual(await shown(counted, "batch_messages_count"), { [own]: 2 });
  assert.deepEqual(await shown(counted, "handler_duration_seconds_count"), {
    [own]: 2,
  });
  await running.stop();
});

test("metrics() counts publishes by template, kind and outcome, with their time and length", async () => {
  const counted = metrics();
  const labels = { broker: "b", template: "receipts.{id}" } as const;
  const common = { ...labels, address: "receipts.1", bytes: 100, ms: 20 };

  counted.published?.({ ...common, kind: "publish" });
  counted.published?.({
    ...common,
    kind: "request",
    error: new MessagingError("timeout", "no"),
  });
  counted.published?.({ ...common, kind: "request", error: "text" });
  counted.published?.({ ...common, kind: "request", error: undefined });
  const abort = new DOMException("no", "AbortError");
  counted.published?.({ ...common, kind: "request", error: abort });

  const of = (kind: string) =>
    `{broker="b",template="receipts.{id}",kind="${kind}"`;
  assert.deepEqual(await shown(counted, "messages_published_total"), {
    [`${of("publish")},outcome="ok"}`]: 1,
    [`${of("request")},outcome="ok"}`]: 0,
    [`${of("request")},outcome="timeout"}`]: 1,
    [`${of("request")},outcome="error"}`]: 2,
    [`${of("request")},outcome="aborted"}`]: 1,
  });
  assert.deepEqual(await shown(counted, "publish_duration_seconds_sum"), {
    [`${of("publish")}}`]: 0.02,
    [`${of("request")}}`]: 0.08,
  });
  assert.deepEqual(await shown(counted, "message_published_bytes_sum"), {
    [`${of("publish")}}`]: 100,
    [`${of("request")}}`]: 400,
  });
});

test("metrics() counts what happens to a broker's connection", async () => {
  const counted = metrics();
  const tell = (event: object): void =>
    counted.broker?.(
      { broker: "nats", ...event } as Parameters<
        NonNullable<Observer["broker"]>
      >[0],
    );

  tell({ kind: "connected" });
  tell({ kind: "disconnected" });
  const away = await shown(counted, "broker_connected");
  tell({ kind: "connected" });
  tell({ kind: "reopened" });
  tell({ kind: "slow" });
  tell({ kind: "dropped", count: 3 });
  tell({ kind: "lost", count: 2 });

  const own = '{broker="nats"}';
  const values = await Promise.all([
    "broker_connected",
    "broker_reconnects_total",
    "broker_subscriptions_reopened_total",
    "broker_slow_consumers_total",
    "broker_messages_dropped_total",
    "broker_messages_lost_total",
  ].map(async (family) => (await shown(counted, family))[own]));
  assert.deepEqual(away, { [own]: 0 });
  assert.deepEqual(values, [1, 1, 1, 1, 3, 2]);
});

test("metrics() shows the state of the application", async () => {
  const { counted, clock, running, send } = await start(
    subscriber(
      orders,
      { name: "mine" },
      (_order, ctx) => ctx.clock.sleep(1_000),
    ),
  );
  const state = async () =>
    Object.entries(await shown(counted, "app_state"))
      .filter(([, value]) => value === 1).map(([key]) => key);

  const first = await state();
  await send(1);
  const stopped = running.stop();
  const then = await state();
  await clock.advance(1_000);
  await stopped;

  assert.deepEqual(first, ['{state="running"}']);
  assert.deepEqual(then, ['{state="stopping"}']);
  assert.deepEqual(await state(), ['{state="stopped"}']);
  assert.deepEqual(await shown(counted, "app_ready"), { "": 0 });
});

test("metrics() has each subscriber from the start, with nothing counted yet", async () => {
  const { counted, running } = await start(
    subscriber(orders, { name: "mine" }, () => {}),
  );

  assert.deepEqual(await shown(counted, "messages_received_total"), {
    [own]: 0,
  });
  await running.stop();
});

test("metrics() counts in an application under test too", async () => {
  const counted = metrics();
  const receipts = channel("receipts", { payload: type<Order>() });
  const app = new RustStream({ title: "shop", version: "0.1.0" })
    .observe(counted)
    .withBroker(new MemoryBroker(), (b) =>
      b.include(
        subscriber(
          orders,
          { name: "mine", out: { receipts: out(receipts) } },
          async ({ id }, ctx) => void await ctx.out.receipts.publish({ id }),
        ),
      ));
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 }, { params: { id: "1" } });

  const { values } = readPage(await counted.text());
  assert.equal(values.get(`ruststream_messages_received_total${own}`), 1);
  assert.equal(
    values.get(
      'ruststream_messages_published_total{broker="memory",template="receipts",kind="publish",outcome="ok"}',
    ),
    1,
  );
});

for (const format of ["text", "openmetrics"] as const) {
  test(`Metrics.text() of a whole run is lawful ${format}`, async () => {
    const { clock, counted, running, send } = await start(
      subscriber(orders, { name: "mine" }, ({ id }) => {
        if (id === 1) throw new Error("no");
      }),
    );
    await send(1, 2, 3);
    await clock.advance(10_000);

    const page = readPage(await counted.text(format), format);

    assert.ok(page.values.size > 50, `${page.values.size} series`);
    await running.stop();
  });
}
