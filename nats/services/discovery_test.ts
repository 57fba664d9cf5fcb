import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { channel, publisher, RustStream, type } from "@ruststream/core";
import { headers, parseAddress } from "@ruststream/core/contract";
import { testApp } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { Inside, message, soon } from "./_kit_test.ts";
import { services } from "./discovery.ts";
import { service } from "./service.ts";

const sums = channel("sum", {
  payload: type<number[]>(),
  reply: channel<number>("total"),
});

// As a service of nats.js wrote it.
const foreign = {
  ping:
    '{"type":"io.nats.micro.v1.ping_response","name":"foreign","id":"OPNL8DMHPT2H9YFYHHQD28","version":"2.1.0","metadata":{"team":"a"}}',
  info:
    '{"type":"io.nats.micro.v1.info_response","name":"foreign","id":"OPNL8DMHPT2H9YFYHHQD28","version":"2.1.0","description":"adds","metadata":{"team":"a"},"endpoints":[{"subject":"sum","metadata":{"unit":"1"},"name":"sum","queue_group":"q"}]}',
  stats:
    '{"type":"io.nats.micro.v1.stats_response","name":"foreign","id":"OPNL8DMHPT2H9YFYHHQD28","version":"2.1.0","started":"2026-11-22T14:59:05.624Z","metadata":{"team":"a"},"endpoints":[{"name":"sum","subject":"sum","average_processing_time":500000,"num_errors":2,"num_requests":4,"processing_time":2000000,"last_error":"boom","queue_group":"q"}]}',
};

/** Answers what comes to an address with texts. */
async function answers(
  connection: NatsConnection,
  address: string,
  texts: readonly string[],
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  const inbox = await connection.subscribe(parseAddress(address));
  (async () => {
    for await (const { replyTo = "" } of inbox.deliveries) {
      for (const text of texts) {
        const answer = message(replyTo, text);
        await connection.publisher.publish(
          Object.keys(fields).length === 0
            ? answer
            : { ...answer, headers: headers(fields) },
        );
      }
    }
  })().catch(() => {});
}

test("services() reads what a service of another client answers", async () => {
  await using inside = await Inside.start();
  const other = await inside.connect();
  await answers(other, "$SRV.PING", [foreign.ping]);
  await answers(other, "$SRV.INFO.foreign", [foreign.info]);
  await answers(other, "$SRV.STATS.foreign.OPNL8DMHPT2H9YFYHHQD28", [
    foreign.stats,
  ]);
  const found = services(inside.asker);
  const identity = {
    name: "foreign",
    id: "OPNL8DMHPT2H9YFYHHQD28",
    version: "2.1.0",
    metadata: { team: "a" },
  };

  assert.deepEqual(await inside.all(found.ping()), [identity]);
  assert.deepEqual(await inside.all(found.info({ name: "foreign" })), [{
    ...identity,
    description: "adds",
    endpoints: [{
      name: "sum",
      subject: "sum",
      group: "q",
      metadata: { unit: "1" },
    }],
  }]);
  // One instance gives one answer: nothing more is waited for.
  const stats = await Array.fromAsync(
    found.stats({ name: "foreign", id: identity.id }),
  );
  assert.deepEqual(stats, [{
    ...identity,
    started: new Date("2026-11-22T14:59:05.624Z"),
    endpoints: [{
      name: "sum",
      subject: "sum",
      group: "q",
      requests: 4,
      errors: 2,
      lastError: "boom",
      processingMs: 2,
      averageMs: 0.5,
    }],
  }]);
});

test("services() leaves out what is no answer, and tells of each", async () => {
  await using inside = await Inside.start();
  const other = await inside.connect();
  const ping = JSON.parse(foreign.ping);
  await answers(other, "$SRV.PING", [
    "",
    "{",
    "null",
    "[]",
    foreign.info,
    JSON.stringify({ ...ping, id: 7 }),
    JSON.stringify({ ...ping, name: "" }),
    JSON.stringify({ ...ping, metadata: "a" }),
    JSON.stringify({ ...ping, metadata: null, more: 1 }),
  ]);
  const stats = JSON.parse(foreign.stats);
  await answers(other, "$SRV.STATS", [
    JSON.stringify({ ...stats, started: "yesterday" }),
    JSON.stringify({ ...stats, endpoints: {} }),
    JSON.stringify({ ...stats, endpoints: [{ name: "a", subject: 1 }] }),
    JSON.stringify({ ...stats, endpoints: null }),
  ]);

  const pings = await inside.all(services(inside.asker).ping());
  const told = inside.events.length;
  const counts = await inside.all(services(inside.asker).stats());

  assert.deepEqual(pings.map(({ metadata }) => metadata), [{}]);
  assert.deepEqual(counts.map(({ endpoints }) => endpoints), [[]]);
  const dropped = inside.events.filter(({ kind }) => kind === "dropped");
  assert.equal(dropped.length, 8 + 3);
  assert.equal(told, 1 + 8);
  assert.match(String(dropped[0]?.detail), /^An answer to PING is not one/);
});

test("services() is empty where nobody is, and where nobody answers in time", async () => {
  await using inside = await Inside.start();
  const found = services(inside.asker);
  const none = await Array.fromAsync(found.ping());
  const other = await inside.connect();
  await other.subscribe(parseAddress("$SRV.PING"));

  const silent = found.ping({ timeoutMs: 500 }).getReader();
  const read = silent.read();
  await inside.clock.advance(499);
  const early = await Promise.race([read, inside.clock.turn()]);
  await inside.clock.advance(1);

  assert.deepEqual(none, []);
  assert.equal(early, undefined);
  assert.deepEqual(await read, { done: true, value: undefined });
});

test("services() ends with its signal, a cancel and the connection", async () => {
  await using inside = await Inside.start();
  const other = await inside.connect();
  await answers(other, "$SRV.PING", [foreign.ping]);
  const asker = await inside.connect();
  const found = services(asker);
  const stop = new AbortController();
  const reason = new Error("enough");
  const [aborted, cancelled, lost] = [
    found.ping({ signal: stop.signal }),
    found.ping({ timeoutMs: 1_234, stallMs: 56 }),
    found.ping(),
  ].map((stream) => stream.getReader());
  for (const reader of [aborted, cancelled, lost]) await reader?.read();

  stop.abort(reason);
  await assert.rejects(async () => await aborted?.read(), reason);
  const waiting = inside.clock.pending;
  await cancelled?.cancel();
  const left = inside.clock.pending;
  await asker.shutdown();
  await assert.rejects(async () => await lost?.read(), { code: "closed" });

  assert.equal(waiting - left, 2);
  assert.equal(inside.clock.pending, 0);
  const late = services(asker).ping().getReader().read();
  await assert.rejects(late, { code: "closed" });
});

test("services() refuses a name that is none, and an id of no service", async () => {
  await using inside = await Inside.start();
  const found = services(inside.asker);

  for (
    const options of [
      { name: "a.b" },
      { name: "*" },
      { id: "ABC" },
      { name: "a", id: ">" },
      { timeout: 5 },
    ]
  ) {
    assert.throws(
      () => found.ping(options as object),
      TypeError,
      JSON.stringify(options),
    );
  }
  assert.throws(() => services({} as NatsConnection), TypeError);
});

test("a hook discovers services under test too", async () => {
  const found: string[] = [];
  const billing = service({ name: "billing", version: "1.0.0" });
  const app = new RustStream({ title: "billing", version: "1.0.0" })
    .withBroker(natsBroker(), (b) => b)
    .afterStart(async ({ connections }) => {
      for (const connection of connections.values()) {
        const opened = await billing.endpoint(sums).open(connection);
        const { id } = billing.on(connection) ?? {};
        const one = services(connection).ping({
          name: "billing",
          id: id ?? "",
        });
        for await (const { name } of one) found.push(name);
        await opened[Symbol.asyncDispose]();
      }
    });

  await using _ = await testApp(app);

  assert.deepEqual(found, ["billing"]);
});

for (
  const [what, fields, code, text] of [
    ["a code alone", "Nats-Service-Error-Code: 400", "400", "400"],
    ["words alone", "Nats-Service-Error: no", "500", "no"],
    [
      "any case",
      "NATS-SERVICE-ERROR-CODE: 7\r\nnats-service-error: a",
      "7",
      "a",
    ],
    [
      "fields that nobody could send",
      "a name: 1\r\nNats-Service-Error-Code: 400\r\nNats-Service-Error: a\0b",
      "400",
      "a\0b",
    ],
  ] as const
) {
  test(`request rejects with remote where a service fails with ${what}`, async () => {
    await using inside = await Inside.start();
    const other = await inside.connect();
    const inbox = await other.subscribe(parseAddress("sum"));
    const asked = publisher(inside.asker).request(sums, [1], soon);
    const rejected = assert.rejects(asked, {
      code: "remote",
      cause: { code, message: text },
    });
    const { value } = await inbox.deliveries.getReader().read();

    sessionOf(other).send(value?.replyTo ?? "", new Uint8Array(0), {
      headers: new TextEncoder().encode(`NATS/1.0\r\n${fields}\r\n\r\n`),
    });

    await rejected;
  });
}

test("request resolves where the headers of an error are empty", async () => {
  await using inside = await Inside.start();
  const other = await inside.connect();
  await answers(other, "sum", ["1"], {
    "Nats-Service-Error-Code": "",
    "Nats-Service-Error": "",
  });

  assert.equal(await publisher(inside.asker).request(sums, [1], soon), 1);
});

// Each as nats.js wrote it: by respondError, and for what a handler threw.
for (
  const [code, text, body] of [
    ["422", "no numbers", "why"],
    ["409", "twice", ""],
  ] as const
) {
  test(`request rejects with remote where a foreign service answers ${code}`, async () => {
    await using inside = await Inside.start();
    const other = await inside.connect();
    await answers(other, "sum", [body], {
      "Nats-Service-Error-Code": code,
      "Nats-Service-Error": text,
    });
    const asking = publisher(inside.asker);
    const expected = {
      name: "MessagingError",
      code: "remote",
      message:
        `Cannot request "sum": whoever was asked failed with "${code}", ${text}`,
      cause: { code, message: text },
    };

    await assert.rejects(asking.request(sums, [1], soon), expected);
    const many = asking.requestMany(sums, [1], { ...soon, maxReplies: 1 });
    await assert.rejects(Array.fromAsync(many), expected);
    const raw = await inside.asker.publisher.request(message("sum"), soon);
    assert.equal(new TextDecoder().decode(raw.body), body);
    assert.equal(raw.headers?.get("nats-service-error"), text);
    assert.deepEqual(raw.headers?.getAll("ruststream-error"), [code]);
  });
}
