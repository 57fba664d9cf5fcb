import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  channel,
  publisher,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { parseAddress } from "@ruststream/core/contract";
import { testApp } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import { sessionOf } from "../session_of.ts";
import { Inside, message, soon } from "./_kit_test.ts";
import { Hub } from "./_hub.ts";
import { services } from "./discovery.ts";
import { service } from "./service.ts";
import { ServiceError } from "./service_error.ts";

const total = channel<number>("total");
const sums = channel("math.sums", { payload: type<number[]>(), reply: total });

const math = service({
  name: "math",
  version: "1.4.0",
  description: "Adds numbers",
  metadata: { team: "sums" },
});

const add = subscriber(
  sums,
  (all) => {
    if (all.length === 0) throw new ServiceError(400, "empty");
    return all.reduce((one, other) => one + other, 0);
  },
);

function appOf(inside: Inside) {
  return new RustStream({ title: "math", version: "1.4.0" })
    .withBroker(inside.broker, (b) =>
      b.include(add, {
        source: (of) => math.endpoint(of, { metadata: { unit: "1" } }),
      }));
}

test("service() is found while its application runs, and answers", async () => {
  await using inside = await Inside.start();
  const { asker } = inside;
  const before = await inside.info();

  const running = await inside.run(appOf(inside));
  const during = await inside.info();
  const sum = await publisher(asker).request(sums, [1, 2], soon);
  await running.stop();
  const after = await inside.info();

  assert.deepEqual([before, after], [[], []]);
  assert.equal(sum, 3);
  assert.equal(during.length, 1);
  const [{ id, ...info } = { id: "" }] = during;
  assert.match(id, /^[0-9A-Za-z]{22}$/);
  assert.deepEqual(info, {
    name: "math",
    version: "1.4.0",
    description: "Adds numbers",
    metadata: { team: "sums" },
    endpoints: [{
      name: "math-sums",
      subject: "math.sums",
      group: "q",
      metadata: { unit: "1" },
    }],
  });
});

test("service() answers on all subjects of the protocol, in its form", async () => {
  await using inside = await Inside.start();
  const { asker: { publisher: raw } } = inside;
  await inside.run(appOf(inside));
  const [found] = await inside.info();
  const id = found?.id ?? "";
  const ask = async (address: string): Promise<unknown> => {
    const { body, headers } = await raw.request(message(address), soon);
    assert.equal(headers, undefined);
    return JSON.parse(new TextDecoder().decode(body));
  };
  const metadata = { team: "sums" };
  const identity = { name: "math", id, version: "1.4.0", metadata };

  for (const tail of ["", ".math", `.math.${id}`]) {
    assert.deepEqual(await ask(`$SRV.PING${tail}`), {
      type: "io.nats.micro.v1.ping_response",
      ...identity,
    });
    assert.deepEqual(await ask(`$SRV.INFO${tail}`), {
      type: "io.nats.micro.v1.info_response",
      ...identity,
      description: "Adds numbers",
      endpoints: [{
        name: "math-sums",
        subject: "math.sums",
        queue_group: "q",
        metadata: { unit: "1" },
      }],
    });
    assert.deepEqual(await ask(`$SRV.STATS${tail}`), {
      type: "io.nats.micro.v1.stats_response",
      ...identity,
      started: "1970-01-01T00:00:00.000Z",
      endpoints: [{
        name: "math-sums",
        subject: "math.sums",
        queue_group: "q",
        num_requests: 0,
        num_errors: 0,
        last_error: "",
        processing_time: 0,
        average_processing_time: 0,
      }],
    });
  }
  await assert.rejects(raw.request(message("$SRV.PING.maths"), soon), {
    code: "no-responder",
  });
});

test("instances of a service share its requests; without a group each gets each", async () => {
  await using inside = await Inside.start();
  const { publisher: raw } = inside.asker;
  const shared = math.endpoint(sums);
  const each = math.endpoint(total, { group: false });
  const opened = [];
  for (let count = 0; count < 2; count++) {
    const connection = await inside.connect();
    opened.push(await shared.open(connection), await each.open(connection));
  }

  for (let count = 0; count < 8; count++) {
    await raw.publish(message("math.sums"));
    await raw.publish(message("total"));
  }
  await inside.clock.advance(1);
  await Promise.all(opened.map((one) => one.drain()));
  const got = await Promise.all(
    opened.map(({ deliveries }) => Array.fromAsync(deliveries)),
  );
  const [first, fromFirst, second, fromSecond] = got.map((all) => all.length);

  assert.equal(Number(first) + Number(second), 8);
  assert.deepEqual([fromFirst, fromSecond], [8, 8]);
});

test("an endpoint does not read in the group of its subscriber", async () => {
  await using inside = await Inside.start();
  const group = "other";
  const ungrouped = math.endpoint(total, { group: false });
  const opened = [
    await math.endpoint(sums).open(await inside.connect(), { group }),
    await (await inside.connect()).subscribe(parseAddress("math.sums"), {
      group,
    }),
    await ungrouped.open(await inside.connect(), { group }),
    await ungrouped.open(await inside.connect(), { group }),
  ];

  await inside.asker.publisher.publish(message("math.sums"));
  await inside.asker.publisher.publish(message("total"));
  await inside.clock.advance(1);
  await Promise.all(opened.map((one) => one.drain()));
  const got = await Promise.all(
    opened.map(({ deliveries }) => Array.fromAsync(deliveries)),
  );

  assert.deepEqual(got.map((all) => all.length), [1, 1, 1, 1]);
});

test("a service leaves with its last endpoint, before the server is told to send no more", async () => {
  await using inside = await Inside.start();
  const connection = await inside.connect();
  const one = await math.endpoint(sums).open(connection);
  const other = await math.endpoint(total).open(connection);
  const id = math.on(connection)?.id;
  const namesOf = async (): Promise<unknown> =>
    (await inside.info()).map(({ id, endpoints }) => [
      id,
      ...endpoints.map(({ name }) => name),
    ]);

  assert.deepEqual(await namesOf(), [[id, "math-sums", "total"]]);
  const draining = one.drain();
  assert.deepEqual(await namesOf(), [[id, "total"]]);
  await draining;
  const reader = other.deliveries.getReader();
  const cancelled = reader.cancel();
  assert.deepEqual(await namesOf(), []);
  await cancelled;
  await assert.rejects(
    inside.asker.publisher.request(message("$SRV.PING"), soon),
    { code: "no-responder" },
  );
  await math.endpoint(total).open(connection);
  assert.deepEqual(await namesOf(), [[id, "total"]]);
  await connection.shutdown();
  assert.deepEqual(await namesOf(), []);
});

test("a service is not found before its requests come", async () => {
  await using inside = await Inside.start();
  const said = {
    name: "slow",
    version: "1.0.0",
    description: "",
    metadata: {},
  };
  const connection = await inside.connect();
  const instance = Hub.of(sessionOf(connection)).instance(said);
  const endpoint = instance.admit(
    { name: "a", subject: "a", group: "", metadata: {} },
    1,
  );

  endpoint.begins();
  const before = await inside.all(services(inside.asker).ping());
  endpoint.opened();
  const after = await inside.all(services(inside.asker).ping());

  assert.deepEqual([before.length, after.length], [0, 1]);
});

test("a service is there again after a lost connection, with its id", async () => {
  await using inside = await Inside.start();
  const told: string[] = [];
  const connection = await inside.connect(({ kind }) => void told.push(kind));
  await math.endpoint(sums).open(connection);
  const before = await inside.info();

  // More than a server takes, which ends the connection.
  sessionOf(connection).send("much", new Uint8Array(2_000_000));
  await inside.clock.advance(10_000);

  assert.deepEqual(told, ["connected", "disconnected", "connected"]);
  assert.equal(before.length, 1);
  assert.deepEqual(await inside.info(), before);
});

test("a service leaves with an endpoint that is lost", async () => {
  await using inside = await Inside.start();
  const connection = await inside.connect();
  const source = math.endpoint(sums, { capacity: 1, overflow: "close" });
  const opened = await source.open(connection);
  const before = await inside.info();

  for (let count = 0; count < 2; count++) {
    await inside.asker.publisher.publish(message("math.sums"));
  }
  const read = opened.deliveries.getReader().closed;

  await assert.rejects(read, { code: "overloaded" });
  assert.deepEqual([before.length, await inside.info()], [1, []]);
});

test("an open that is aborted leaves nothing of a service", async () => {
  await using inside = await Inside.start();
  const connection = await inside.connect();
  const stop = new AbortController();
  const reason = new Error("enough");
  const source = math.endpoint(sums);

  const opening = source.open(connection, { signal: stop.signal });
  stop.abort(reason);
  await assert.rejects(opening, reason);
  const never = source.open(connection, { signal: stop.signal });
  await assert.rejects(never, reason);

  assert.deepEqual(await inside.info(), []);
  await source.open(connection);
  assert.equal((await inside.info()).length, 1);
});

test("an endpoint counts in an application under test too", async () => {
  const stats: unknown[] = [];
  const app = new RustStream({ title: "math", version: "1.4.0" })
    .withBroker(
      natsBroker(),
      (b) => b.include(add, { source: (of) => math.endpoint(of) }),
    )
    .beforeStop(({ connections }) => {
      const [connection] = connections.values();
      const instance = connection && math.on(connection);
      for (const one of instance?.stats().endpoints ?? []) stats.push(one);
    });
  const t = await testApp(app);

  const sum = await t.request(sums, [1, 2], soon);
  const failed = t.request(sums, [], soon);
  await assert.rejects(failed, { cause: { code: "400", message: "empty" } });
  await t[Symbol.asyncDispose]();

  assert.equal(sum, 3);
  assert.deepEqual(stats, [{
    name: "math-sums",
    subject: "math.sums",
    group: "q",
    requests: 2,
    errors: 1,
    lastError: "400:empty",
    processingMs: 0,
    averageMs: 0,
  }]);
});

test("services() finds a service of the same connection too", async () => {
  await using inside = await Inside.start();
  await math.endpoint(sums).open(inside.asker);

  const [found] = await inside.all(services(inside.asker).ping());

  assert.equal(found?.id, math.on(inside.asker)?.id);
});
