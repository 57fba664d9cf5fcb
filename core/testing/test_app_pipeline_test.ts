import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  batch,
  channel,
  flatMap,
  pipeline,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { type Message, MessagingError } from "@ruststream/core/contract";
import { faulty, type TestApp, testApp } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";

const orders = channel<{ id: number }>("orders");
const parcels = channel<readonly number[]>("parcels");
const info = { title: "packers", version: "1.0.0" };

const pack = pipeline(
  orders,
  { name: "pack", group: "packers" },
  (from, io) =>
    from.pipeThrough(flatMap(({ id }) => [id, -id]))
      .pipeThrough(batch({ max: 6, waitMs: 500 }))
      .pipeTo(io.sinkTo(parcels)),
);
const take = subscriber(parcels, { group: "takers" }, () => {});

function appOn(broker: MemoryBroker): RustStream {
  return new RustStream(info).withBroker(
    broker,
    (b) => b.include(pack).include(take),
  );
}

test("a pipeline that collects a batch rests, and goes on when its time has come", async () => {
  await using t = await testApp(appOn(new MemoryBroker()));

  await t.publish(orders, { id: 1 });
  await t.publish(orders, { id: 2 });
  t.published(parcels).none();
  assert.deepEqual(t.pending.map(({ why }) => why), ["handler", "handler"]);

  await t.advance(500);
  t.published(parcels).once([1, -1, 2, -2]);
  assert.deepEqual(t.pending, []);
});

test("a batch of a pipeline that is full waits for no clock", async () => {
  await using t = await testApp(appOn(new MemoryBroker()));

  for (const id of [1, 2, 3]) await t.publish(orders, { id });

  t.published(parcels).once([1, -1, 2, -2, 3, -3]);
  assert.deepEqual(t.pending, []);
});

/** The application on a broker that does not take the first parcel. */
async function awayFor(
  app: (broker: MemoryBroker) => RustStream,
): Promise<TestApp> {
  let refusals = 1;
  const broker = new MemoryBroker();
  const away = faulty(broker, {
    breaks: "The first parcel is not taken.",
    publisher: (publisher) => ({
      publish: (message: Message, options: object) =>
        message.address === "parcels" && refusals-- > 0
          ? Promise.reject(new MessagingError("connection", "Cannot: away"))
          : publisher.publish(message, options),
    }),
  });
  return await testApp(app(broker), { brokers: { memory: away } });
}

test("a pipeline whose sink is away rests between its tries", async () => {
  await using t = await awayFor(appOn);

  for (const id of [1, 2, 3]) await t.publish(orders, { id });
  t.published(parcels).none();
  await t.advance(30_000);

  t.published(parcels).once([1, -1, 2, -2, 3, -3]);
});

test("a batch made of the parts of another one rests between its tries", async () => {
  const repack = pipeline(
    orders,
    { name: "repack", group: "packers" },
    (from, io) =>
      from.pipeThrough(batch({ max: 1 }))
        .pipeThrough(flatMap(([order]) => [order?.id ?? 0, 0]))
        .pipeThrough(batch({ max: 2 }))
        .pipeTo(io.sinkTo(parcels)),
  );
  await using t = await awayFor((broker) =>
    new RustStream(info).withBroker(
      broker,
      (b) => b.include(repack).include(take),
    )
  );

  await t.publish(orders, { id: 1 });
  t.published(parcels).none();
  assert.deepEqual(t.pending.map(({ why }) => why), ["handler"]);
  await t.advance(30_000);

  t.published(parcels).once([1, 0]);
});
