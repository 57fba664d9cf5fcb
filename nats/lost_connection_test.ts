import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTransportFactory } from "@nats-io/nats-core/internal";
import { test } from "@ruststream/conformance/runner";
import { parseAddress, systemClock } from "@ruststream/core/contract";
import { natsBroker } from "@ruststream/nats";
import { NatsServer } from "../_tools/nats_server.ts";
import {
  connect,
  message,
  read,
  reasonOf,
  subscribe,
  type Told,
  until,
} from "./_kit_test.ts";

const away = (told: Told): Promise<void> =>
  until("the connection is lost", () => told.connection.state !== "connected");

test("a publish while the server is away waits, and all arrive in order", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const reading = await connect({ servers: server.url });
  const writing = await connect({ servers: proxy.url });
  const inbox = await subscribe(reading, "away");
  await proxy.refuse();
  await proxy.cut();
  await away(writing);

  const sent = ["1", "2", "3"].map((body) =>
    writing.connection.publisher.publish(message("away", body))
  );
  await proxy.accept();
  await Promise.all(sent);
  await writing.connection.publisher.publish(message("away", "4"));

  assert.deepEqual(await read(inbox, 4), ["1", "2", "3", "4"]);
  assert.deepEqual(
    writing.events.map(({ kind }) => kind),
    ["connected", "disconnected", "connected"],
  );
  await reading.connection.shutdown();
  await writing.connection.shutdown();
});

test("a publish while the server is away rejects with timeout after publishTimeoutMs", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url, publishTimeoutMs: 60 });
  await server.kill();
  await away(told);

  const { publisher } = told.connection;
  const publish = publisher.publish(message("away"));

  await assert.rejects(async () => await publish, { code: "timeout" });
  await told.connection.shutdown();
});

test("a publish while the server is away rejects with overloaded where too much waits", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url, maxWaitingBytes: 4_096 });
  await server.kill();
  await away(told);

  const { publisher } = told.connection;
  const body = new Uint8Array(3_000);
  const first = reasonOf(publisher.publish({ address: "away", body }));
  const second = publisher.publish({ address: "away", body });

  await assert.rejects(async () => await second, { code: "overloaded" });
  await told.connection.shutdown();
  assert.equal((await first as { code: string }).code, "closed");
});

test("a publish that waits obeys its signal", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  await server.kill();
  await away(told);

  const stop = new AbortController();
  const publish = told.connection.publisher.publish(message("away"), {
    signal: stop.signal,
  });
  const reason = new TypeError("enough");
  stop.abort(reason);

  assert.equal(await reasonOf(publish), reason);
  await told.connection.shutdown();
});

test("a subscription goes on after a restart of the server, grouped or not", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const alone = await subscribe(told, "again");
  const member = await subscribe(told, "again", { group: "g" });

  await server.restart();
  await until("it is told", () => told.events.length === 3);
  await told.connection.publisher.publish(message("again", "after"));

  assert.deepEqual(await read(alone, 1), ["after"]);
  assert.deepEqual(await read(member, 1), ["after"]);
  await told.connection.shutdown();
});

test("a request that is open when the connection is cut rejects with connection at once", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const answering = await connect({ servers: server.url });
  await subscribe(answering, "slow");
  const asking = await connect({ servers: proxy.url });
  const began = systemClock.mono();
  const reason = reasonOf(
    asking.connection.publisher.request(message("slow"), { timeoutMs: 20_000 }),
  );

  await proxy.cut();

  assert.equal((await reason as { code: string }).code, "connection");
  assert.ok(systemClock.mono() - began < 5_000);
  await asking.connection.shutdown();
  await answering.connection.shutdown();
});

test("a publish that waits for the server's word rejects when the connection is cut", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const told = await connect({ servers: proxy.url });
  await proxy.stall();
  const flush = reasonOf(told.connection.subscribe(parseAddress("stalled")));
  await systemClock.turn();

  await proxy.cut();
  await told.connection.shutdown();

  assert.equal((await flush as { code: string }).code, "closed");
});

test("shutdown() ends while the server is away, and dials no more", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const inbox = await subscribe(told, "away");
  const reading = inbox.deliveries.getReader().read();
  await server.kill();
  await away(told);

  await told.connection.shutdown();

  assert.equal((await reading).done, true);
  assert.equal(told.connection.state, "closed");
  assert.equal(told.connection.nats.isClosed(), true);
});

test("shutdown() ends in its time while the server says nothing", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const told = await connect({ servers: proxy.url, shutdownTimeoutMs: 100 });
  await proxy.stall();

  const began = systemClock.mono();
  await told.connection.shutdown();

  assert.ok(systemClock.mono() - began < 3_000);
  assert.equal(told.connection.state, "closed");
});

test("shutdown() tells how many deliveries nobody will read", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  await subscribe(told, "unread");
  await told.connection.publisher.publish(message("unread", "1"));
  await told.connection.publisher.publish(message("unread", "2"));
  await told.connection.nats.flush();

  await told.connection.shutdown();

  const lost = told.events.filter(({ kind }) => kind === "lost");
  assert.deepEqual(lost.map((event) => "count" in event && event.count), [2]);
});

test("connect() finds the server of a list that is there, and keeps the others for later", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const { connection } = await connect({
    servers: ["nats://127.0.0.1:1", server.url],
    keepOrder: true,
  });

  const known = connection.nats.getServers().map(({ listen }) => listen);

  assert.deepEqual(known.toSorted(), [
    "127.0.0.1:1",
    `127.0.0.1:${server.port}`,
  ]);
  await connection.shutdown();
});

test("connect() rejects with connection where nobody listens", async () => {
  const broker = natsBroker({ servers: "127.0.0.1:1" });

  await assert.rejects(broker.connect(), { code: "connection" });
});

test("connect() rejects with timeout where the server says nothing, and obeys its signal before", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  await proxy.stall();
  const within = (connectTimeoutMs: number) =>
    natsBroker({ servers: proxy.url, connectTimeoutMs });
  const stop = new AbortController();

  const given = reasonOf(within(60_000).connect({ signal: stop.signal }));
  const late = reasonOf(within(300).connect());
  const reason = new TypeError("enough");
  await systemClock.sleep(50);
  stop.abort(reason);

  assert.equal(await given, reason);
  assert.equal((await late as { code: string }).code, "timeout");
});

test("a report that throws does not end the reading of the connection", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told: string[] = [];
  const connection = await natsBroker({
    servers: server.url,
    backoff: { initialMs: 10, maxMs: 50 },
  }).connect({
    report: ({ kind }) => {
      told.push(kind);
      throw new TypeError("nobody wants to know");
    },
  });
  const inbox = await connection.subscribe(parseAddress("still"));

  await server.restart();
  // Its state may still be that of before: it learns of the loss when it may.
  await until(
    "it is back",
    () => told.filter((kind) => kind === "connected").length > 1,
  );
  await connection.nats.flush();
  await connection.publisher.publish(message("still", "here"));

  assert.deepEqual(await read(inbox, 1), ["here"]);
  await connection.shutdown();
});

test("the client closed by somebody else is a lost connection, with its cause", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const inbox = await subscribe(told, "gone");
  const reading = reasonOf(inbox.deliveries.getReader().read());

  await told.connection.nats.close();

  assert.equal((await reading as { code: string }).code, "connection");
  assert.ok(await told.connection.closed instanceof Error);
  assert.equal(told.connection.state, "closed");
  await told.connection.shutdown();
});

test("a server that says nothing any more is a lost connection after three questions", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const told = await connect({ servers: proxy.url, pingIntervalMs: 40 });

  await proxy.stall();
  await away(told);
  await proxy.flow();
  await proxy.cut();

  await until("it is back", () => told.connection.state === "connected");
  await told.connection.shutdown();
});

test("dialling never gives up, and begins anew after each connection", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  let dials = 0;
  const told = await connect({
    servers: server.url,
    backoff: { initialMs: 1, maxMs: 5 },
    auth: () => {
      dials++;
      return { token: "any" };
    },
  });

  await server.kill();
  await until("it was dialled often", () => dials > 25);
  assert.equal(told.connection.state, "reconnecting");
  await server.restart();

  await until("it is back", () => told.connection.state === "connected");
  await told.connection.shutdown();
});

test("a connection dials by its own transport, whatever others make the client use", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const told = await connect({ servers: proxy.url });
  setTransportFactory({
    factory: () => {
      throw new TypeError("the transport of somebody else");
    },
  });

  await proxy.cut();
  await until("it is told", () => told.events.length >= 3);

  assert.equal(told.connection.state, "connected");
  await told.connection.shutdown();
});

test("noEcho keeps what a connection publishes from itself, and from nobody else", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const own = await connect({ servers: server.url, noEcho: true });
  const other = await connect({ servers: server.url });
  const inbox = await subscribe(own, "echo");

  await own.connection.publisher.publish(message("echo", "own"));
  await own.connection.nats.flush();
  await other.connection.publisher.publish(message("echo", "other"));

  assert.deepEqual(await read(inbox, 1), ["other"]);
  await own.connection.shutdown();
  await other.connection.shutdown();
});

test("a server that resets the connection in the middle of its words is an error, and nothing escapes", async () => {
  const info = `INFO {"version":"2.0.0","max_payload":1,"headers":true}\r\n`;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(info, () => socket.resetAndDestroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const broker = natsBroker({ servers: `127.0.0.1:${port}` });
  const codes = new Set<unknown>();

  for (let times = 0; times < 30; times++) {
    codes.add((await reasonOf(broker.connect()) as { code: string }).code);
  }
  server.close();
  await once(server, "close");

  assert.deepEqual([...codes], ["connection"]);
});

test("what answers is no NATS server: connecting is refused", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const broker = natsBroker({ servers: `127.0.0.1:${port}` });
  await assert.rejects(broker.connect(), { code: "refused" });

  server.close();
  await once(server, "close");
});
