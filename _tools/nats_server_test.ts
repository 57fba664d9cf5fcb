import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "@ruststream/conformance/runner";
import { NatsServer } from "./nats_server.ts";

/** What the server says first, or the empty string where the connection ends before. */
async function greeting(port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8")
    .on("error", () => {})
    .on("close", () => resolve(text))
    .on("data", (chunk) => {
      text += chunk;
      if (text.includes("\r\n")) socket.destroy();
    });
  return await promise;
}

/** Resolves once a connection has ended. */
async function ended(port: number): Promise<() => Promise<void>> {
  const open = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {})
    .on("close", () => closed.resolve())
    .once("data", () => open.resolve());
  await open.promise;
  return () => closed.promise;
}

test("NatsServer.start() answers, with JetStream", async () => {
  await using server = await NatsServer.start();

  const info = await greeting(server.port);

  assert.match(info, /^INFO /);
  assert.match(info, new RegExp(`"version":"${server.version}"`));
  assert.match(info, /"jetstream":true/);
});

test("NatsServer.start() says what is wrong with a configuration", async () => {
  await assert.rejects(
    NatsServer.start({ config: "no_such_thing: 1" }),
    /^TypeError: Cannot start nats-server .*no_such_thing/,
  );
});

test("NatsServer.restart() comes back on the same port", async () => {
  await using server = await NatsServer.start();
  const { port } = server;

  await server.kill("SIGTERM");
  const dead = await greeting(port);
  await server.restart();
  const alive = await greeting(port);

  assert.equal(dead, "");
  assert.match(alive, /^INFO /);
  assert.equal(server.port, port);
});

test("NatsServer.stop() ends the server, and its proxies", async () => {
  const server = await NatsServer.start();
  const proxy = await server.proxy();

  await server.stop();
  await server.stop();

  assert.equal(server.running, false);
  assert.equal(await greeting(server.port), "");
  assert.equal(await greeting(proxy.port), "");
});

test("NatsProxy.cut() ends what goes through it, and lets new ones in", async () => {
  await using server = await NatsServer.start();
  const proxy = await server.proxy();
  const first = await ended(proxy.port);
  const second = await ended(proxy.port);

  const counted = await proxy.count();
  const cut = await proxy.cut();
  await Promise.all([first(), second()]);
  const again = await greeting(proxy.port);

  assert.deepEqual([counted, cut], [2, 2]);
  assert.match(again, /^INFO /);
});

test("NatsProxy.cut() of a client id ends that one alone", async () => {
  await using server = await NatsServer.start();
  const proxy = await server.proxy();
  const id = Number(/"client_id":(\d+)/.exec(await greeting(proxy.port))?.[1]);
  const next = await ended(proxy.port);
  const other = await ended(proxy.port);

  const cut = await proxy.cut(id + 1);
  await next();
  const left = await proxy.count();
  await proxy.cut();
  await other();

  assert.equal(cut, 1);
  assert.equal(left, 1);
});

test("NatsProxy.refuse() ends new connections, until they are accepted again", async () => {
  await using server = await NatsServer.start();
  const proxy = await server.proxy();

  await proxy.refuse();
  const refused = await greeting(proxy.port);
  await proxy.accept();
  const accepted = await greeting(proxy.port);

  assert.equal(refused, "");
  assert.match(accepted, /^INFO /);
});
