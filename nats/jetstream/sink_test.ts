import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { headers, type Message } from "@ruststream/core/contract";
import { jetStream } from "./jet_stream.ts";
import { Live, order, orders, take, textOf } from "./_kit_test.ts";
import { jetStreamSink } from "./sink.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;

async function stored(live: Live): Promise<number> {
  const info = await live.api("STREAM.INFO.ORDERS");
  return (info["state"] as { readonly messages: number }).messages;
}

test("a publish resolves with where the message is", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream }).open(await live.connect());

  const first = await publisher.publish(order(1), { id: "one" });
  const again = await publisher.publish(order(1), { id: "one" });

  assert.deepEqual(first, { stream: "ORDERS", sequence: 1, duplicate: false });
  assert.deepEqual(again, { stream: "ORDERS", sequence: 1, duplicate: true });
});

test("a message whose header message-id names it is stored once an address", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream, retries: 0 })
    .open(await live.connect());
  const named = (id: number): Message => ({
    ...order(id),
    headers: headers({ "Message-Id": "m" }),
  });

  const receipts = [
    await publisher.publish(named(1)),
    await publisher.publish(named(1)),
    await publisher.publish(named(2)),
    await publisher.publish(named(1), { id: "another" }),
  ];

  assert.deepEqual(
    receipts.map(({ sequence, duplicate }) => [sequence, duplicate]),
    [[1, false], [1, true], [2, false], [3, false]],
  );
  const source = jetStream(orders, { stream: "ORDERS", deliver: "all" });
  const subscription = await source.open(await live.connect());
  const [first] = await take(subscription, 1);
  assert.equal(first?.message.headers?.get("message-id"), "m");
});

test("each dead letter is stored, though it has the message-id of its source", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream }).open(await live.connect());
  const letter = (subscriber: string): Message => ({
    ...order("dead"),
    headers: headers({
      "message-id": "m",
      "ruststream-dead-letter-reason": "exhausted",
      "ruststream-dead-letter-subscriber": subscriber,
    }),
  });

  await publisher.publish(letter("one"));
  await publisher.publish(letter("another"));

  assert.equal(await stored(live), 2);
});

test("a subject that no stream takes is an error that names it", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const publisher = await jetStreamSink({ timeoutMs: 200, retries: 0 })
    .open(connection);
  const refusal = {
    code: "refused",
    message: 'Cannot publish to "orders.1": no stream takes it',
  };

  await assert.rejects(publisher.publish(order(1)), refusal);
  // Somebody listens, so that the server has nothing to say: the answer is missing instead.
  connection.nats.subscribe("orders.>", { callback: () => {} });
  await assert.rejects(publisher.publish(order(1)), refusal);
});

test("a publish outlasts an election of the leader of its stream, without retries too", async () => {
  // Somebody plays a cluster that has no leader for its stream at first.
  await using live = await Live.start({ jetStream: false });
  const connection = await live.connect();
  const { nats } = await live.direct();
  const publisher = await jetStreamSink({
    timeoutMs: 30_000,
    retries: 0,
    retryDelayMs: 1,
  }).open(connection);
  const said: string[] = [];
  const elected = (): void => {
    const answers = [
      { error: { code: 503, err_code: 10008, description: "elects" } },
      { stream: "ORDERS", seq: 1 },
    ];
    nats.subscribe("orders.*", {
      callback: (_, msg) => {
        said.push("answer");
        msg.respond(JSON.stringify(answers.shift()));
      },
    });
  };
  nats.subscribe("$JS.API.STREAM.NAMES", {
    callback: (_, msg) => {
      if (said.push("look") === 3) elected();
      msg.respond(JSON.stringify({ streams: ["ORDERS"] }));
    },
  });
  await nats.flush();

  const { stream } = await publisher.publish(order(1));

  assert.equal(stream, "ORDERS");
  assert.deepEqual(said, ["look", "look", "look", "answer", "answer"]);
});

test("who answers without being a stream is told from one", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const publisher = await jetStreamSink().open(connection);
  connection.nats.subscribe("orders.>", {
    callback: (_, msg) => void msg.respond("yes"),
  });

  await assert.rejects(publisher.publish(order(1)), {
    code: "refused",
    message: 'Cannot publish to "orders.1": somebody answered who is no stream',
  });
});

test("a sink whose stream is not there fails the start", async () => {
  await using live = await Live.start();

  await assert.rejects(
    jetStreamSink({ stream: "ORDERS" }).open(await live.connect()),
    {
      code: "refused",
      message: 'Cannot use stream "ORDERS": it is not there',
    },
  );
});

test("what a publish expects and does not find is a conflict", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream }).open(await live.connect());
  await publisher.publish(order(1), { id: "one" });

  for (
    const expect of [
      { stream: "OTHER" },
      { lastSequence: 7 },
      { lastSubjectSequence: 7 },
      { lastId: "two" },
    ]
  ) {
    await assert.rejects(
      publisher.publish(order(1), { expect }),
      { code: "conflict", retryable: false },
      JSON.stringify(expect),
    );
  }
  const receipt = await publisher.publish(order(1), {
    expect: { lastSequence: 1, lastSubjectSequence: 1, lastId: "one" },
  });
  assert.equal(receipt.sequence, 2);
});

test("a message that lives shorter than its stream is gone after its time", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({
    stream: { ...stream, allowMessageTtl: true },
  }).open(await live.connect());

  await publisher.publish(order(1), { ttlMs: 900 });
  await publisher.publish(order(2));
  const before = await stored(live);
  const source = jetStream(orders, { stream: "ORDERS", deliver: "all" });
  const [first] = await take(await source.open(await live.connect()), 1);

  assert.equal(before, 2);
  assert.equal(first?.message.headers, undefined);
  let left = before;
  while (left > 1) left = await stored(live);
  assert.equal(left, 1);
});

test("what the server is too old for is refused, and not dropped", async () => {
  await using live = await Live.start({ generation: "2.10" });
  const connection = await live.connect();
  const publisher = await jetStreamSink({ stream }).open(connection);

  await assert.rejects(publisher.publish(order(1), { ttlMs: 1_000 }), {
    code: "unsupported",
    message: /"ttlMs" needs a server of 2\.11, found 2\.10/,
  });
  for (const more of [{ atomic: true }, { schedules: "later" }]) {
    await assert.rejects(
      jetStreamSink({ stream, ...more }).open(connection),
      { code: "unsupported", message: /needs a server of 2\.12, found 2\.10/ },
    );
  }
  assert.equal(await stored(live), 0);
});

test("a sink with transactions needs a stream that takes them", async () => {
  await using live = await Live.start();
  const connection = await live.connect();

  await assert.rejects(
    jetStreamSink({ stream, atomic: true }).open(connection),
    {
      code: "unsupported",
      message:
        'Cannot open a JetStream sink with "atomic": the stream "ORDERS" has no "allowAtomic"',
    },
  );
  await assert.rejects(jetStreamSink({ atomic: true }).open(connection), {
    code: "unsupported",
    message: /does not name its stream/,
  });
});

test("a transaction is refused as a whole", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({
    stream: { ...stream, allowAtomic: true, maxMessageBytes: 200 },
    atomic: true,
  }).open(await live.connect());
  await using transaction = await publisher.begin();
  await transaction.publish(order(1));
  await transaction.publish(order(2, "x".repeat(500)));

  await assert.rejects(transaction.commit(), { code: "refused" });

  assert.equal(await stored(live), 0);
});

test("an account without room is overloaded, and takes more once there is some", async () => {
  await using live = await Live.start({
    config: `accounts { SMALL {
        jetstream: { max_file: 1KB }
        users: [{ user: small, password: p }] } }
      no_auth_user: small`,
  });
  const publisher = await jetStreamSink({ stream }).open(await live.connect());
  const fill = async (): Promise<void> => {
    for (let id = 0; id < 100; id++) await publisher.publish(order(id));
  };

  await assert.rejects(fill(), { code: "overloaded", retryable: true });
  await live.api("STREAM.PURGE.ORDERS");
  const receipt = await publisher.publish(order("more"));

  assert.equal(receipt.stream, "ORDERS");
});

test("a header that tells the server what to do is refused", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream }).open(await live.connect());
  const message = {
    ...order(1),
    headers: headers({ "nats-expected-stream": "OTHER" }),
  };

  await assert.rejects(publisher.publish(message), TypeError);
});

test("publishes beyond maxInFlight wait, and keep their order", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream, maxInFlight: 2 })
    .open(await live.connect());

  const receipts = await Promise.all(
    Array.from({ length: 50 }, (_, i) => publisher.publish(order(i))),
  );

  assert.deepEqual(
    receipts.map(({ sequence }) => sequence),
    Array.from({ length: 50 }, (_, i) => i + 1),
  );
});

test("a publish whose answer was lost is sent again, and stored once", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream, retryDelayMs: 1 })
    .open(await live.connect());
  await publisher.publish(order(0));

  const publishing = Array.from(
    { length: 100 },
    (_, i) => publisher.publish(order(i + 1)),
  );
  await live.proxy.cut();
  const receipts = await Promise.all(publishing);

  assert.equal(receipts.some(({ duplicate }) => duplicate), false);
  assert.equal(await stored(live), 101);
});

test("without retries a publish whose connection is lost rejects, and may be tried again", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({ stream, retries: 0 })
    .open(await live.connect());
  await live.proxy.stall();

  const lost = assert.rejects(publisher.publish(order(1)), {
    code: "connection",
    retryable: true,
  });
  await live.until(() => publisher !== undefined);
  await live.proxy.cut();

  await lost;
  await live.proxy.flow();
});

test("what is published while the server is away arrives when it is back", async () => {
  await using live = await Live.start();
  const connection = await live.connect({
    backoff: { initialMs: 10, maxMs: 50 },
  });
  const publisher = await jetStreamSink({ stream, timeoutMs: 10_000 })
    .open(connection);
  await live.server.kill();
  // The client dials again, and has forgotten what the server said of itself.
  await live.until(() => connection.nats.info === undefined);

  const publishing = publisher.publish(order(1));
  await live.server.restart();

  assert.equal((await publishing).sequence, 1);
});

test("open publishes are confirmed by a shutdown that comes meanwhile", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const publisher = await jetStreamSink({ stream }).open(connection);

  const publishing = [1, 2, 3].map((id) => publisher.publish(order(id)));
  await connection.shutdown();

  const receipts = await Promise.all(publishing);
  assert.deepEqual(receipts.map(({ sequence }) => sequence), [1, 2, 3]);
});

test("a schedule is kept by the stream, and its message arrives as it was written", async () => {
  await using live = await Live.start();
  const publisher = await jetStreamSink({
    stream: {
      ...stream,
      subjects: ["orders.>", "later.>"],
      allowSchedules: true,
    },
    schedules: "later",
  }).open(await live.connect());
  const source = jetStream(orders, { stream: "ORDERS" });
  const subscription = await source.open(await live.connect());
  const message = { ...order(1), headers: headers({ trace: "7" }) };

  await publisher.schedule(message, new Date(Date.now() + 300));
  const [delivery] = await take(subscription, 1);

  assert.equal(delivery && textOf(delivery), "1");
  assert.deepEqual([...delivery?.message.headers ?? []], [["trace", "7"]]);
});
