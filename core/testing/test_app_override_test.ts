import {
  ack,
  channel,
  type Middleware,
  out,
  retry,
  RustStream,
  subscriber,
  subscribers,
} from "@ruststream/core";
import { faulty, testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info, orders, receipts, service } from "./_kit_test.ts";

interface Shop {
  readonly till: string[];
}
const mine = subscribers<Shop>();
const sell = mine.subscriber(orders, ({ id }, { state }) => {
  state.till.push(`order ${id}`);
});

/** A service whose own state must not be made. */
function shop(torn: string[]): RustStream<Shop> {
  return new RustStream(info)
    .withState((stack): Shop => {
      stack.defer(() => void torn.push("own"));
      return { till: [] };
    })
    .withBroker(new MemoryBroker(), (b) => b.include(sell));
}

test("testApp() uses a state instead of the application's own, which is not made", async () => {
  const torn: string[] = [];
  const state: Shop = { till: [] };
  const t = await testApp(shop(torn), { state });

  await t.publish(orders, { id: 1 });
  await t.stop();

  assert.equal(t.state, state);
  assert.deepEqual([state.till, torn], [["order 1"], []]);
});

test("testApp() makes a state where a function is given, and tears that one down", async () => {
  const torn: string[] = [];
  const t = await testApp(shop(torn), {
    state: (stack) => {
      stack.defer(() => void torn.push("given"));
      return { till: ["before"] };
    },
  });

  await t.publish(orders, { id: 1 });
  assert.deepEqual(t.state.till, ["before", "order 1"]);
  await t.stop();

  assert.deepEqual(torn, ["given"]);
});

test("testApp() makes other deps by name", async () => {
  const seen: unknown[] = [];
  const take = subscriber(
    orders,
    { deps: { rate: () => 1, shop: () => "own" } },
    (_order, { deps }) => void seen.push({ ...deps }),
  );
  await using t = await testApp(service(take), {
    deps: { rate: ({ clock }) => clock.now() + 9 },
  });

  await t.publish(orders, { id: 1 });

  assert.deepEqual(seen, [{ rate: 9, shop: "own" }]);
});

test("testApp() puts a broker in the place of another, also one that breaks", async () => {
  const take = subscriber(orders, () => retry());
  await using t = await testApp(service(take), {
    brokers: { memory: faulty(new MemoryBroker(), "loses-retry") },
  });

  await t.publish(orders, { id: 1 });
  await t.advance(60_000);

  t.subscriber(take).calledOnce().retried();
});

test("testApp() puts a middleware outermost", async () => {
  const order: string[] = [];
  const named = (name: string): Middleware => (next) => (ctx) => {
    order.push(name);
    return next(ctx);
  };
  const take = subscriber(orders, () => void order.push("handler"));
  const app = service(take).use(named("own"));
  await using t = await testApp(app, {
    middleware: [named("first"), named("second")],
  });
  await using answered = await testApp(app, {
    middleware: [() => () => ack()],
  });

  await t.publish(orders, { id: 1 });
  await answered.publish(orders, { id: 1 });

  assert.deepEqual(order, ["first", "second", "own", "handler"]);
  answered.subscriber(take).notCalled().acked();
});

test("testApp() says what there is to stand in for", async () => {
  const app = service(
    subscriber(channel("x"), { deps: { db: () => 1 } }, () => {}),
  );

  await assert.rejects(
    testApp(app, { brokers: { nats: new MemoryBroker() } }),
    /^TypeError: Cannot stand in for broker "nats": "shop" has only memory$/,
  );
  await assert.rejects(
    testApp(app, { deps: { bd: () => 1 } }),
    /^TypeError: Cannot stand in for dep "bd": "shop" has only db$/,
  );
});

test("testApp() runs the same on the real broker and the real clock", async () => {
  const take = subscriber(
    orders,
    {
      reply: receipts,
      retry: { backoff: { initialMs: 5, maxMs: 5, jitter: false } },
    },
    (order, { attempt }) => {
      if (attempt < 3) throw new Error("not yet");
      return order;
    },
  );
  const broker = new MemoryBroker();
  const app = new RustStream(info).withBroker(broker, (b) => b.include(take));
  const startedAt = Date.now();
  await using t = await testApp(app, { live: true, quietMs: 5 });

  await t.publish(orders, { id: 1 });
  await t.advance(60);

  t.subscriber(take).calledTimes(3).retried(2).acked(1);
  t.published(receipts).once({ id: 1 });
  assert.ok(t.now >= startedAt + 60);
  assert.deepEqual(await t.stop(), { settled: 3, returned: 0, lost: 0 });
});

test("testApp() gives up on a live application that does not come to rest", async () => {
  const gate = Promise.withResolvers<void>();
  const take = subscriber(orders, () => gate.promise);
  await using t = await testApp(service(take), {
    live: true,
    quietMs: 1,
    withinMs: 30,
  });

  await assert.rejects(t.publish(orders, { id: 1 }), {
    name: "UnrestError",
    message: /^Cannot come to rest in 30 ms: 1 still runs or waits/,
  });
  gate.resolve();
});

test("testApp() finds what a slot sends that has a name which all objects have", async () => {
  const told = channel<number>("told");
  const take = subscriber(
    channel<number>("taken"),
    { out: { constructor: out(told) } },
    async (n, ctx) => {
      await ctx.out.constructor.publish(n);
    },
  );
  const app = new RustStream({ title: "shop", version: "1.0.0" })
    .withBroker(new MemoryBroker(), (b) => b.include(take));
  await using t = await testApp(app);

  await t.publish(channel<number>("taken"), 7);

  t.subscriber(take).out("constructor").once(7);
});
