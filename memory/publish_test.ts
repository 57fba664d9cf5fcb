import { headers, type MessageHeaders } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, on, read, rejectsWith, tap, text } from "./_kit_test.ts";

test("publish() gives each ungrouped subscription each message, in order", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const [one, two] = [await tap(connection, "a"), await tap(connection, "a")];

  for (const body of ["1", "2", "3"]) {
    await connection.publisher.publish(text("a", body));
  }

  assert.deepEqual((await one.take(3)).map(read), ["1", "2", "3"]);
  assert.deepEqual((await two.take(3)).map(read), ["1", "2", "3"]);
});

test("publish() makes no promise where there is room", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");

  const answer = connection.publisher.publish(text("a"));
  const settled = (await orders.next()).settle({ kind: "ack" });

  assert.equal(answer, undefined);
  assert.equal(settled, undefined);
  assert.equal(connection.publisher.confirms, "stored");
});

test("publish() resolves where nobody is subscribed", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();

  await connection.publisher.publish(text("nobody"));

  assert.equal((await (await on(connection, "nobody")).backlog()).waiting, 0);
});

test("a delivery tells its id, attempt and time", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const [one, two] = [await tap(connection, "a"), await tap(connection, "a")];
  await kit.clock.advance(5);

  await connection.publisher.publish(text("a"));
  const [first, other] = [await one.next(), await two.next()];

  assert.equal(first.id, other.id);
  assert.equal(typeof first.id, "string");
  assert.equal(first.attempt, 1);
  assert.equal(first.publishedAt.getTime(), kit.clock.now());
  assert.equal("replyTo" in first, false);
  assert.equal(first.extend, undefined);
});

test("a delivery's id is another for each message", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");

  for (let sent = 0; sent < 3; sent++) {
    await connection.publisher.publish(text("a"));
  }
  const ids = (await orders.take(3)).map(({ id }) => id);

  assert.equal(new Set(ids).size, 3);
});

test("publish() copies the body: the caller may use its buffer again", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const message = text("a", "before");

  await connection.publisher.publish(message);
  message.body.fill(0);

  assert.equal(read(await orders.next()), "before");
});

test("publish() takes a part of a larger buffer", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const body = new TextEncoder().encode("-middle-").subarray(1, 7);

  await connection.publisher.publish({ address: "a", body });

  assert.equal(read(await orders.next()), "middle");
});

test("publish() takes a frozen message, and writes nothing into it", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const message = Object.freeze({
    ...text("a"),
    key: "k",
    headers: headers({ a: "1" }),
  });

  await connection.publisher.publish(message, Object.freeze({}));
  const delivery = await orders.next();

  assert.deepEqual(Object.keys(message), ["address", "body", "key", "headers"]);
  assert.equal(delivery.message.key, "k");
  assert.equal(delivery.message.headers?.get("A"), "1");
});

test("publish() carries bodies of no bytes and of the most bytes", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");

  for (const length of [0, 1_048_576]) {
    const body = new Uint8Array(length).fill(7);
    await connection.publisher.publish({ address: "a", body });
  }
  const [none, most] = await orders.take(2);

  assert.equal(none?.message.body.length, 0);
  assert.equal(most?.message.body.length, 1_048_576);
  assert.ok(most?.message.body.every((byte) => byte === 7));
});

test("publish() keeps bodies of all sizes apart", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const sizes = Array.from({ length: 300 }, (_, n) => (n * 37) % 1_100);

  for (const [n, size] of sizes.entries()) {
    const body = new Uint8Array(size).fill(n % 256);
    await connection.publisher.publish({ address: "a", body });
  }
  const got = (await orders.take(300)).map(({ message }) => message.body);

  assert.deepEqual(got.map(({ length }) => length), sizes);
  assert.ok(got.every((body, n) => body.every((byte) => byte === n % 256)));
});

test("publish() rejects one byte more with too-large, and it does not arrive", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const body = new Uint8Array(1_048_577);

  await rejectsWith(
    "too-large",
    connection.publisher.publish({ address: "a", body }),
  );

  assert.equal((await orders.backlog()).waiting, 0);
});

test("publish() carries 24 headers, and the awkward ones", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  const fields = Array.from(
    { length: 20 },
    (_, n) => [`X-Field-${n}`, `${n}`] as const,
  );
  const awkward = [["empty", ""], ["tag", "a"], ["tag", "b"], [
    "text",
    "héllo ✓",
  ]] as const;

  await connection.publisher.publish({
    ...text("a"),
    headers: headers([...fields, ...awkward]),
  });
  const found = (await orders.next()).message.headers;

  assert.deepEqual([...found ?? []], [...fields, ...awkward]);
  assert.deepEqual(found?.getAll("TAG"), ["a", "b"]);
  assert.equal(found?.get("EMPTY"), "");
});

function foreign(name: string, value: string): MessageHeaders {
  return {
    get: () => value,
    getAll: () => [value],
    has: () => true,
    *[Symbol.iterator]() {
      yield [name, value] as const;
    },
  };
}

test("publish() takes headers of a foreign make", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");

  await connection.publisher.publish({
    ...text("a"),
    headers: foreign("trace", "1"),
  });

  assert.deepEqual([...(await orders.next()).message.headers ?? []], [
    ["trace", "1"],
  ]);
});

test("publish() refuses CR and LF in headers", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");

  for (const value of ["a\rb", "a\nb"]) {
    await assert.rejects(
      async () =>
        await connection.publisher.publish({
          ...text("a"),
          headers: foreign("x", value),
        }),
      TypeError,
    );
  }

  assert.equal((await orders.backlog()).waiting, 0);
});

test("publish() rejects addresses that are not lawful, and never throws", async () => {
  await using kit = new Kit();
  const { publisher } = await kit.connect();
  const lawless = ["", "a..b", "a b", "a.*", "a.>", "a.{b}", "{a+}", "_reply."];

  const answers = lawless.map((address) => publisher.publish(text(address)));

  for (const answer of answers) {
    await assert.rejects(Promise.resolve(answer), TypeError);
  }
});

test("publish() rejects what is no message, and never throws", async () => {
  await using kit = new Kit();
  const { publisher } = await kit.connect();
  const lawless: unknown[] = [
    undefined,
    null,
    {},
    { address: 1, body: new Uint8Array() },
    { address: "a" },
    { address: "a", body: "text" },
    { address: "a", body: new Uint8Array(), key: 1 },
  ];

  const answers = lawless.map((one) => publisher.publish(one as never));

  for (const answer of answers) {
    await assert.rejects(Promise.resolve(answer), TypeError);
  }
});

test("publish() rejects with the reason of an aborted signal, and sends nothing", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await on(connection, "a");
  const reason = new Error("enough");

  const answer = connection.publisher.publish(text("a"), {
    signal: AbortSignal.abort(reason),
  });

  await assert.rejects(Promise.resolve(answer), reason);
  assert.equal((await orders.backlog()).waiting, 0);
});
