import {
  batch,
  bytes,
  channel,
  flatMap,
  map,
  type Notice,
  type Pipeline,
  pipeline,
  type PipelineIo,
  type Received,
  type Running,
  RustStream,
  type SettledEvent,
  subscriber,
  tap,
} from "@ruststream/core";
import { testApp, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import {
  Kit,
  later,
  lists,
  numbers,
  type Order,
  orders,
  rest,
  silent,
} from "./_kit_test.ts";

type Source = Pipeline<Order>;
const info = { title: "shop", version: "1.0.0", logger: silent };
const ids = (s: Source, io: PipelineIo): Promise<void> =>
  s.pipeThrough(map(({ id }) => id)).pipeTo(io.sinkTo(numbers));
const idsLater = (s: Source, io: PipelineIo): Promise<void> =>
  s.pipeThrough(map(async ({ id }) => await Promise.resolve(id)))
    .pipeTo(io.sinkTo(numbers));

/** An application with one pipeline on a kit's broker. */
class Service {
  readonly kit: Kit = new Kit();
  readonly settled: SettledEvent[] = [];
  readonly notices: Notice[] = [];
  running!: Running;

  async start(
    options: Parameters<typeof pipeline<typeof orders>>[1],
    build: (s: Source, io: PipelineIo) => Promise<void>,
    onLost: "stop" | "retry" = "stop",
  ): Promise<this> {
    const { kit } = this;
    kit.connection = await kit.broker.connect({ clock: kit.clock });
    this.running = await new RustStream(info)
      .withBroker(
        kit.broker,
        (b) => b.include(pipeline(orders, options, build)),
        { onLost },
      )
      .observe({
        settled: (event) => void this.settled.push(event),
        notice: (notice) => void this.notices.push(notice),
      })
      .start({ clock: kit.clock });
    return this;
  }
}

test("pipeline() mounted is described like a subscriber, with what it publishes to", () => {
  const explode = pipeline(
    orders,
    { name: "explode", group: "g", maxInFlight: 9, retry: { maxAttempts: 3 } },
    ids,
  );

  const [described] = new RustStream(info)
    .withBroker(new MemoryBroker(), (b) => b.include(explode))
    .describe().subscribers;

  assert.equal(described?.name, "explode");
  assert.equal(described?.group, "g");
  assert.equal(described?.concurrency, 9);
  assert.equal(described?.maxAttempts, 3);
  assert.deepEqual(described?.out, { numbers: "numbers" });
});

test("pipeline() mounted runs, is observed and drained by a stop", async () => {
  const service = await new Service().start(
    { name: "explode", group: "g" },
    (s, io) =>
      s.pipeThrough(flatMap(({ id }) => [id, -id]))
        .pipeThrough(batch({ max: 100, waitMs: 10_000 }))
        .pipeThrough(map((all) => [...all])).pipeTo(io.sinkTo(lists)),
  );

  await service.kit.send(1, 2);
  await rest();
  const report = await service.running.stop();

  assert.deepEqual(service.kit.published, [[1, -1, 2, -2]]);
  assert.deepEqual(report, { settled: 2, returned: 0, lost: 0 });
  assert.deepEqual(
    service.settled.map((
      { subscriber, settlement },
    ) => [subscriber, settlement]),
    [["explode", "ack"], ["explode", "ack"]],
  );
});

test("pipeline() mounted retries by its policy, and dead-letters at the cap", async () => {
  const service = await new Service().start(
    { group: "g", retry: { maxAttempts: 2 }, deadLetter: bytes("dead") },
    (s, io) =>
      s.pipeThrough(tap(() => {
        throw new Error("never");
      })).pipeThrough(map(({ id }) => id)).pipeTo(io.sinkTo(numbers)),
  );

  await service.kit.send(1);
  await service.kit.clock.advance(60_000);
  const report = await service.running.stop();

  assert.deepEqual(
    service.settled.map(({ settlement, attempt }) => [settlement, attempt]),
    [["retry", 1], ["dead-letter", 2]],
  );
  assert.equal(report.lost, 0);
});

test("pipeline() mounted sends what failed in a batch alone, though all of it comes again at once", async () => {
  const backoff = { initialMs: 100, maxMs: 100, jitter: false };
  const batches: number[][] = [];
  const service = await new Service().start(
    { group: "g", retry: { maxAttempts: 2, backoff } },
    (s, io) =>
      s.pipeThrough(batch({ max: 3, waitMs: 1_000 }))
        .pipeThrough(map((all) => {
          batches.push(all.map(({ id }) => id));
          if (all.some(({ id }) => id === 2)) throw new Error("a bad one");
          return all.length;
        })).pipeTo(io.sinkTo(numbers)),
  );

  await service.kit.send(1, 2, 3);
  await service.kit.clock.advance(100);
  await service.running.stop();

  assert.deepEqual(batches, [[1, 2, 3], [1], [2], [3]]);
  assert.deepEqual(
    service.settled.map(({ settlement }) => settlement).toSorted(),
    ["ack", "ack", "reject"],
  );
});

test("pipeline() mounted lets a batch go that comes of a retry held here", async () => {
  const backoff = { initialMs: 100, maxMs: 100, jitter: false };
  let failures = 1;
  const service = await new Service().start(
    { group: "g", retry: { order: "keep", maxAttempts: 9, backoff } },
    (s, io) =>
      s.pipeThrough(map(({ id }) => {
        if (failures-- > 0) throw new Error("not yet");
        return id;
      })).pipeThrough(batch({ max: 9 })).pipeThrough(map((all) => [...all]))
        .pipeTo(io.sinkTo(lists)),
  );

  await service.kit.send(1);
  await service.kit.clock.advance(100);
  const published = [...service.kit.published];
  await service.running.stop();

  assert.deepEqual(published, [[1]]);
});

test("pipeline() mounted treats what does not decode by its policy, and goes on", async () => {
  const service = await new Service().start(
    { group: "g", undecodable: "reject" },
    ids,
  );

  await service.kit.connection.publisher.publish({
    address: "orders",
    body: new TextEncoder().encode("{"),
  });
  await service.kit.send(1);
  await rest();
  await service.running.stop();

  assert.deepEqual(
    service.settled.map(({ settlement }) => settlement),
    ["reject", "ack"],
  );
});

test("pipeline() mounted stops the service when its subscription is lost", async () => {
  const service = await new Service().start({ group: "g" }, ids);

  service.kit.lose();
  await service.running.stopped;

  assert.match(String(service.running.failure), /ended by itself/);
});

test("pipeline() mounted reads on where a lost subscription is opened again", async () => {
  const service = await new Service().start({ group: "g" }, ids, "retry");
  await service.kit.send(1);
  await rest();

  service.kit.lose();
  await service.kit.clock.advance(60_000);
  await service.kit.send(2);
  await rest();
  const report = await service.running.stop();

  assert.deepEqual(service.kit.published, [1, 2]);
  assert.deepEqual(report, { settled: 2, returned: 0, lost: 0 });
});

test("pipeline() mounted gives back at the end of the drain what does not end", async () => {
  const never = later<number>();
  const service = await new Service().start(
    { group: "g" },
    (s, io) =>
      s.pipeThrough(map(() => never.promise)).pipeTo(io.sinkTo(numbers)),
  );
  await service.kit.send(1, 2);
  await rest();

  const stopping = service.running.stop({ drainMs: 1_000 });
  await service.kit.clock.advance(1_000);
  const report = await stopping;
  never.resolve(1);
  await rest();

  assert.deepEqual(report, { settled: 0, returned: 2, lost: 0 });
  assert.deepEqual(service.kit.published, []);
  assert.equal(service.kit.clock.pending, 0);
});

test("pipeline() mounted gives back at the end of the drain what waits for its broker, and leaves no timer", async () => {
  const service = await new Service().start({ group: "g" }, ids);
  service.kit.onPublish = () => Promise.reject(service.kit.down);
  await service.kit.send(1);
  await rest();

  const stopping = service.running.stop({ drainMs: 1_000 });
  await service.kit.clock.advance(1_000);
  const report = await stopping;

  assert.deepEqual(report, { settled: 0, returned: 1, lost: 0 });
  assert.equal(service.kit.clock.pending, 0);
});

test("pipeline() mounted stops the service when its stream errors", async () => {
  const service = await new Service().start(
    { group: "g" },
    (s, io) =>
      s.pipeThrough(
        new TransformStream<Received<Order>, Received<number>>({
          transform: () => {
            throw new Error("foreign");
          },
        }),
      ).pipeTo(io.sinkTo(numbers)),
  );

  await service.kit.send(1);
  await rest(20);
  await service.kit.clock.advance(60_000);
  const report = await service.running.stopped;

  assert.match(String(service.running.failure), /pipeline "orders"/);
  assert.deepEqual(report, { settled: 0, returned: 1, lost: 0 });
});

test("pipeline() mounted is built anew for each start, and drains in the order of the flow", async () => {
  const broker = new MemoryBroker();
  const clock = new VirtualClock();
  const seen: number[] = [];
  const app = new RustStream(info).withBroker(
    broker,
    (b) =>
      b.include(subscriber(numbers, (n) => void seen.push(n)))
        .include(pipeline(orders, {}, ids)),
  );

  for (const id of [1, 2]) {
    const running = await app.start({ clock });
    await running.publisher.publish(orders, { id });
    await running.stop();
  }

  assert.deepEqual(seen, [1, 2]);
});

test("testApp() runs a pipeline, and waits for all that a message causes", async () => {
  const explode = pipeline(
    orders,
    { name: "explode", group: "g" },
    (s, io) =>
      s.pipeThrough(flatMap(async ({ id }) => await Promise.resolve([id, -id])))
        .pipeTo(io.sinkTo(numbers)),
  );
  await using t = await testApp(
    new RustStream(info).withBroker(
      new MemoryBroker(),
      (b) => b.include(explode),
    ),
  );

  await t.publish(orders, { id: 1 });

  t.subscriber(explode).calledOnceWith({ id: 1 }).acked();
  assert.deepEqual(t.published(numbers).payloads, [1, -1]);
});

test("Middleware is around the whole way of a delivery through a pipeline", async () => {
  const broker = new MemoryBroker();
  const seen: string[] = [];
  const running = await new RustStream(info)
    .use((next) => async (ctx) => {
      const { settlement } = await next(ctx);
      seen.push(settlement.kind);
      return await Promise.resolve((await import("@ruststream/core")).ack());
    })
    .withBroker(broker, (b) => b.include(pipeline(orders, {}, idsLater)))
    .start();

  await running.publisher.publish(orders, { id: 1 });
  await rest();
  const report = await running.stop();

  assert.deepEqual(seen, ["ack"]);
  assert.deepEqual(report, { settled: 1, returned: 0, lost: 0 });
});

test("Middleware may look on at the outcome of a pipeline, twice, and hand it on", async () => {
  const broker = new MemoryBroker();
  const seen: string[] = [];
  const running = await new RustStream(info)
    .use((next) => (ctx) => {
      const outcome = next(ctx);
      for (const _look of [1, 2]) {
        Promise.resolve(outcome).then((one) => seen.push(one.settlement.kind));
      }
      return outcome;
    })
    .withBroker(broker, (b) => b.include(pipeline(orders, {}, idsLater)))
    .start();

  await running.publisher.publish(orders, { id: 1 });
  await rest();
  const report = await running.stop();

  assert.deepEqual(seen, ["ack", "ack"]);
  assert.deepEqual(report, { settled: 1, returned: 0, lost: 0 });
});

test("A pipeline whose batch waits longer than the broker does fails the start", async () => {
  const broker = new MemoryBroker({ settleDeadlineMs: 500 });
  const app = new RustStream(info).withBroker(broker, (b) =>
    b.include(pipeline(
      orders,
      { group: "g" },
      (s, io) =>
        s.pipeThrough(batch({ max: 3, waitMs: 501 })).pipeThrough(map(() => 1))
          .pipeTo(io.sinkTo(numbers)),
    )));

  await assert.rejects(app.start(), RangeError);
});

test("A pipeline that publishes to a channel it has not shown fails, and says so", async () => {
  let first = true;
  const service = await new Service().start({ group: "g" }, (s, io) => {
    const to = first ? numbers : channel<number>("other");
    first = false;
    return s.pipeThrough(map(({ id }) => id)).pipeTo(io.sinkTo(to));
  }).catch((error) => error);

  assert.match(String((service as Error).cause), /it was not there when/);
});
