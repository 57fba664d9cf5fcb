import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import { natsBroker } from "@ruststream/nats";
import { NatsServer } from "../_tools/nats_server.ts";
import {
  ca,
  clientCert,
  clientKey,
  otherCa,
  serverCert,
  serverKey,
} from "./_certificates_test.ts";
import {
  connect,
  message,
  read,
  reasonOf,
  subscribe,
  type Told,
  until,
  webConfig,
  webPort,
} from "./_kit_test.ts";

/** Publishes a message and reads it. */
async function works(told: Told): Promise<void> {
  const inbox = await subscribe(told, "works");
  await told.connection.publisher.publish(message("works", "yes"));
  assert.deepEqual(await read(inbox, 1), ["yes"]);
}

/** A server with TLS; its files are written first, so it is restarted with them. */
async function secureServer(more = ""): Promise<NatsServer> {
  const server = await NatsServer.start({ jetStream: false });
  const file = (name: string, text: string): string => {
    const path = join(server.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const config = `tls {
    cert_file: "${file("server.pem", serverCert)}"
    key_file: "${file("server.key", serverKey)}"
    ca_file: "${file("ca.pem", ca)}"
    ${more}
  }`;
  await server.restart("SIGKILL", config);
  return server;
}

test("natsBroker() speaks TLS by its option, by the URL, and where the server asks for it", async () => {
  await using server = await secureServer();
  const caFile = join(server.folder, "ca.pem");
  const host = `127.0.0.1:${server.port}`;

  for (
    const options of [
      { servers: `nats://${host}`, tls: { ca } },
      { servers: `tls://${host}`, tls: { caFile } },
      { servers: `tls://localhost:${server.port}`, tls: { ca } },
    ]
  ) {
    const told = await connect(options);
    await works(told);
    await told.connection.shutdown();
  }
});

test("natsBroker() connects again over TLS after a restart of the server", async () => {
  await using server = await secureServer();
  const told = await connect({ servers: server.url, tls: { ca } });

  await server.kill();
  await until("it is away", () => told.connection.state !== "connected");
  await server.restart("SIGKILL", undefined);
  await until("it is there or refused", () => told.events.length > 1);

  await told.connection.shutdown();
  assert.equal(told.events[1]?.kind, "disconnected");
});

test("connect() rejects with refused for a certificate of another authority, and does not dial on", async () => {
  await using server = await secureServer();
  const servers = server.url;

  for (const tls of [{ ca: otherCa }, {}]) {
    const reason = await reasonOf(natsBroker({ servers, tls }).connect());
    assert.equal((reason as { code: string }).code, "refused");
  }
});

test("natsBroker() shows a certificate of its own where the server asks for one", async () => {
  await using server = await secureServer("verify: true");
  const servers = server.url;

  const told = await connect({
    servers,
    tls: { ca, cert: clientCert, key: clientKey },
  });
  await works(told);
  await told.connection.shutdown();

  const began = systemClock.mono();
  const without = await reasonOf(
    natsBroker({ servers, tls: { ca } }).connect(),
  );
  assert.ok(
    ["refused", "connection"].includes((without as { code: string }).code),
  );
  // It does not wait for all of its time: the server has gone.
  assert.ok(systemClock.mono() - began < 4_000);
});

test("natsBroker() begins with TLS where the server wants it first", async () => {
  await using server = await secureServer("handshake_first: true");
  const told = await connect({
    servers: server.url,
    tls: { ca, handshakeFirst: true },
  });

  await works(told);

  await told.connection.shutdown();
});

test("natsBroker() speaks WebSocket where the URL says so, and connects again", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: `${webConfig}\nauthorization { token: t0ken }`,
  });
  const told = await connect({
    servers: `ws://127.0.0.1:${webPort(server)}`,
    auth: { token: "t0ken" },
  });

  await works(told);
  await told.connection.nats.reconnect();
  await until("it was told", () => told.events.length >= 3);

  await works(told);
  await told.connection.shutdown();
});

test("connect() refuses WebSocket beside TCP, and takes it once the other is gone", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: webConfig,
  });
  const tcp = await connect({ servers: server.url });
  const web = natsBroker({
    servers: `ws://127.0.0.1:${webPort(server)}`,
  });

  await assert.rejects(web.connect(), { code: "unsupported" });
  await works(tcp);
  await tcp.connection.shutdown();

  const connection = await web.connect();
  await assert.rejects(connect({ servers: server.url }), {
    code: "unsupported",
  });
  await connection.shutdown();
});

test("natsBroker.fromConnection() uses a connection of somebody else, and does not close it", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const own = await connect({ servers: server.url });
  const broker = natsBroker.fromConnection(own.connection.nats);
  const connection = await broker.connect();

  await works({ connection, events: [] });
  const inbox = await subscribe({ connection, events: [] }, "asked");
  const reply = connection.publisher.request(message("asked", "?"), {
    timeoutMs: 5_000,
  });
  const { value } = await inbox.deliveries.getReader().read();
  const { replyTo = "" } = value ?? {};
  await connection.publisher.publish(message(replyTo, "!"));
  await reply;
  await connection.shutdown();

  assert.equal(own.connection.nats.isClosed(), false);
  await works(own);
  await own.connection.shutdown();
  await assert.rejects(broker.connect(), { code: "closed" });
});
