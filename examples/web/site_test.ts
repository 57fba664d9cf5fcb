import {
  consoleLogger,
  type Logger,
  type Middleware,
  RustStream,
} from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { type TestApp, testApp, VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { app, broker } from "./app.ts";

import { quote, takeOrder } from "./shop.ts";
import { type Service, siteOf } from "./site.ts";

const ready = { live: true, ready: true, brokers: {} };

/** The site in front of an application under test. */
function siteOn(publisher: Service["publisher"]) {
  return siteOf({ publisher, health: () => ready });
}

function post(t: TestApp<unknown>, body: string): Promise<Response> {
  return Promise.resolve(
    siteOn(t).request("/orders", { method: "POST", body }),
  );
}

function ask(t: TestApp<unknown>, path: string): Promise<Response> {
  return Promise.resolve(siteOn(t).request(path));
}

/** Each handler begins so much later. */
function late(ms: number): Middleware {
  return (next) => async (ctx) => {
    await ctx.clock.sleep(ms);
    return await next(ctx);
  };
}

/** A site whose service fails in one way. */
function siteThatFails(error: unknown, log: Logger = consoleLogger) {
  const fail = () => Promise.reject(error);
  const publisher = { publish: fail, request: fail };
  return siteOf({ publisher, health: () => ready, log });
}

test("POST /orders publishes what fits the channel's schema", async () => {
  await using t = await testApp(app);

  const response = await post(t, '{"id":7,"sku":"tea"}');

  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), { id: 7 });
  t.subscriber(takeOrder)
    .calledOnceWith({ id: 7, sku: "tea", quantity: 1 })
    .acked();
  assert.deepEqual([...t.state.orders.keys()], [7]);
});

test("POST /orders answers 400 to what is no order, and says why", async () => {
  await using t = await testApp(app);

  const responses = [
    await post(t, '{"id":0,"sku":"tea"}'),
    await post(t, "null"),
    await post(t, "{"),
    await post(t, ""),
  ];

  const errors: string[] = [];
  for (const response of responses) {
    assert.equal(response.status, 400);
    errors.push((await response.json()).error);
  }
  assert.match(
    errors[0] ?? "",
    /^Cannot publish to "orders.placed": .*schema refuses, id: /,
  );
  assert.match(errors[1] ?? "", /schema refuses/);
  assert.deepEqual(errors.slice(2), Array(2).fill("the body is not JSON"));
  t.subscriber(takeOrder).notCalled();
});

test("POST /orders answers 413 where the broker takes no such body", async () => {
  const shop = new MemoryBroker({ name: "shop", maxBodyBytes: 100 });
  await using t = await testApp(app, { brokers: { shop } });

  const response = await post(t, `{"id":7,"sku":"${"x".repeat(100)}"}`);

  assert.equal(response.status, 413);
});

test("POST /orders answers 503 where the broker has no room", async () => {
  const shop = new MemoryBroker({
    name: "shop",
    capacity: 1,
    publishTimeoutMs: 10,
  });
  await using t = await testApp(app, {
    brokers: { shop },
    middleware: [late(60_000)],
  });
  const statuses: number[] = [];

  for (let id = 1; !statuses.includes(503) && id < 1_000; id++) {
    statuses.push((await post(t, `{"id":${id},"sku":"tea"}`)).status);
  }

  assert.equal(statuses.at(-1), 503);
  assert.equal(new Set(statuses.slice(0, -1)).size, 1);
  await t.advance(3_600_000);
  // What was accepted is taken, and nothing else.
  assert.equal(t.state.orders.size, statuses.length - 1);
});

test("GET /quotes/:sku asks, and gives the reply", async () => {
  await using t = await testApp(app);

  const response = await ask(t, "/quotes/tea");

  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { sku: "tea", cents: 450 });
  t.subscriber(quote).calledOnceWith({ sku: "tea" });
});

test("GET /quotes/:sku takes any name, and answers 404 where nobody sells it", async () => {
  await using t = await testApp(app);

  const response = await ask(t, "/quotes/a.b%20%7Bc%7D%2F*");

  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), { sku: "a.b {c}/*" });
});

test("GET /quotes/:sku answers 502 where whoever was asked fails, at the first attempt", async () => {
  await using t = await testApp(app, {
    state: {
      centsOf: () => {
        throw new Error("the till is on fire");
      },
      orders: new Map(),
    },
  });

  const response = await ask(t, "/quotes/tea");

  assert.equal(response.status, 502);
  // The client has no business with what is wrong here.
  assert.deepEqual(await response.json(), { error: "remote" });
  t.subscriber(quote).calledOnce().rejected();
});

test("GET /quotes/:sku answers 502 where the price is none", async () => {
  await using t = await testApp(app, {
    state: { centsOf: () => -1, orders: new Map() },
  });

  assert.equal((await ask(t, "/quotes/tea")).status, 502);
});

test("GET /quotes/:sku answers 503 where nobody can be asked", async () => {
  const info = { title: "nobody", version: "1.0.0" };
  await using t = await testApp(
    new RustStream(info).withBroker(new MemoryBroker()),
  );

  const response = await ask(t, "/quotes/tea");

  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { error: "no-responder" });
});

test("GET /quotes/:sku answers 504 after a second", async () => {
  await using t = await testApp(app, { middleware: [late(5_000)] });

  const response = await ask(t, "/quotes/tea");

  assert.equal(response.status, 504);
  assert.equal(t.now, 1_000);
});

test("a failure that may pass is a 503, a reply that does not fit a 502, and what is wrong here a 500", async () => {
  const codes = ["connection", "closed", "bad-reply", "denied"] as const;
  const statuses: number[] = [];

  for (const code of codes) {
    const site = siteThatFails(new MessagingError(code, "Cannot: it failed"));
    statuses.push((await site.request("/quotes/tea")).status);
  }

  assert.deepEqual(statuses, [503, 503, 502, 500]);
});

test("a fault of the site is a 500 that tells the client nothing, and the log all", async () => {
  const fault = new TypeError("a secret");
  const told: unknown[] = [];
  const error = (...said: unknown[]) => void told.push(said);
  const site = siteThatFails(fault, { ...consoleLogger, error });

  const response = await site.request("/quotes/tea");

  assert.equal(response.status, 500);
  assert.deepEqual(await response.json(), { error: "internal" });
  assert.deepEqual(told, [["Cannot answer GET /quotes/tea", { error: fault }]]);
});

test("/readyz says no from the beginning of a stop, and /livez at its end", async () => {
  const clock = new VirtualClock();
  const running = await app.start({ clock, readyDelayMs: 5_000 });
  const site = siteOf({
    publisher: running.publisherOf(broker),
    health: () => running.health(),
  });
  const look = async () => [
    (await site.request("/livez")).status,
    (await site.request("/readyz")).status,
    (await site.request("/orders", {
      method: "POST",
      body: '{"id":1,"sku":"tea"}',
    })).status,
  ];
  const before = await look();

  const stopping = running.stop();
  const during = await look();
  await clock.advance(5_000);
  const report = await stopping;
  const after = await look();

  assert.deepEqual(before, [200, 200, 202]);
  assert.deepEqual(during, [200, 503, 202]);
  assert.deepEqual(after, [503, 503, 503]);
  assert.deepEqual(report, { settled: 2, returned: 0, lost: 0 });
});
