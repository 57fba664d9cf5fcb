import { test } from "@ruststream/conformance/runner";
import {
  headers,
  isMessagingError,
  type KeptMessage,
  parseAddress,
} from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { Live, order, orders, take } from "./_kit_test.ts";
import { jetStream } from "./jet_stream.ts";
import type { StreamOptions } from "./stream_options.ts";

const pattern = parseAddress(orders.address);
const decoder = new TextDecoder();

function idsOf(all: readonly KeptMessage[]): readonly string[] {
  return all.map(({ id }) => id);
}

const stream: StreamOptions = { name: "ORDERS", subjects: ["orders.*"] };
// Of such a stream no consumer may look at what another one is to get.
const queue: StreamOptions = { ...stream, retention: "workqueue" };

test("kept() reads a work queue, and its consumer gets all of it as if nobody had looked", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const group = await jetStream(orders, { stream: queue, durable: "g" })
    .open(connection);
  const key = { headers: headers([["Trace", " a "]]), key: "k" };
  await connection.keep({ ...order(1), ...key });
  // More than are asked for at once.
  for (let id = 2; id <= 200; id++) await connection.keep(order(id));

  const kept = await connection.kept(pattern);
  const all = await Array.fromAsync(kept.read());
  const [first] = all;

  assert.deepEqual(
    idsOf(all),
    Array.from({ length: 200 }, (_, i) => `ORDERS:${i + 1}`),
  );
  assert.equal(await kept.count(), 200);
  assert.equal(first?.message.address, "orders.1");
  assert.equal(decoder.decode(first?.message.body), "1");
  assert.deepEqual([...first?.message.headers ?? []], [["Trace", " a "]]);
  assert.equal(first?.message.key, "k");
  const deliveries = await take(group, 200);
  assert.ok(deliveries.every(({ attempt }) => attempt === 1));
});

test("kept() looks at the addresses of its pattern alone, with gaps, and over streams", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  for (const [name, subject] of [["ONE", "x.1.>"], ["TWO", "x.2.>"]]) {
    await live.api(`STREAM.CREATE.${name}`, { name, subjects: [subject] });
  }
  for (const address of ["x.1.a", "x.1.b", "x.1.b", "x.2.a", "x.1.a"]) {
    await connection.keep({ address, body: new Uint8Array() });
  }

  const kept = await connection.kept(parseAddress("x.{n}.a"));
  const all = await Array.fromAsync(kept.read());

  assert.deepEqual(idsOf(all), ["ONE:1", "ONE:4", "TWO:1"]);
  assert.equal(await kept.count(), 3);
  assert.equal(await kept.purge(), 3);
  assert.deepEqual(await Array.fromAsync(kept.read()), []);
  const others = await connection.kept(parseAddress("x.{n}.b"));
  assert.equal(await others.count(), 2);
});

test("remove() says whether it was there, and tells a stream that keeps everything", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  await live.api("STREAM.CREATE.ORDERS", {
    name: "ORDERS",
    subjects: ["orders.*"],
  });
  await live.api("STREAM.CREATE.BOOKS", {
    name: "BOOKS",
    subjects: ["books.*"],
    deny_delete: true,
  });
  await connection.keep(order(1));
  await connection.keep(order(2));
  await connection.keep({ address: "books.1", body: new Uint8Array() });
  const kept = await connection.kept(pattern);
  const books = await connection.kept(parseAddress("books.{n}"));
  const [first] = await Array.fromAsync(kept.read());
  const [book] = await Array.fromAsync(books.read());
  assert.ok(first !== undefined && book !== undefined);

  const two = await Promise.all([kept.remove(first), kept.remove(first)]);

  assert.deepEqual(two.toSorted(), [false, true]);
  assert.equal(await kept.remove(first), false);
  assert.equal(await books.remove(first), false);
  assert.deepEqual(idsOf(await Array.fromAsync(kept.read())), ["ORDERS:2"]);
  await assert.rejects(
    books.remove(book),
    (error) => isMessagingError(error, "refused"),
  );
});

test("keep() stores one of two messages with one id, whatever their header says", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  await live.api("STREAM.CREATE.ORDERS", {
    name: "ORDERS",
    subjects: ["orders.*"],
  });
  const message = { ...order(1), headers: headers({ "message-id": "m" }) };

  const receipts = [
    await connection.keep(message),
    await connection.keep(message, { dedupeId: "redrive" }),
    await connection.keep(message, { dedupeId: "redrive" }),
  ];

  assert.deepEqual(
    receipts.map(({ sequence, duplicate }) => [sequence, duplicate]),
    [[1, false], [2, false], [2, true]],
  );
  const kept = await connection.kept(pattern);
  assert.equal(await kept.count(), 2);
});

test("kept() and keep() are refused where no stream takes the address", async () => {
  await using live = await Live.start();
  const connection = await live.connect();

  await assert.rejects(
    connection.kept(pattern),
    (error) =>
      isMessagingError(error, "refused") &&
      /no stream takes it/.test(error.message),
  );
  await assert.rejects(
    connection.keep(order(1)),
    (error) => isMessagingError(error, "refused"),
  );
});
