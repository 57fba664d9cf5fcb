import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "@ruststream/conformance/runner";
import { natsBroker, type NatsBrokerOptions, subject } from "@ruststream/nats";

test("natsBroker() describes its servers without their credentials", () => {
  const broker = natsBroker({
    servers: ["nats://me:s3cret@one", "tls://two:4443, 127.0.0.1:1"],
    name: "orders",
  });

  assert.deepEqual(broker.describe(), [
    { host: "one:4222", protocol: "nats" },
    { host: "two:4443", protocol: "nats" },
    { host: "127.0.0.1:1", protocol: "nats" },
  ]);
  assert.equal(broker.name, "orders");
  assert.equal(inspect(broker, { depth: 9 }).includes("s3cret"), false);
});

test("natsBroker() refuses options that it does not know or that are out of range, and shows no secret", () => {
  const wrong: readonly [object, typeof TypeError | typeof RangeError][] = [
    [{ serverz: "s3cret" }, TypeError],
    [{ servers: [] }, TypeError],
    [{ servers: "http://me:s3cret@one" }, TypeError],
    [{ servers: "nats://me:s3cret@" }, TypeError],
    [{ servers: "nats://me:s3cret@one/path" }, TypeError],
    [{ servers: ["ws://one", "nats://me:s3cret@two"] }, TypeError],
    [{ servers: "me:s3cret@one", auth: { token: "s3cret" } }, TypeError],
    [{ auth: { token: "s3cret", user: "me" } }, TypeError],
    [{ auth: { user: "s3cret" } }, TypeError],
    [{ auth: { token: 7 } }, TypeError],
    [{ tls: { ca: "a", caFile: "b" } }, TypeError],
    [{ tls: { rejectUnauthorized: false } }, TypeError],
    [{ backoff: { initialMs: 0 } }, RangeError],
    [{ backoff: { factor: 0.5 } }, RangeError],
    [{ connectTimeoutMs: -1 }, RangeError],
    [{ highWaterBytes: Infinity }, RangeError],
    [{ inboxPrefix: "a.*" }, TypeError],
    [{ onAuthError: "never" }, TypeError],
    [{ jetStream: { domain: "a.b" } }, TypeError],
    [{ jetStream: { domain: "a", apiPrefix: "b" } }, TypeError],
    [{ jetStream: { apiPrefix: "a.>" } }, TypeError],
    [{ jetStream: { prefix: "a" } }, TypeError],
  ];

  for (const [options, kind] of wrong) {
    assert.throws(
      () => natsBroker(options as NatsBrokerOptions),
      (error: Error) =>
        error instanceof kind && !error.message.includes("s3cret"),
      JSON.stringify(options),
    );
  }
});

test("natsBroker() copies what it is given", () => {
  const servers = ["nats://one"];
  const broker = natsBroker(Object.freeze({ servers }));

  servers[0] = "nats://two";

  assert.deepEqual(broker.describe()[0]?.host, "one:4222");
});

test("natsBroker.fromEnv() reads the environment, options first", () => {
  const broker = natsBroker.fromEnv({ name: "mine" }, {
    NATS_URL: "nats://one,nats://two",
    NATS_NAME: "theirs",
    NATS_TOKEN: "s3cret",
    NATS_SERVICE_HOST: "10.0.0.1",
    NATS_PORT: "tcp://10.0.0.1:4222",
    NATS_PORT_4222_TCP: "tcp://10.0.0.1:4222",
    HOME: "/",
  });

  assert.equal(broker.name, "mine");
  assert.deepEqual(broker.describe().map(({ host }) => host), [
    "one:4222",
    "two:4222",
  ]);
});

test("natsBroker.fromEnv() names the variables that it refuses, and not what they hold", () => {
  const wrong: readonly [Record<string, string>, RegExp][] = [
    [{ NATS_TOKN: "s3cret" }, /found NATS_TOKN$/],
    [
      { NATS_TOKEN: "s3cret", NATS_CREDS: "/s3cret" },
      /found NATS_TOKEN and NATS_CREDS$/,
    ],
    [{ NATS_USER: "s3cret" }, /found NATS_USER$/],
  ];

  for (const [environment, expected] of wrong) {
    assert.throws(
      () => natsBroker.fromEnv({}, environment),
      (error: Error) =>
        error instanceof TypeError && expected.test(error.message) &&
        !error.message.includes("s3cret"),
    );
  }
});

test("subject() refuses what it does not know", () => {
  const channel = { address: "prices.{symbol}" };

  assert.throws(() => subject(channel, { capacity: 0 }), RangeError);
  assert.throws(
    () => subject(channel, { overflow: "never" as "close" }),
    TypeError,
  );
  assert.throws(() => subject(channel, { queue: "q" } as object), TypeError);
});
