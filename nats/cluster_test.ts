import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  type AnyChannel,
  isMessagingError,
  type Message,
  parseAddress,
  type Publisher,
  type Subscription,
} from "@ruststream/core/contract";
import {
  coreSink,
  jetStream,
  jetStreamSink,
  type JetStreamSubscription,
  natsBroker,
  type NatsConnection,
  ordered,
  type OrderedSubscription,
  partitionTransform,
} from "@ruststream/nats";
import { NatsCluster } from "../_tools/nats_cluster.ts";
import type { NatsServer } from "../_tools/nats_server.ts";
import { message, textOf, until } from "./_kit_test.ts";

const each = 30;
const orders: AnyChannel = { address: "orders.{id}" };
const parts: AnyChannel = { address: "parts.{id}" };
const partitions = { count: 3, token: "id", failoverMs: 1_000 } as const;
const kept = { name: "ORDERS", subjects: ["orders.*"], replicas: 3 } as const;
const divided = {
  name: "PARTS",
  subjects: ["parts.*"],
  replicas: 3,
  subjectTransform: partitionTransform(parts, partitions),
} as const;

/** What a subscription was given, in order; all of it is acked. */
function collect(subscription: Subscription): {
  readonly texts: string[];
  readonly done: Promise<void>;
} {
  const texts: string[] = [];
  const done = (async () => {
    for await (const delivery of subscription.deliveries) {
      texts.push(`${delivery.message.address} ${textOf(delivery.message)}`);
      await Promise.resolve(delivery.settle({ kind: "ack" })).catch(() => {});
    }
  })();
  return { texts, done };
}

/** The sources of this module, each open. */
async function openAll(connection: NatsConnection): Promise<
  readonly [
    core: Subscription,
    durable: JetStreamSubscription,
    ephemeral: JetStreamSubscription,
    ordered: OrderedSubscription,
    divided: JetStreamSubscription,
  ]
> {
  const ackWaitMs = 1_000;
  return [
    await connection.subscribe(parseAddress("core.{id}")),
    await jetStream(orders, { stream: kept, durable: "billing", ackWaitMs })
      .open(connection),
    await jetStream(orders, { stream: kept, ackWaitMs }).open(connection),
    await ordered(orders, { stream: "ORDERS" }).open(connection),
    await jetStream(parts, {
      stream: divided,
      durable: "parts",
      ackWaitMs,
      partitions,
    }).open(connection),
  ];
}

function nodeOf(cluster: NatsCluster, { nats }: NatsConnection): NatsServer {
  const port = nats.info?.port;
  const found = cluster.nodes.find((node) => node.port === port);
  assert.ok(found, `a node listens on port ${port}`);
  return found;
}

/** Publishes numbered messages of three keys, each key's one after another. */
async function publishAll(
  publisher: Publisher,
  name: string,
  round: number,
): Promise<void> {
  await Promise.all([0, 1, 2].map(async (key) => {
    for (let i = key; i < each; i += 3) {
      await publisher.publish(
        message(`${name}.k${key}`, `${round * each + i}`),
      );
    }
  }));
}

/** Publishes until the server has confirmed it: a confirmation may be lost with a node. */
async function insist(publisher: Publisher, message: Message): Promise<void> {
  for (;;) {
    try {
      return void await publisher.publish(message);
    } catch (error) {
      if (!isMessagingError(error) || !error.retryable) throw error;
    }
  }
}

const numbers = (texts: readonly string[], key: string): readonly number[] => [
  ...new Set(
    texts.filter((text) => text.includes(`.${key} `))
      .map((text) => Number(text.split(" ")[1])),
  ),
];

test(
  "every source and sink outlives leaders that change, and a lame duck",
  async () => {
    await using cluster = await NatsCluster.start();
    const connection = await natsBroker({
      servers: cluster.urls,
      backoff: { initialMs: 20, maxMs: 200 },
    }).connect();
    const opened = await openAll(connection);
    const [core, durable, ephemeral, log, split] = opened.map(collect);
    const toStream = await jetStreamSink({ retries: 50 }).open(connection);
    const confirmed = await coreSink({ confirms: "received" }).open(connection);
    const events = [
      () => cluster.stepDown("ORDERS"),
      () => cluster.consumerStepDown("ORDERS", "billing"),
      () => cluster.metaStepDown(),
      () => nodeOf(cluster, connection).lameDuck(),
    ];

    for (const [round, event] of events.entries()) {
      const publishing = [
        publishAll(toStream, "orders", round),
        publishAll(toStream, "parts", round),
      ];
      await event();
      await Promise.all(publishing);
      await insist(confirmed, message("core.k0", String(round)));
      await until(
        "core goes on",
        () => new Set(core?.texts).size === round + 1,
      );
    }
    // What the node of the ephemeral consumer has kept comes when it is back.
    for (const node of cluster.nodes) if (!node.running) await node.restart();
    const all = events.length * each;
    for (const one of [durable, ephemeral, log, split]) {
      await until("all arrived", () => new Set(one?.texts).size === all);
    }
    await Promise.all(opened.map((one) => one.drain()));
    await Promise.all(
      [core, durable, ephemeral, log, split].map((one) => one?.done),
    );
    await connection.shutdown();

    // A log gives each once; the others may repeat what was in hand.
    assert.equal(log?.texts.length, all);
    for (const key of ["k0", "k1", "k2"]) {
      const found = numbers(split?.texts ?? [], key);
      assert.deepEqual(found, [...found].sort((a, b) => a - b), key);
    }
  },
  { timeoutMs: 60_000 },
);
