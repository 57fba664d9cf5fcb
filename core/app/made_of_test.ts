import {
  ack,
  batchSubscriber,
  bytes,
  channel,
  type HandlerContext,
  map,
  mapOutcome,
  out,
  Outcome,
  pipeline,
  type PublishTarget,
  reply,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const done = channel<number>("done");
const info = { title: "shop", version: "1.0.0" };

/** An application whose middleware keeps what it sees. */
function seeing() {
  const handled: HandlerContext[] = [];
  const published: PublishTarget[] = [];
  const app = new RustStream(info, {
    retry: { maxAttempts: 1 },
    deadLetter: bytes("dead"),
  })
    .use((next) => (ctx) => {
      handled.push(ctx);
      return next(ctx);
    })
    .usePublish((next) => (message, to) => {
      published.push(to);
      return next(message, to);
    });
  return { app, handled, published };
}

test("a middleware sees what is mounted, and the deliveries it is about", async () => {
  const { app, handled } = seeing();
  const broker = new MemoryBroker();
  app.withBroker(
    broker,
    (b) =>
      b.include(subscriber(orders, { name: "one", group: "g" }, () => {}))
        .include(
          batchSubscriber(
            orders,
            { name: "many", max: 9, waitMs: 1 },
            () => {},
          ),
        )
        .include(pipeline(orders, { name: "flow" }, (from, { sinkTo }) =>
          from.pipeThrough(map(({ id }) =>
            id
          )).pipeTo(sinkTo(done)))),
  );
  await using t = await testApp(app);

  await t.send(orders, { id: 1 });
  await t.send(orders, { id: 2 });
  await t.advance(1);

  const seen = handled.map(({ mounted, deliveries, delivery }) => {
    assert.equal(deliveries[0], delivery);
    return [mounted.subscriber, mounted.kind, mounted.group, deliveries.length];
  });
  assert.deepEqual(seen.sort(), [
    ["flow", "pipeline", undefined, 1],
    ["flow", "pipeline", undefined, 1],
    ["many", "batch", undefined, 2],
    ["one", "single", "g", 1],
    ["one", "single", "g", 1],
  ]);
  const [first] = handled;
  assert.equal(first?.mounted.broker, "memory");
  assert.equal(first?.mounted.template, "orders");
});

test("a publish middleware sees what a reply, a dead letter and a pipeline's message are made of, and nothing for what a handler publishes", async () => {
  const { app, handled, published } = seeing();
  const take = subscriber(
    orders,
    { name: "take", reply: done, out: { audit: out(done) } },
    async ({ id }, ctx) => {
      await ctx.out.audit.publish(id);
      if (id < 0) throw new RangeError("no");
      return id;
    },
  );
  const flow = pipeline(
    channel<Order>("flow"),
    {},
    (from, { sinkTo }) =>
      from.pipeThrough(map(({ id }) => id)).pipeTo(sinkTo(done)),
  );
  app.withBroker(new MemoryBroker(), (b) => b.include(take).include(flow));
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 });
  await t.publish(orders, { id: -1 });
  await t.publish(channel<Order>("flow"), { id: 1 });

  const madeOf = published.map(({ kind, deliveries }) => [
    kind,
    deliveries?.map((one) =>
      handled.findIndex(({ delivery }) => delivery === one)
    ),
  ]);
  assert.deepEqual(madeOf, [
    ["publish", undefined],
    ["reply", [0]],
    ["publish", undefined],
    ["dead-letter", [1]],
    ["publish", [2]],
  ]);
});

test("Outcome.mapAfter() changes the work for after, of each element too, and nothing else", async () => {
  const ran: string[] = [];
  const { app } = seeing();
  const bare = ack();
  app.use((next) => async (ctx) => {
    const outcome = await next(ctx);
    return outcome.mapAfter((run) => async () => {
      ran.push("before");
      await run();
    });
  }).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(
        subscriber(orders, { reply: done }, ({ id }) =>
          reply(id).andAfter(() =>
            void ran.push("after")
          )),
      )
        .include(
          batchSubscriber(orders, { max: 2, waitMs: 1 }, (batch) =>
            batch.map(() =>
              ack().andAfter(() =>
                void ran.push("element")
              )
            )),
        ),
  );
  await using t = await testApp(app);

  await t.send(orders, { id: 1 });
  await t.advance(1);

  t.published(done).once(1);
  assert.deepEqual(ran, ["before", "after", "before", "element"]);
  assert.equal(bare.mapAfter(() => () => {}), bare);
  assert.ok(bare instanceof Outcome);
});

test("mapOutcome() changes what a handler says, at once or later, and takes a change that throws for a throw", async () => {
  const { app } = seeing();
  const seen: string[] = [];
  const later = channel<Order>("later");
  const after = subscriber(later, () => Promise.resolve(ack()));
  app.use((next) => (ctx) =>
    mapOutcome(next(ctx), (outcome) => {
      seen.push(`${ctx.address} ${outcome.settlement.kind}`);
      if (ctx.attempt === 1 && (ctx.payload as Order).id < 0) {
        throw new RangeError("no such change");
      }
      return outcome.andAfter(() => void seen.push("after"));
    })
  ).withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})).include(after),
  );
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 });
  await t.publish(later, { id: 1 });
  await t.publish(later, { id: -1 });

  assert.deepEqual(seen, [
    "orders ack",
    "after",
    "later ack",
    "after",
    "later ack",
  ]);
  t.subscriber(after).acked(1).deadLettered(1);
  assert.equal(await mapOutcome(Promise.resolve(ack()), (o) => o), ack());
});
