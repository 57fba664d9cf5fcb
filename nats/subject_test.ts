import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  type BrokerEvent,
  parseAddress,
  systemClock,
} from "@ruststream/core/contract";
import { coreSink, natsBroker, subject } from "@ruststream/nats";
import { NatsServer } from "../_tools/nats_server.ts";
import {
  connect,
  message,
  read,
  reasonOf,
  subscribe,
  textOf,
  type Told,
} from "./_kit_test.ts";

const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(index + 1));

async function publishAll(
  { connection }: Told,
  address: string,
  bodies: readonly string[],
): Promise<void> {
  for (const body of bodies) {
    await connection.publisher.publish(message(address, body));
  }
  await connection.nats.flush();
}

const countOf = (events: readonly BrokerEvent[]): number =>
  events.reduce(
    (sum, event) => event.kind === "dropped" ? sum + event.count : sum,
    0,
  );

test("subject() drops what is new where nobody reads, and tells how many", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const prices = subject({ address: "prices" }, { capacity: 10 });
  const inbox = await prices.open(told.connection);

  await publishAll(told, "prices", numbers(35));

  assert.deepEqual(await read(inbox, 10), numbers(10));
  await inbox[Symbol.asyncDispose]();
  assert.equal(countOf(told.events), 25);
  assert.equal(told.events.filter(({ kind }) => kind === "slow").length, 1);
  await told.connection.shutdown();
});

test("subject() drops what has waited longest, where it is told to", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const prices = subject({ address: "prices" }, {
    capacity: 10,
    overflow: "drop-old",
  });
  const inbox = await prices.open(told.connection);

  await publishAll(told, "prices", numbers(35));

  assert.deepEqual(await read(inbox, 10), numbers(35).slice(25));
  await inbox[Symbol.asyncDispose]();
  assert.equal(countOf(told.events), 25);
  await told.connection.shutdown();
});

test("subject() ends with overloaded, where it is told to", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const prices = subject({ address: "prices" }, {
    capacity: 10,
    overflow: "close",
  });
  const inbox = await prices.open(told.connection);

  await publishAll(told, "prices", numbers(11));

  const reason = await reasonOf(inbox.deliveries.getReader().read());
  assert.equal((reason as { code: string }).code, "overloaded");
  await told.connection.shutdown();
});

test("subject() reads patterns, in a group of its own name", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const orders = subject({ address: "orders.{id}.{rest+}" }, { group: "g" });
  const one = await orders.open(told.connection);
  const other = await orders.open(told.connection, { group: "ignored" });
  assert.deepEqual(orders.bindings, { operation: { nats: { queue: "g" } } });

  await publishAll(told, "orders.7.a.b", numbers(20));
  await Promise.all([one.drain(), other.drain()]);
  const got = await Promise.all(
    [one, other].map((each) => Array.fromAsync(each.deliveries)),
  );

  assert.deepEqual(
    got.flat().map(({ message }) => textOf(message)).toSorted(),
    numbers(20).toSorted(),
  );
  assert.equal(got.flat()[0]?.message.address, "orders.7.a.b");
  await told.connection.shutdown();
});

test("a subscription gives what is on its way when it is drained", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const inbox = await subscribe(told, "way");
  const { publisher } = told.connection;
  for (const body of numbers(100)) {
    await publisher.publish(message("way", body));
  }

  await inbox.drain();
  const rest = await Array.fromAsync(inbox.deliveries);

  assert.deepEqual(rest.map(({ message }) => textOf(message)), numbers(100));
  await told.connection.shutdown();
});

test("leaving a group tells what it takes along unread", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const inbox = await subscribe(told, "work", { group: "g" });
  await publishAll(told, "work", numbers(3));

  await inbox.deliveries.cancel();

  const lost = told.events.filter(({ kind }) => kind === "lost");
  assert.deepEqual(lost.map((event) => "count" in event && event.count), [3]);
  await told.connection.shutdown();
});

test("settling is refused where core NATS cannot keep its promise", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const inbox = await subscribe(told, "settle");
  await publishAll(told, "settle", ["1"]);
  const { value: delivery } = await inbox.deliveries.getReader().read();

  for (const kind of ["retry", "release"] as const) {
    const reason = await reasonOf(delivery?.settle({ kind }));
    assert.equal((reason as { code: string }).code, "unsupported");
  }
  assert.equal(delivery?.settle({ kind: "ack" }), undefined);
  await told.connection.shutdown();
});

test("publish() takes no options that it does not know, and says where an answer is wanted", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const inbox = await subscribe(told, "asked");
  const { publisher } = told.connection;

  const odd = publisher.publish(message("asked"), { replyto: "x" } as object);
  await assert.rejects(async () => await odd, { message: /"replyto"/ });
  await publisher.publish(message("asked"), { replyTo: "here" });

  const { value: delivery } = await inbox.deliveries.getReader().read();
  assert.equal(delivery?.replyTo, "here");
  await told.connection.shutdown();
});

test("publish() refuses what the server would end the connection for", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: "max_payload: 1000",
  });
  const told = await connect({ servers: server.url });
  const { publisher } = told.connection;
  const headers = [["trace", "x".repeat(500)]] as never;
  const too: readonly object[] = [
    { address: "a", body: new Uint8Array(1_001) },
    { address: "a", body: new Uint8Array(600), headers },
    { address: "a".repeat(5_000), body: new Uint8Array() },
  ];

  for (const each of too) {
    const publish = publisher.publish(each as never);
    await assert.rejects(async () => await publish, { code: "too-large" });
  }
  const long = parseAddress("a".repeat(5_000));
  await assert.rejects(told.connection.subscribe(long), { code: "too-large" });

  await told.connection.nats.flush();
  assert.deepEqual(told.events.map(({ kind }) => kind), ["connected"]);
  await told.connection.shutdown();
});

test("publish() waits while the socket holds too much, and goes on when it has room", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const told = await connect({
    servers: proxy.url,
    highWaterBytes: 100_000,
    shutdownTimeoutMs: 200,
  });
  const { publisher } = told.connection;
  const body = new Uint8Array(300_000);
  await proxy.stall();

  const sent = Array.from(
    { length: 30 },
    () => publisher.publish({ address: "big", body }),
  );
  const waiting = sent.filter((each) => each !== undefined).length;
  await proxy.flow();
  await Promise.all(sent);

  assert.equal(waiting, 29);
  await told.connection.shutdown();
});

test("coreSink() confirms what the server has taken, seen from another connection", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const other = await natsBroker({ servers: server.url }).connect();
  const inbox = await other.subscribe(parseAddress("taken"));
  const sink = coreSink({ confirms: "received" });
  const publisher = await sink.open(told.connection);
  assert.equal(publisher.confirms, "received");

  await Promise.all(
    numbers(50).map((body) => publisher.publish(message("taken", body))),
  );
  await other.nats.flush();
  await inbox.drain();

  const got = await Array.fromAsync(inbox.deliveries);
  assert.deepEqual(got.map(({ message }) => textOf(message)), numbers(50));
  await other.shutdown();
  await told.connection.shutdown();
});

test("coreSink() resolves no sooner than the server has the message", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const told = await connect({ servers: proxy.url });
  const sink = coreSink({ confirms: "received" });
  const publisher = await sink.open(told.connection);
  const order: string[] = [];
  await proxy.stall();

  const taken = Promise.resolve(publisher.publish(message("taken")))
    .then(() => order.push("taken"));
  await systemClock.sleep(60);
  order.push("flows");
  await proxy.flow();
  await taken;

  assert.deepEqual(order, ["flows", "taken"]);
  await told.connection.shutdown();
});
