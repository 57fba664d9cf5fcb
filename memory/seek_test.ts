import { channel } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import {
  Kit,
  logTap,
  publish,
  read,
  rejectsWith,
  text,
  waits,
} from "./_kit_test.ts";
import { log, type MemoryLogStart } from "./mod.ts";

const retain = { messages: 100 };

test("seek() back delivers exactly that message again, and then the rest", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1", "2", "3", "4", "5");
  const orders = await logTap(connection);
  const [, second] = await orders.take(4);

  await orders.log.seek(second?.position ?? "end");
  await publish(connection, "6");
  const got = await orders.take(5);

  assert.deepEqual(got.map(read), ["2", "3", "4", "5", "6"]);
  assert.equal(got[0]?.id, second?.id);
  assert.deepEqual(got.map(({ attempt }) => attempt), [1, 1, 1, 1, 1]);
  assert.ok(await waits(orders.reader.read()));
});

test("seek() forward passes over what waits", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1", "2", "3");
  const orders = await logTap(connection);
  const other = await (await logTap(connection)).take(3);

  await orders.log.seek(other[2]?.position ?? "start");

  assert.equal(read(await orders.next()), "3");
  assert.deepEqual(await orders.log.backlog(), { waiting: 0, unsettled: 1 });
});

test("seek() goes to the start, the end and a date", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1");
  await kit.clock.advance(10);
  await publish(connection, "2");
  const orders = await logTap(connection, "end");

  await orders.log.seek("start");
  const started = (await orders.take(2)).map(read);
  await orders.log.seek(new Date(10));
  const dated = read(await orders.next());
  await orders.log.seek("end");
  await publish(connection, "3");

  assert.deepEqual(started, ["1", "2"]);
  assert.equal(dated, "2");
  assert.equal(read(await orders.next()), "3");
});

test("seek() gives to a read that waits", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1");
  const orders = await logTap(connection, "end");
  const reading = orders.next();
  const before = await waits(reading);

  await orders.log.seek("start");

  assert.ok(before);
  assert.equal(read(await reading), "1");
});

test("seek() forgets what was on its way to a read", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1", "2");
  const orders = await logTap(connection, "end");
  const reading = orders.next();

  connection.publisher.publish(text("a", "3"));
  await orders.log.seek("start");

  assert.equal(read(await reading), "1");
  assert.deepEqual((await orders.take(2)).map(read), ["2", "3"]);
  assert.deepEqual(await orders.log.backlog(), { waiting: 0, unsettled: 3 });
});

test("seek() forgets what a read that was given up left behind", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1");
  const orders = await logTap(connection, "end");
  const givenUp = orders.reader.read();
  orders.reader.releaseLock();
  await assert.rejects(givenUp, TypeError);
  await publish(connection, "2");

  await orders.log.seek("end");
  await publish(connection, "3");

  const { value } = await orders.log.batches(5).getReader().read();
  assert.deepEqual(value?.map(read), ["3"]);
});

test("what was handed out before a seek cannot be settled, nor does it come back", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1", "2", "3");
  const orders = await logTap(connection);
  const [one, two, three] = await orders.take(3);
  await one?.settle({ kind: "retry", afterMs: 10 });
  await two?.settle({ kind: "retry" });

  await orders.log.seek("end");

  await rejectsWith("refused", three?.settle({ kind: "retry" }));
  await rejectsWith("settled", one?.settle({ kind: "ack" }));
  await kit.clock.advance(10);
  assert.deepEqual(await orders.log.backlog(), { waiting: 0, unsettled: 0 });
});

test("seek() to what the log does not hold is refused, and it stays where it is", async () => {
  await using kit = new Kit({ retain: { messages: 2 } });
  const connection = await kit.connect();
  await publish(connection, "1");
  const orders = await logTap(connection);
  const { position } = await orders.next();
  await connection.publisher.publish(text("b"));
  await publish(connection, "2", "3");

  const refused = orders.log.seek(position);

  await assert.rejects(refused, {
    code: "refused",
    message: /position 1: .* has 2 messages from position 3 to 4$/,
  });
  await rejectsWith("refused", orders.log.seek({ sequence: 2 }));
  await rejectsWith("refused", orders.log.seek({ sequence: 99 }));
  const opened = log(channel<string>("nothing"), { from: position });
  await assert.rejects(opened.open(connection), {
    code: "refused",
    message: /which is empty$/,
  });
  assert.equal(read(await orders.next()), "2");
});

test("seek() refuses what is no position", async () => {
  await using kit = new Kit({ retain });
  const orders = await logTap(await kit.connect());

  for (const lawless of [null, undefined, "middle", 1, {}]) {
    const position = lawless as unknown as MemoryLogStart;
    await assert.rejects(orders.log.seek(position), TypeError);
  }
  await assert.rejects(orders.log.seek(new Date(NaN)), RangeError);
});

test("seek() rejects with its signal's reason, and when the subscription has ended", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1");
  const orders = await logTap(connection);
  const drained = await logTap(connection);
  const reason = new Error("enough");

  const aborted = orders.log.seek("end", {
    signal: AbortSignal.abort(reason),
  });
  await assert.rejects(aborted, reason);
  await drained.log.drain();
  await rejectsWith("closed", drained.log.seek("start"));
  const got = [read(await orders.next()), read(await drained.next())];
  await connection.shutdown();

  assert.deepEqual(got, ["1", "1"]);
  await assert.rejects(orders.log.seek("start"), {
    code: "closed",
    message: /the connection is closed$/,
  });
});

test("seek() of a paused log moves it, and gives nothing before it is resumed", async () => {
  await using kit = new Kit({ retain });
  const connection = await kit.connect();
  await publish(connection, "1");
  const orders = await logTap(connection, "end");
  const reading = orders.next();

  orders.log.pause();
  await orders.log.seek("start");
  const paused = await waits(reading);
  orders.log.resume();

  assert.ok(paused);
  assert.equal(read(await reading), "1");
});

test("a log holds up publishing when it is full, and lets it on when it is moved", async () => {
  await using kit = new Kit({ retain, capacity: 1 });
  const connection = await kit.connect();
  await publish(connection, "1", "2", "3");
  const orders = await logTap(connection);

  const sent = connection.publisher.publish(text("a", "4"));
  const full = await waits(sent);
  await orders.log.seek("end");
  await sent;

  assert.ok(full);
  assert.equal(read(await orders.next()), "4");
});
