import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "@nats-io/nats-core";
import { inspect } from "node:util";
import { test } from "@ruststream/conformance/runner";
import { coreSink, type NatsAuth, natsBroker } from "@ruststream/nats";
import { NatsServer } from "../_tools/nats_server.ts";
import { accounts, credsOf } from "./_accounts_test.ts";
import {
  connect,
  message,
  read,
  reasonOf,
  subscribe,
  until,
} from "./_kit_test.ts";

const decoder = new TextDecoder();
const codeOf = (reason: unknown): unknown => (reason as { code: unknown }).code;

/** Connects, and says that it could publish. */
async function signsIn(servers: string, auth?: NatsAuth): Promise<boolean> {
  const { connection } = await connect({ servers, ...(auth && { auth }) });
  await connection.nats.flush();
  await connection.shutdown();
  return true;
}

test("natsBroker() signs in with a token, in its options and in the URL", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: "authorization { token: t0ken }",
  });

  assert.ok(await signsIn(server.url, { token: "t0ken" }));
  assert.ok(await signsIn(`nats://t0ken@127.0.0.1:${server.port}`));
});

test("natsBroker() signs in with a user and a password, in its options and in the URL", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: 'authorization { user: "me", password: "p:w/d" }',
  });
  const { port } = server;

  assert.ok(await signsIn(server.url, { user: "me", password: "p:w/d" }));
  assert.ok(await signsIn(`nats://me:p%3Aw%2Fd@127.0.0.1:${port}`));
});

test("natsBroker() signs in with the seed of a key", async () => {
  const user = nkeys.createUser();
  await using server = await NatsServer.start({
    jetStream: false,
    config: `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
  });
  const nkeySeed = decoder.decode(user.getSeed());

  assert.ok(await signsIn(server.url, { nkeySeed }));
});

test("natsBroker() signs in with a JWT, and with the text and the file of credentials", async () => {
  const made = accounts();
  await using server = await NatsServer.start({
    jetStream: false,
    config: made.config,
  });
  const user = made.user();
  const credsFile = join(server.folder, "user.creds");
  writeFileSync(credsFile, credsOf(user));

  assert.ok(await signsIn(server.url, user));
  assert.ok(await signsIn(server.url, { creds: credsOf(user) }));
  assert.ok(await signsIn(server.url, { credsFile }));
});

test("connect() rejects with denied for credentials that have expired or cannot be read", async () => {
  const made = accounts();
  await using server = await NatsServer.start({
    jetStream: false,
    config: made.config,
  });
  const expired = made.user({ exp: 1_700_000_001 });
  const bad: readonly NatsAuth[] = [
    expired,
    { creds: credsOf(expired) },
    { creds: "s3cret" },
    { nkeySeed: "s3cret" },
  ];

  for (const auth of bad) {
    const reason = await reasonOf(
      natsBroker({ servers: server.url, auth }).connect(),
    );
    assert.equal(codeOf(reason), "denied");
    assert.equal(inspect(reason).includes("s3cret"), false);
    assert.equal(inspect(reason).includes(expired.nkeySeed), false);
  }
});

test("a file of credentials that is not there is refused, by its path", async () => {
  const broker = natsBroker({ auth: { credsFile: "/nowhere/user.creds" } });

  await assert.rejects(broker.connect(), {
    code: "refused",
    message: /"\/nowhere\/user.creds": ENOENT/,
  });
});

test("two hundred refused logins in a row are denied, and show no secret", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: "authorization { token: other }",
  });
  const broker = natsBroker({
    servers: server.url,
    auth: { token: "s3cret-token" },
  });
  const reasons: unknown[] = [];

  while (reasons.length < 200) reasons.push(await reasonOf(broker.connect()));

  assert.deepEqual([...new Set(reasons.map(codeOf))], ["denied"]);
  assert.equal(inspect(reasons).includes("s3cret"), false);
});

test("a function is asked for credentials anew at each dial", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: "authorization { token: one }",
  });
  let token = "one";
  let asked = 0;
  const told = await connect({
    servers: server.url,
    auth: async () => {
      asked++;
      await Promise.resolve();
      return { token };
    },
  });

  await server.restart("SIGKILL", "authorization { token: two }");
  await until(
    "it is told that it was refused",
    () => inspect(told.events).includes("sign in: the server refused"),
  );
  const before = asked;
  token = "two";
  await until("it is back", () => told.connection.state === "connected");

  await told.connection.nats.flush();
  assert.ok(before >= 2 && asked > before);
  await told.connection.shutdown();
});

test("a function that fails is what connecting is denied for", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const cause = new TypeError("no vault");
  const broker = natsBroker({
    servers: server.url,
    auth: () => Promise.reject(cause),
  });

  const reason = await reasonOf(broker.connect());

  assert.equal(codeOf(reason), "denied");
  assert.equal((reason as Error).cause, cause);
});

test("a function that fails when it is asked again is told, and asked once more", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  let failures = 3;
  let there = false;
  const told = await connect({
    servers: proxy.url,
    auth: () => {
      if (!there || failures-- <= 0) return { token: "any" };
      throw new TypeError("no vault");
    },
  });

  there = true;
  await proxy.cut();
  await until("it failed", () => failures < 0);
  await until("it is back", () => told.connection.state === "connected");

  const causes = told.events.filter((event) =>
    "cause" in event && inspect(event.cause).includes("no vault")
  );
  assert.equal(causes.length, 3);
  await told.connection.shutdown();
});

test("fixed credentials that are refused after a restart end the connection, as denied", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: "authorization { token: one }",
  });
  const told = await connect({ servers: server.url, auth: { token: "one" } });

  await server.restart("SIGKILL", "authorization { token: two }");

  assert.equal(codeOf(await told.connection.closed), "denied");
  assert.equal(told.connection.state, "closed");
  await told.connection.shutdown();
});

test("subscribing where it is not permitted rejects with denied", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: `authorization { users: [{ user: a, password: b,
      permissions: { publish: ">", subscribe: "_INBOX.>" } }] }`,
  });
  const auth = { user: "a", password: "b" };
  const told = await connect({ servers: server.url, auth });

  const reason = await reasonOf(subscribe(told, "secret.{x}"));

  assert.equal(codeOf(reason), "denied");
  await told.connection.shutdown();
});

test("a permission that is taken away ends the subscription with denied, and tells of publishes", async () => {
  const user = (permissions: string): string =>
    `authorization { users: [{ user: a, password: b, permissions: ${permissions} }] }`;
  await using server = await NatsServer.start({
    jetStream: false,
    config: user('{ publish: ">", subscribe: ">" }'),
  });
  const auth = { user: "a", password: "b" };
  const told = await connect({ servers: server.url, auth });
  const inbox = await subscribe(told, "inner");
  const reading = reasonOf(inbox.deliveries.getReader().read());
  const kept = await subscribe(told, "open");

  await server.restart(
    "SIGKILL",
    user('{ publish: "open", subscribe: ["open", "_INBOX.>"] }'),
  );
  assert.equal(codeOf(await reading), "denied");
  const { publisher } = told.connection;
  await publisher.publish(message("inner"));
  const received = await coreSink({ confirms: "received" }).open(
    told.connection,
  );
  const refused = reasonOf(received.publish(message("inner")));
  const request = reasonOf(
    publisher.request(message("inner"), { timeoutMs: 5_000 }),
  );

  assert.equal(codeOf(await refused), "denied");
  assert.equal(codeOf(await request), "denied");
  await received.publish(message("open", "still"));
  assert.deepEqual(await read(kept, 1), ["still"]);
  const dropped = told.events.filter(({ kind }) => kind === "dropped");
  assert.equal(dropped.length, 3);
  await told.connection.shutdown();
});
