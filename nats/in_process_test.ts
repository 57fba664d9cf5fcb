import { test } from "@ruststream/conformance/runner";
import {
  channel,
  publisher,
  retry,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import {
  type BrokerEvent,
  headers,
  isMessagingError,
  type Message,
  parseAddress,
} from "@ruststream/core/contract";
import { testApp, VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import {
  jetStream,
  type JetStreamOptions,
  jetStreamSink,
  natsBroker,
  type NatsConnection,
  partitionTransform,
  type StreamOptions,
} from "./mod.ts";

const stream: StreamOptions = { name: "JOBS", subjects: ["jobs.*"] };
const jobs = channel<{ id: number }>("jobs.new");

function message(id: number): Message {
  return {
    address: jobs.address,
    body: new TextEncoder().encode(JSON.stringify({ id })),
  };
}

/** A service that reads a stream. */
function service(
  handle: Parameters<typeof subscriber<typeof jobs>>[2],
  options: Partial<JetStreamOptions> = {},
) {
  const work = subscriber(jobs, { name: "work" }, handle);
  const app = new RustStream({ title: "jobs", version: "1.0.0" })
    .withBroker(natsBroker(), (b) =>
      b.include(work, {
        source: (of) => jetStream(of, { stream, durable: "work", ...options }),
      }));
  return { app, work };
}

async function connectInside(
  serverVersion?: string,
): Promise<{ connection: NatsConnection; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const broker = await natsBroker().inProcess(
    serverVersion === undefined ? {} : { serverVersion },
  );
  return { connection: await broker.connect({ clock }), clock };
}

test("inProcess() keeps a delayed retry at the server until time has gone on", async () => {
  const { app, work } = service((_, { attempt }) =>
    attempt === 1 ? retry({ afterMs: 30_000 }) : undefined
  );
  await using t = await testApp(app);

  await t.publish(jobs, { id: 1 });
  t.subscriber(work).calledOnce().retried();
  await t.advance(29_999);
  t.subscriber(work).calledOnce();
  await t.advance(1);

  t.subscriber(work).calledTimes(2).acked(1);
});

test("inProcess() delivers again when the ack wait has passed", async () => {
  const { connection, clock } = await connectInside();
  const source = jetStream(jobs, { stream, durable: "work", ackWaitMs: 5_000 });
  const subscription = await source.open(connection);
  const sink = await jetStreamSink({ stream }).open(connection);
  await sink.publish(message(1));
  const reader = subscription.deliveries.getReader();
  const { value: first } = await reader.read();

  const again = reader.read();
  await clock.advance(4_999);
  const { waiting, unsettled } = await subscription.backlog();
  await clock.advance(1);
  const { value: second } = await again;

  assert.deepEqual([waiting, unsettled], [0, 1]);
  assert.deepEqual([first?.attempt, second?.attempt], [1, 2]);
  await connection.shutdown();
});

test("inProcess() gives a message up after maxDeliver, and tells", async () => {
  const clock = new VirtualClock();
  const told: BrokerEvent[] = [];
  const broker = await natsBroker().inProcess();
  const connection = await broker.connect({
    clock,
    report: (event) => void told.push(event),
  });
  const source = jetStream(jobs, { stream, durable: "work", maxDeliver: 2 });
  const subscription = await source.open(connection);
  const sink = await jetStreamSink({ stream }).open(connection);
  await sink.publish(message(1));
  const attempts: number[] = [];
  (async () => {
    for await (const delivery of subscription.deliveries) {
      attempts.push(delivery.attempt);
      await delivery.settle({ kind: "retry", afterMs: 1_000 });
    }
  })().catch(() => {});

  await clock.advance(60_000);

  assert.deepEqual(attempts, [1, 2]);
  assert.deepEqual(told.filter(({ kind }) => kind === "dropped"), [{
    kind: "dropped",
    count: 1,
    detail:
      'The server gave up message 1 of stream "JOBS": "work" got it 2 times',
  }]);
  await connection.shutdown();
});

test("inProcess() keeps its streams when the application under test dies", async () => {
  let runs = 0;
  const { app, work } = service(() => {
    runs++;
  });
  await using t = await testApp(app);

  t.faults.crashBeforeSettle();
  await t.publish(jobs, { id: 1 });
  await t.advance(60_000);

  assert.equal(runs, 2);
  t.subscriber(work).acked(1);
});

test("inProcess() shares one server among its connections, and with no other broker", async () => {
  const clock = new VirtualClock();
  const broker = await natsBroker().inProcess();
  const other = await natsBroker().inProcess();
  const [one, two, stranger] = await Promise.all([
    broker.connect({ clock }),
    broker.connect({ clock }),
    other.connect({ clock }),
  ]);
  const read = await two.subscribe(parseAddress("news"));
  const strange = await stranger.subscribe(parseAddress("news"));

  await one.publisher.publish({ address: "news", body: new Uint8Array([1]) });
  const { value } = await read.deliveries.getReader().read();
  await strange.drain();
  const { done } = await strange.deliveries.getReader().read();

  assert.deepEqual(value?.message.body, new Uint8Array([1]));
  assert.equal(done, true);
  for (const each of [one, two, stranger]) await each.shutdown();
  assert.equal(clock.pending, 0);
});

test("inProcess() goes by the clock of whoever is still connected", async () => {
  const [first, second] = [new VirtualClock(), new VirtualClock()];
  const broker = await natsBroker().inProcess();
  const maker = await broker.connect({ clock: first });
  const reader = await broker.connect({ clock: second });
  const aging = { ...stream, maxAgeMs: 1_000 };
  const sink = await jetStreamSink({ stream: aging }).open(maker);
  await sink.publish(message(1));
  const kept = await reader.kept(parseAddress(jobs.address));

  await maker.shutdown();
  const before = await kept.count();
  await second.advance(1_000);
  const after = await kept.count();

  assert.deepEqual([before, after], [1, 0]);
  assert.equal(first.pending, 0);
  await reader.shutdown();
  assert.equal(second.pending, 0);
});

test("inProcess() refuses its native client", async () => {
  const { connection } = await connectInside();

  assert.throws(
    () => connection.nats,
    (error) =>
      isMessagingError(error, "unsupported") &&
      /inside this process/.test(error.message),
  );
  await assert.rejects(
    connection.nativeJetStream(),
    (error) => isMessagingError(error, "unsupported"),
  );
  await connection.shutdown();
});

test("inProcess() refuses what a server of its version is too old for", async () => {
  const { connection } = await connectInside("2.9.10");
  const several = jetStream(jobs, { stream, filters: ["jobs.a", "jobs.b"] });
  const atomic = jetStreamSink({
    stream: { ...stream, allowAtomic: true },
    atomic: true,
  });

  for (const open of [several, atomic]) {
    await assert.rejects(
      open.open(connection),
      (error) =>
        isMessagingError(error, "unsupported") &&
        error.message.endsWith("found 2.9.10"),
    );
  }
  await connection.shutdown();
});

test("inProcess() refuses what is only on real servers, and says so", async () => {
  const { connection } = await connectInside();
  const mirror = { name: "COPY", mirror: { name: "JOBS" } };

  await assert.rejects(
    jetStreamSink({ stream: mirror }).open(connection),
    (error) =>
      isMessagingError(error, "refused") &&
      /"mirror" is not there in process/.test(error.message),
  );
  await connection.shutdown();
});

test("inProcess() answers for the JetStream of another domain", async () => {
  const broker = await natsBroker({ jetStream: { domain: "hub" } }).inProcess();
  await using connection = await broker.connect({ clock: new VirtualClock() });

  const sink = await jetStreamSink({ stream }).open(connection);
  const { sequence } = await sink.publish(message(1));

  assert.equal(sequence, 1);
});

test("inProcess() is no server of a version that is none", async () => {
  for (const serverVersion of ["2.8.4", "newest", "2.9"]) {
    await assert.rejects(
      natsBroker().inProcess({ serverVersion }),
      RangeError,
    );
  }
});

test("inProcess() keeps noEcho, the name and the guarantees", async () => {
  const made = natsBroker({ name: "mine", noEcho: true });
  const inside = await made.inProcess();
  await using connection = await inside.connect({ clock: new VirtualClock() });
  const own = await connection.subscribe(parseAddress("news"));

  await connection.publisher.publish({
    address: "news",
    body: new Uint8Array([1]),
  });
  await own.drain();
  const { done } = await own.deliveries.getReader().read();

  assert.equal(done, true);
  assert.equal(inside.name, "mine");
  assert.deepEqual(inside.guarantees, made.guarantees);
  assert.deepEqual(inside.describe(), []);
});

test("inProcess() divides a stream, and gives each partition one owner", async () => {
  const orders = channel("orders.{shop}", { payload: type<{ id: number }>() });
  const partitions = { count: 3, token: "shop" };
  const divided: StreamOptions = {
    name: "ORDERS",
    subjects: ["orders.*"],
    subjectTransform: partitionTransform(orders, partitions),
  };
  const shops: string[] = [];
  const place = subscriber(orders, { name: "place" }, (_, { params }) => {
    shops.push(params.shop);
  });
  const app = new RustStream({ title: "orders", version: "1.0.0" })
    .withBroker(natsBroker(), (b) =>
      b.include(place, {
        source: (of) =>
          jetStream(of, { stream: divided, durable: "place", partitions }),
      }));
  await using t = await testApp(app);

  for (const shop of ["a", "b", "c", "d"]) {
    await t.send(orders, { id: 1 }, { params: { shop } });
  }
  await t.advance(10_000);

  t.subscriber(place).acked(4);
  assert.deepEqual(shops.sort(), ["a", "b", "c", "d"]);
});

for (const key of [undefined, "k"]) {
  test(`what is made of a message with key ${key} does not get its id along with its headers`, async () => {
    const { connection } = await connectInside();
    await using _ = connection;
    const subscription = await connection.subscribe(parseAddress("jobs.new"));
    const reader = subscription.deliveries.getReader();
    const publish = async (fields: Message["headers"]) => {
      await publisher(connection, { messageIds: false }).publish(
        jobs,
        { id: 1 },
        { headers: fields ?? {}, ...(key !== undefined && { key }) },
      );
      const { value } = await reader.read();
      return value?.message;
    };

    const first = await publish(headers({ "message-id": "a", trace: "t" }));
    const second = await publish(first?.headers);

    assert.equal(first?.headers?.get("message-id"), "a");
    assert.deepEqual([...second?.headers ?? []], [["trace", "t"]]);
    assert.equal(second?.key, key);
  });
}
