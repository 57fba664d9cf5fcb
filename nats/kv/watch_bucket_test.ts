import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  jsonCodec,
  publisher,
  type RefusedEvent,
  RustStream,
  type Settings,
  type Subscriber,
  subscriber,
  subscribers,
  type,
} from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import {
  bucket,
  type BucketChange,
  type KeyValue,
  keyValue,
  natsBroker,
  type NatsConnection,
  watchBucket,
} from "@ruststream/nats";
import { type Count, inside, stock, take } from "./_kit_test.ts";

const decoder = new TextDecoder();

/** An application of one handler, and the bucket of most tests on its connection. */
function holding(
  handler: Subscriber<NatsConnection, unknown, never>,
  options: Settings = {},
) {
  let shelf: KeyValue<Count, Count> | undefined;
  const app = new RustStream({ title: "stock", version: "1.0.0" }, options)
    .withBroker(natsBroker(), (b) => b.include(handler))
    .afterStart(async ({ connections }) => {
      for (const nats of connections.values()) {
        shelf = await keyValue(nats, stock);
      }
    });
  return { app, shelf: () => shelf as KeyValue<Count, Count> };
}

test("a handler sees what there is and what comes: values, and that they were removed", async () => {
  const seen: unknown[] = [];
  const follow = subscriber(
    watchBucket(stock),
    (change, { params, delivery }) => {
      const { key, revision, operation } = delivery;
      seen.push([params.key, key, revision, operation, change]);
    },
  );
  const { app, shelf } = holding(follow);
  await using t = await testApp(app);

  await shelf().put("eu.a", { count: 1 });
  await shelf().delete("eu.a");
  await shelf().purge("eu.a");
  await t.advance(0);

  assert.deepEqual(seen, [
    ["eu.a", "eu.a", 1, "put", { operation: "put", value: { count: 1 } }],
    ["eu.a", "eu.a", 2, "delete", { operation: "delete" }],
    ["eu.a", "eu.a", 3, "purge", { operation: "purge" }],
  ]);
  t.subscriber(follow).calledTimes(3).acked(3);
});

test("a handler reads a bucket by its mount, and writes another one that its state holds", async () => {
  interface State {
    low?: KeyValue<number, number>;
    shelf?: KeyValue<Count, Count>;
  }
  const low = bucket<number>("low");
  const { subscriber } = subscribers<State>();
  const follow = subscriber(stock.changes, async (change, ctx) => {
    const { state: { low }, params: { key } } = ctx;
    if (change.operation === "put") await low?.put(key, change.value.count);
    else await low?.delete(key);
  });
  const state: State = {};
  const app = new RustStream({ title: "stock", version: "1.0.0" })
    .withState((): State => ({}))
    .withBroker(
      natsBroker(),
      (b) =>
        b.include(follow, {
          source: () => watchBucket(stock, { keys: "eu.*" }),
        }),
    )
    .afterStart(async ({ connections, state }) => {
      for (const nats of connections.values()) {
        state.low = await keyValue(nats, low);
        state.shelf = await keyValue(nats, stock);
      }
    });
  await using t = await testApp(app, { state });

  await state.shelf?.put("us.a", { count: 7 });
  await state.shelf?.put("eu.a", { count: 7 });
  await state.shelf?.put("eu.b", { count: 8 });
  await state.shelf?.delete("eu.b");
  await t.advance(0);

  assert.deepEqual(await Array.fromAsync(state.low?.keys() ?? []), ["eu.a"]);
  assert.equal(await state.low?.value("eu.a"), 7);
});

test("a codec that the application sets does not take the place of the bucket's", async () => {
  const seen: unknown[] = [];
  const refusals: RefusedEvent[] = [];
  const follow = subscriber(
    watchBucket(stock),
    (change) => void seen.push(change),
  );
  const { app, shelf } = holding(follow, { codec: jsonCodec });
  app.observe({ refused: (event) => void refusals.push(event) });
  await using t = await testApp(app);

  await shelf().put("a", { count: 1 });
  await shelf().delete("a");
  await t.advance(0);

  assert.deepEqual(seen, [
    { operation: "put", value: { count: 1 } },
    { operation: "delete" },
  ]);
  assert.deepEqual(refusals, []);
});

test("watchBucket() settles nothing, and has no groups", async () => {
  await using connection = await inside();
  const source = watchBucket(stock);
  const shelf = await keyValue(connection, stock);
  await shelf.put("a", { count: 1 });

  await using subscription = await source.open(connection);
  const [delivery] = await take(subscription.deliveries, 1);

  assert.equal(source.guarantees.redelivery, "none");
  assert.equal(delivery?.pending, 0);
  await assert.rejects(async () => await delivery?.settle({ kind: "retry" }), {
    code: "unsupported",
  });
  await delivery?.settle({ kind: "ack" });
  await assert.rejects(source.open(connection, { group: "g" }), {
    code: "unsupported",
    message: /^Cannot read bucket "stock" in group "g"/,
  });
});

test("changes can be published, as what they do to their key", async () => {
  await using connection = await inside();
  const shelf = await keyValue(connection, stock);
  const to = publisher(connection);
  const params = { key: "a.b" };

  await to.publish(stock.changes, { operation: "put", value: { count: 3 } }, {
    params,
  });
  const put = await shelf.value("a.b");
  await to.publish(stock.changes, { operation: "delete" }, { params });

  assert.deepEqual(put, { count: 3 });
  assert.equal((await shelf.entry("a.b"))?.operation, "delete");
  await assert.rejects(
    to.publish(stock.changes, { operation: "purge" }, { params }),
    { code: "codec" },
  );
});

test("a bucket of a codec that waits is watched too", async () => {
  const slow = bucket("slow", {
    payload: type<string>(),
    codec: {
      contentType: "text/plain",
      waits: true,
      encode: (value) =>
        Promise.resolve({ body: new TextEncoder().encode(String(value)) }),
      decode: ({ body }) => Promise.resolve(decoder.decode(body)),
    },
  });
  const seen: BucketChange<string>[] = [];
  const follow = subscriber(watchBucket(slow), (change) => {
    seen.push(change);
  });
  let shelf: KeyValue<string, string> | undefined;
  const app = new RustStream({ title: "slow", version: "1.0.0" })
    .withBroker(natsBroker(), (b) => b.include(follow))
    .afterStart(async ({ connections }) => {
      for (const nats of connections.values()) {
        shelf = await keyValue(nats, slow);
      }
    });
  await using t = await testApp(app);

  await shelf?.put("a", "b");
  await shelf?.delete("a");
  await t.advance(0);

  assert.deepEqual(seen, [
    { operation: "put", value: "b" },
    { operation: "delete" },
  ]);
});
