import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { RustStream, subscriber } from "@ruststream/core";
import { isMessagingError, systemClock } from "@ruststream/core/contract";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { jetStream, type JetStreamOptions } from "./jet_stream.ts";
import { Live, order, orders, take, textOf } from "./_kit_test.ts";
import { type PartitionOptions, partitionTransform } from "./partitions.ts";
import { jetStreamSink } from "./sink.ts";
import type { JetStreamSubscription } from "./subscription.ts";

const divided = { count: 4, token: "id", failoverMs: 500 } as const;
const plain = { name: "ORDERS", subjects: ["orders.*"] } as const;
const stream = {
  ...plain,
  subjectTransform: partitionTransform(orders, divided),
} as const;
// All of them together are in each partition at least once.
const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);

function read(
  connection: NatsConnection,
  partitions: PartitionOptions = divided,
  options: Partial<JetStreamOptions> = {},
  signal?: AbortSignal,
): Promise<JetStreamSubscription> {
  return jetStream(orders, {
    stream,
    durable: "billing",
    ackWaitMs: 5_000,
    partitions,
    ...options,
  }).open(connection, { ...signal && { signal } });
}

/** Publishes `rounds` messages of each key, numbered. */
async function publish(
  connection: NatsConnection,
  rounds: number,
  first = 0,
): Promise<void> {
  const publisher = await jetStreamSink({ stream: "ORDERS" }).open(connection);
  await Promise.all(
    Array.from(
      { length: rounds * keys.length },
      (_, i) =>
        publisher.publish(
          order(
            keys[i % keys.length] ?? "",
            String(first + Math.floor(i / keys.length)),
          ),
        ),
    ),
  );
}

/** What was handled: by key, and by whom. */
class Handled {
  readonly byKey = new Map<string, number[]>();
  readonly by = new Map<string, Set<string>>();
  readonly stuck: PromiseWithResolvers<void> = Promise.withResolvers();
  #count = 0;

  /** Acks all that comes, until the subscription ends; or so many, and hangs with the next in hand. */
  async work(
    name: string,
    subscription: JetStreamSubscription,
    most = Infinity,
  ): Promise<void> {
    let left = most;
    for await (const batch of subscription.batches(16)) {
      for (const delivery of batch) {
        if (left-- === 0) {
          this.stuck.resolve();
          return await Promise.withResolvers<void>().promise;
        }
        const { address } = delivery.message;
        const numbers = this.byKey.get(address) ?? [];
        this.byKey.set(address, [...numbers, Number(textOf(delivery))]);
        const partitions = this.by.get(name) ?? new Set();
        this.by.set(name, partitions.add(delivery.consumer));
        this.#count++;
        // One that comes too late is handled again.
        await Promise.resolve(delivery.settle({ kind: "ack" })).catch(() => {});
      }
    }
  }

  /** Waits until so many were handled. */
  async until(count: number): Promise<void> {
    const end = systemClock.mono() + 20_000;
    while (this.#count < count) {
      assert.ok(
        systemClock.mono() < end,
        `${this.#count} of ${count} were handled`,
      );
      await systemClock.sleep(5);
    }
  }

  /** Each key's numbers, each once, as they first came. */
  get inOrder(): readonly (readonly number[])[] {
    return [...this.byKey.values()].map((numbers) => [...new Set(numbers)]);
  }

  partitionsOf(name: string): readonly string[] {
    return [...this.by.get(name) ?? []].sort();
  }
}

const upTo = (rounds: number): number[] =>
  Array.from({ length: rounds }, (_, i) => i);

test("partitionTransform() puts the number of the partition before the address", () => {
  const transform = partitionTransform(
    { address: "shops.{shop}.orders.{id}" },
    {
      count: 8,
      token: "id",
    },
  );

  assert.deepEqual(transform, {
    from: "shops.*.orders.*",
    to: "{{partition(8,2)}}.shops.{{wildcard(1)}}.orders.{{wildcard(2)}}",
  });
});

test("jetStream() refuses partitions that cannot be", () => {
  const make = (partitions: PartitionOptions) => () =>
    jetStream(orders, { stream, durable: "billing", partitions });

  assert.throws(make({ count: 0, token: "id" }), RangeError);
  assert.throws(make({ count: 2, token: "id", owned: [2] }), RangeError);
  assert.throws(make({ count: 2, token: "id", owned: [1, 1] }), RangeError);
  assert.throws(make({ count: 2, token: "id", owned: [] }), RangeError);
  assert.throws(make({ count: 2, token: "id", failoverMs: 1 }), RangeError);
  assert.throws(make({ count: 2, token: "shop" }), TypeError);
  assert.throws(() =>
    jetStream(orders, {
      stream,
      durable: "billing",
      partitions: divided,
      filters: ["orders.a"],
    }), TypeError);
});

test("describe() says that the broker keeps the order of a divided stream", () => {
  const handle = subscriber(orders, {
    orderBy: (_, { params }) => String(params["id"]),
    retry: { maxAttempts: 3 },
    group: "billing",
  }, () => {});
  const app = new RustStream({ title: "a", version: "1.0.0" })
    .withBroker(
      natsBroker(),
      (b) =>
        b.include(handle, {
          source: (channel) =>
            jetStream(channel, { stream, partitions: divided }),
        }),
    );

  const [described] = app.describe().subscribers;

  assert.equal(described?.support["order by key"], "native");
});

test(
  "partitions go to those who are there, and each key keeps its order when one of them dies",
  async () => {
    await using live = await Live.start();
    const handled = new Handled();
    const one = await live.connect({ discover: false });
    const two = await live.direct();
    const most = 5 * keys.length;
    const options = { ackWaitMs: 600 };
    void handled.work("one", await read(one, divided, options), most);
    const subscription = await read(two, divided, options);
    const second = handled.work("two", subscription);

    await publish(two, 25);
    await handled.stuck.promise;
    const owned = handled.partitionsOf("one");
    // It never comes back, and what it has in hand is never settled.
    await live.proxy.refuse();
    await live.proxy.cut();
    await handled.until(25 * keys.length);
    const { waiting } = await subscription.backlog();
    await subscription[Symbol.asyncDispose]();
    await second;
    await one.shutdown();

    assert.equal(owned.length, 2);
    assert.equal(handled.partitionsOf("two").length, 4);
    assert.deepEqual(handled.inOrder, keys.map(() => upTo(25)));
    assert.ok(handled.byKey.has("orders.k0"));
    assert.equal(waiting, 0);
  },
  { timeoutMs: 40_000 },
);

test("who stops hands its partitions over at once", async () => {
  await using live = await Live.start();
  const slow = { ...divided, failoverMs: 60_000 };
  const handled = new Handled();
  const leaving = new AbortController();
  const { signal } = leaving;
  const options = { ackWaitMs: 60_000 };
  const one = await read(await live.connect(), slow, options, signal);
  const two = await read(await live.connect(), slow, options);
  const works = [handled.work("one", one), handled.work("two", two)];
  const direct = await live.direct();

  await publish(direct, 5);
  await handled.until(5 * keys.length);
  leaving.abort();
  await publish(direct, 5, 5);
  await handled.until(10 * keys.length);
  await two.drain();
  await Promise.all(works);

  assert.equal(handled.partitionsOf("two").length, 4);
  assert.deepEqual(handled.inOrder, keys.map(() => upTo(10)));
});

test("every partition is read, however many come and go", async () => {
  await using live = await Live.start();
  const direct = await live.direct();
  const handled = new Handled();
  const readers: JetStreamSubscription[] = [];
  const works: Promise<void>[] = [];
  let rounds = 0;
  const publishRound = async (): Promise<void> => {
    await publish(direct, 1, rounds++);
    await handled.until(rounds * keys.length);
  };

  for (const name of ["one", "two", "three", "four", "five"]) {
    const reader = await read(direct);
    readers.push(reader);
    works.push(handled.work(name, reader));
    await publishRound();
  }
  for (const reader of readers) {
    await publishRound();
    await reader[Symbol.asyncDispose]();
  }
  await Promise.all(works);

  assert.deepEqual(handled.inOrder, keys.map(() => upTo(rounds)));
}, { timeoutMs: 40_000 });

test("a divided subscription survives a restart of the server, a pause and a release", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const subscription = await read(connection, divided, { ackWaitMs: 600 });
  const reader = subscription.deliveries.getReader();
  await publish(await live.direct(), 1);
  const { value: held } = await reader.read();
  reader.releaseLock();

  subscription.pause();
  await held?.settle({ kind: "retry" });
  await live.server.restart("SIGKILL");
  subscription.resume();
  const handled = new Handled();
  const working = handled.work("one", subscription);
  await handled.until(keys.length);
  await subscription.drain();
  await working;

  assert.deepEqual(handled.inOrder, keys.map(() => [0]));
});

test("a divided subscription is lost with a consumer that is somebody else's", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  await (await read(connection))[Symbol.asyncDispose]();
  const subscription = await read(connection, divided, { ownership: "theirs" });
  const taking = take(subscription, 1);

  const [, reason] = await Promise.all([
    live.api("CONSUMER.DELETE.ORDERS.billing-p2"),
    taking.catch((error) => error),
  ]);

  assert.ok(isMessagingError(reason, "refused"), String(reason));
});

test("a stream that is not divided, or was not always, is refused", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const refused = async (options: Partial<JetStreamOptions>) => {
    const reason = await read(connection, divided, options)
      .catch((error) => error);
    assert.ok(isMessagingError(reason, "refused"), String(reason));
    return reason.message;
  };

  await live.api("STREAM.CREATE.ORDERS", plain);
  const named = await refused({ stream: "ORDERS" });
  const declared = await refused({ stream: plain });
  await publish(connection, 1);
  const changed = await refused({ stream: { ...plain, ensure: "update" } });
  const { from: src, to: dest } = stream.subjectTransform;
  const subject_transform = { src, dest };
  await live.api("STREAM.UPDATE.ORDERS", { ...plain, subject_transform });
  const mixed = await refused({ stream: "ORDERS" });

  assert.match(named, /it has no subject transform/);
  assert.match(declared, /"subjectTransform" was asked to be/);
  assert.match(changed, /it holds 40 messages that were stored otherwise/);
  assert.match(mixed, /from before it was divided/);
});

test("below 2.11 each process says which partitions it reads", async () => {
  await using live = await Live.start({ generation: "2.10" });
  const connection = await live.connect();
  const handled = new Handled();
  const reason = await read(connection).catch((error) => error);
  const one = await read(connection, { ...divided, owned: [0, 1] });
  const two = await read(await live.connect(), { ...divided, owned: [2, 3] });
  const works = [handled.work("one", one), handled.work("two", two)];

  await publish(await live.direct(), 5);
  await handled.until(5 * keys.length);
  await Promise.all([one.drain(), two.drain(), ...works]);

  assert.ok(isMessagingError(reason, "unsupported"), String(reason));
  assert.deepEqual(handled.partitionsOf("one"), ["billing-p0", "billing-p1"]);
  assert.deepEqual(handled.partitionsOf("two"), ["billing-p2", "billing-p3"]);
  assert.deepEqual(handled.inOrder, keys.map(() => upTo(5)));
});

test("below 2.10 the server's own mappings divide", async () => {
  const { from, to } = stream.subjectTransform;
  await using live = await Live.start({
    generation: "2.9",
    config: `mappings: { "${from}": "${to}" }`,
  });
  const connection = await live.connect();
  const mapped = { name: "ORDERS", subjects: ["*.orders.*"] };
  const own = { ...divided, owned: [0, 1, 2, 3] };
  const reason = await read(connection, own, { stream: mapped })
    .catch((error) => error);
  const subscription = await read(
    connection,
    { ...own, transform: "server" },
    { stream: mapped },
  );

  await publish(await live.direct(), 2);
  const taken = await take(subscription, 4);
  await subscription[Symbol.asyncDispose]();

  assert.ok(isMessagingError(reason, "unsupported"), String(reason));
  assert.match(reason.message, /mappings/);
  assert.deepEqual(
    taken.map(({ message }) => /^orders\.k\d+$/.test(message.address)),
    [true, true, true, true],
  );
});
