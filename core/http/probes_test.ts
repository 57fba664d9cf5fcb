import { test } from "@ruststream/conformance/runner";
import { channel, subscriber } from "@ruststream/core";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { ask, AwayBroker, quietApp, told } from "./_kit_test.ts";
import { controlPlane } from "./control_plane.ts";

const json = { headers: { accept: "application/json" } };
const orders = channel<{ id: number }>("orders");

test("/readyz and /livez go with the application: not ready before readyDelayMs and the drain, live until it has stopped", async () => {
  const clock = new VirtualClock();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const { app } = quietApp();
  app.withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => gate)),
  );
  const control = controlPlane({ app });
  const look = async () => [
    await told(ask(control, "/livez")),
    await told(ask(control, "/readyz")),
  ];
  const seen = [await look()];

  const running = await app.start({ clock, readyDelayMs: 5_000 });
  await running.publisher.publish(orders, { id: 1 });
  seen.push(await look());
  const stopping = running.stop();
  seen.push(await look());
  await clock.advance(5_000);
  // The delay is over, and a handler is still at work.
  seen.push(await look());
  open();
  const report = await stopping;
  seen.push(await look());

  assert.deepEqual(seen, [
    [[200, "live\n"], [503, "not ready: not-started\n"]],
    [[200, "live\n"], [200, "ready\n"]],
    [[200, "live\n"], [503, "not ready: stopping\n"]],
    [[200, "live\n"], [503, "not ready: stopping\n"]],
    [[503, "not live: stopped\n"], [503, "not ready: stopped\n"]],
  ]);
  assert.deepEqual(report, { settled: 1, returned: 0, lost: 0 });
});

test("/readyz says which broker is away and since when, and /livez does not mind", async () => {
  const clock = new VirtualClock({ startMs: 1_000 });
  const broker = new AwayBroker();
  const { app } = quietApp();
  app.withBroker(broker);
  const control = controlPlane({ app });
  await using _running = await app.start({ clock });
  await clock.advance(500);

  broker.away(true);
  const live = await told(ask(control, "/livez", json));
  const away = await told(ask(control, "/readyz"));
  const detail = await (await ask(control, "/readyz", json)).json();
  broker.away(false);
  const back = await (await ask(control, "/readyz", json)).json();

  assert.deepEqual(live, [200, '{"live":true,"state":"running"}\n']);
  assert.deepEqual(away, [503, "not ready: orders is reconnecting\n"]);
  const since = "1970-01-01T00:00:01.500Z";
  assert.deepEqual(detail, {
    ready: false,
    state: "running",
    brokers: [{ name: "orders", state: "reconnecting", since }],
  });
  assert.deepEqual(back.brokers, [{
    name: "orders",
    state: "connected",
    since,
  }]);
});

test("/readyz says which broker a start waits for", async () => {
  const { app } = quietApp();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const slow = new AwayBroker();
  app.withBroker({
    name: slow.name,
    guarantees: slow.guarantees,
    describe: () => [],
    connect: async (options) => {
      await gate;
      return await slow.connect(options);
    },
  });
  const control = controlPlane({ app });

  const starting = app.start();
  await Promise.resolve();
  const during = await told(ask(control, "/readyz"));
  open();
  await (await starting).stop();

  assert.deepEqual(during, [503, "not ready: orders is connecting\n"]);
});

test("/livez says 503 once the application has failed", async () => {
  const { app } = quietApp();
  app.afterStart(() => {
    throw new Error("a secret");
  });
  const control = controlPlane({ app });

  await assert.rejects(app.start());

  assert.deepEqual(await told(ask(control, "/livez")), [
    503,
    "not live: failed\n",
  ]);
});

test("a probe is answered whatever it accepts", async () => {
  const { app } = quietApp();
  const control = controlPlane({ app });
  const accept = { headers: { accept: "image/png, text/*;q=0" } };

  const response = await ask(control, "/livez", accept);

  assert.equal(response.status, 200);
  assert.equal(
    response.headers.get("content-type"),
    "text/plain; charset=utf-8",
  );
});
