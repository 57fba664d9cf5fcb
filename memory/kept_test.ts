import { test } from "@ruststream/conformance/runner";
import { type KeptMessage, parseAddress } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { Kit, publish, rejectsWith, text } from "./_kit_test.ts";

const a = parseAddress("a");
const decoder = new TextDecoder();

async function texts(stream: ReadableStream<KeptMessage>) {
  const all = await Array.fromAsync(stream);
  return all.map(({ message }) => decoder.decode(message.body));
}

test("kept() reads what is retained, oldest first, with its time, and ends", async () => {
  await using kit = new Kit({ retain: { messages: 10 } });
  const connection = await kit.connect();
  await publish(connection, "1", "2");

  const kept = await connection.kept(a);
  const stream = kept.read();
  await publish(connection, "3");
  const all = await Array.fromAsync(stream);

  assert.deepEqual(all.map(({ id }) => id), ["1", "2"]);
  assert.deepEqual(
    all.map(({ publishedAt }) => publishedAt?.getTime()),
    [kit.clock.now(), kit.clock.now()],
  );
  assert.equal(await kept.count(), 3);
});

test("remove() takes one out of the log, and nothing from a group that waits for it", async () => {
  await using kit = new Kit({ retain: { messages: 10 } });
  const connection = await kit.connect();
  const group = await connection.subscribe(a, { group: "g" });
  await publish(connection, "1", "2", "3");
  const kept = await connection.kept(a);
  const [, second] = await Array.fromAsync(kept.read());
  assert.ok(second !== undefined);

  const removed = [await kept.remove(second), await kept.remove(second)];

  assert.deepEqual(removed, [true, false]);
  assert.deepEqual(await texts(kept.read()), ["1", "3"]);
  assert.deepEqual(await group.backlog(), { waiting: 3, unsettled: 0 });
});

test("remove() makes room by the bytes of what it takes out", async () => {
  await using kit = new Kit({ retain: { bytes: 4 } });
  const connection = await kit.connect();
  const kept = await connection.kept(a);
  await publish(connection, "11", "22");
  const [first] = await Array.fromAsync(kept.read());
  assert.ok(first !== undefined);
  await kept.remove(first);

  await publish(connection, "33");

  assert.deepEqual(await texts(kept.read()), ["22", "33"]);
});

test("remove() leaves the message of another address", async () => {
  await using kit = new Kit({ retain: { messages: 10 } });
  const connection = await kit.connect();
  await publish(connection, "1");
  const kept = await connection.kept(a);
  const [first] = await Array.fromAsync(kept.read());
  assert.ok(first !== undefined);
  const others = await connection.kept(parseAddress("b"));

  assert.equal(await others.remove(first), false);
  assert.equal(await kept.count(), 1);
});

test("purge() empties the addresses of a template, and forgets them", async () => {
  await using kit = new Kit({ retain: { messages: 10, addresses: 2 } });
  const connection = await kit.connect();
  const { publisher } = connection;
  for (const address of ["x.1", "x.2", "x.2"]) {
    await publisher.publish(text(address));
  }
  const kept = await connection.kept(parseAddress("x.{n}"));

  assert.equal(await kept.purge(), 3);
  assert.equal(await kept.count(), 0);
  // Two addresses may be kept: none of those that are empty takes the place of one.
  await publish(connection, "1");
  await publisher.publish(text("y"));
  assert.deepEqual(await texts((await connection.kept(a)).read()), ["1"]);
});

test("keep() publishes, and kept() and keep() are refused without a log", async () => {
  await using kit = new Kit({ retain: { messages: 10 } });
  await using bare = new Kit();
  const connection = await kit.connect();
  const logless = await bare.connect();
  const message = text("a", "1");

  await connection.keep(message);

  assert.deepEqual(await texts((await connection.kept(a)).read()), ["1"]);
  await rejectsWith("unsupported", logless.kept(a));
  await rejectsWith("unsupported", logless.keep(message));
});
