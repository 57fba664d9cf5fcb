import { test } from "@ruststream/conformance/runner";
import {
  type AsyncCodec,
  isMessagingError,
  type Message,
  onAbort,
  type Publisher,
  systemClock,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { channel, type } from "../channel.ts";
import { jsonCodec } from "../codecs.ts";
import { writable } from "./writable.ts";

const numbers = channel<number>("numbers");
const boom = new Error("boom");

async function settleDown(turns = 4): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await systemClock.turn();
}

/** Whether a promise is still open after some turns of the event loop. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  const over = promise.then(() => false, () => false);
  return await Promise.race([over, settleDown().then(() => true)]);
}

/** A publisher whose confirmations come when a test says so. */
class Slow implements Publisher {
  readonly confirms = "stored";
  readonly sent: unknown[] = [];
  readonly open: PromiseWithResolvers<void>[] = [];

  publish(
    { body }: Message,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    this.sent.push(JSON.parse(new TextDecoder().decode(body)));
    const confirmed = Promise.withResolvers<void>();
    this.open.push(confirmed);
    const forget = onAbort(signal, confirmed.reject);
    return confirmed.promise.finally(forget);
  }
}

function slow(): {
  raw: Slow;
  writer: WritableStreamDefaultWriter<number>;
} {
  const raw = new Slow();
  const writer = writable({ publisher: raw }, numbers).getWriter();
  writer.closed.catch(() => {});
  return { raw, writer };
}

test("writable() publishes what is written, in order", async () => {
  await using connection = await new MemoryBroker().connect();
  const subscription = await connection.subscribe({
    template: "numbers",
    tokens: [{ kind: "literal", text: "numbers" }],
  });
  const stream = writable(connection, numbers);
  await ReadableStream.from([1, 2, 3]).pipeTo(stream);

  const reader = subscription.batches(10).getReader();
  const { value } = await reader.read();
  await reader.cancel();

  assert.deepEqual(
    value?.map(({ message }) => jsonCodec.decode(message as never)),
    [1, 2, 3],
  );
});

test("writable() has at most 256 publishes in flight", async () => {
  const { raw, writer } = slow();
  for (let n = 0; n < 300; n++) writer.write(n).catch(() => {});
  await settleDown();
  const atFirst = raw.sent.length;
  const full = await waits(writer.ready);

  for (const { resolve } of raw.open.slice(0, 10)) resolve();
  await settleDown();
  const afterTen = raw.sent.length;
  for (let n = 10; n < 300; n++) {
    raw.open[n]?.resolve();
    await settleDown(1);
  }
  await writer.close();

  assert.deepEqual([atFirst, afterTen, full], [256, 266, true]);
  assert.deepEqual(raw.sent, Array.from({ length: 300 }, (_, n) => n));
});

test("writable() resolves close when the last publish is confirmed", async () => {
  const { raw, writer } = slow();
  await writer.write(1);
  await writer.write(2);
  const closing = writer.close();
  raw.open[1]?.resolve();
  assert.equal(await waits(closing), true);

  raw.open[0]?.resolve();

  await closing;
});

test("writable() is errored by a publish that fails, with its cause", async () => {
  const { raw, writer } = slow();
  await writer.write(1);

  raw.open[0]?.reject(boom);
  await settleDown();

  await assert.rejects(writer.write(2), (error) => error === boom);
  await assert.rejects(writer.closed, (error) => error === boom);
  assert.deepEqual(raw.sent, [1]);
});

test("writable() rejects close where the last publish fails", async () => {
  const { raw, writer } = slow();
  await writer.write(1);
  const closing = writer.close();
  closing.catch(() => {});
  await settleDown();

  raw.open[0]?.reject(boom);

  await assert.rejects(closing, (error) => error === boom);
});

test("writable() is errored by a broker that throws, and by a payload that cannot be encoded", async () => {
  const throwing = writable({
    publisher: {
      confirms: "sent",
      publish: () => {
        throw boom;
      },
    },
  }, numbers).getWriter();
  throwing.closed.catch(() => {});
  await throwing.write(1);
  const { raw, writer } = slow();

  await assert.rejects(throwing.closed, (error) => error === boom);
  await assert.rejects(
    writer.write(undefined as never),
    (error) => isMessagingError(error, "codec"),
  );
  assert.deepEqual(raw.sent, []);
});

test("writable() aborts the publishes under way, also while a write waits for room", async () => {
  const { raw, writer } = slow();
  for (let n = 0; n < 257; n++) writer.write(n).catch(() => {});
  await settleDown();
  const why = new Error("enough");

  await writer.abort(why);
  const ends = await Promise.allSettled(raw.open.map(({ promise }) => promise));

  assert.equal(raw.sent.length, 256);
  assert.ok(
    ends.every((end) => end.status === "rejected" && end.reason === why),
  );
});

test("writable() publishes in the order written where the codec waits", async () => {
  const first = Promise.withResolvers<void>();
  const codec: AsyncCodec = {
    ...jsonCodec,
    waits: true,
    encode: async (value) => {
      if (value === 1) await first.promise;
      return jsonCodec.encode(value);
    },
  };
  const raw = new Slow();
  const writer = writable(
    { publisher: raw },
    channel("numbers", { payload: type<number>(), codec }),
  ).getWriter();
  void writer.write(1);
  void writer.write(2);
  await settleDown();
  const before = [...raw.sent];

  first.resolve();
  await settleDown();
  for (const { resolve } of raw.open) resolve();
  await writer.close();

  assert.deepEqual(before, []);
  assert.deepEqual(raw.sent, [1, 2]);
});

test("writable() refuses an address with parameters", () => {
  assert.throws(
    () =>
      writable(
        { publisher: new Slow() },
        channel("numbers.{of}", { payload: type<number>() }),
      ),
    new TypeError(
      'Cannot write to channel "numbers.{of}" as a stream: its address has parameters',
    ),
  );
});

test("writable() tells once what was not confirmed, in the order written, after an abort", async () => {
  const raw = new Slow();
  const told: (readonly number[])[] = [];
  const writer = writable({ publisher: raw }, numbers, {
    onUnconfirmed: (payloads) => void told.push(payloads),
  }).getWriter();
  writer.closed.catch(() => {});
  for (const n of [1, 2, 3]) await writer.write(n);
  raw.open[1]?.resolve();
  await settleDown();

  await writer.abort(boom);

  assert.deepEqual(told, [[1, 3]]);
});

test("writable() tells what was not confirmed after a publish that fails, when nothing is under way any more", async () => {
  const raw = new Slow();
  const told: (readonly number[])[] = [];
  const writer = writable({ publisher: raw }, numbers, {
    onUnconfirmed: (payloads) => void told.push(payloads),
  }).getWriter();
  writer.closed.catch(() => {});
  for (const n of [1, 2, 3]) await writer.write(n);

  raw.open[1]?.reject(boom);
  await settleDown();
  const early = told.length;
  raw.open[2]?.resolve();
  raw.open[0]?.resolve();
  await settleDown();

  assert.equal(early, 0);
  assert.deepEqual(told, [[2]]);
});

test("writable() tells nothing where all was confirmed", async () => {
  await using connection = await new MemoryBroker().connect();
  let told = 0;
  const writer = writable(connection, numbers, { onUnconfirmed: () => told++ })
    .getWriter();
  writer.closed.catch(() => {});
  await writer.write(1);

  await writer.abort(boom);

  assert.equal(told, 0);
});

test("writable() has at most maxConfirms in flight, and refuses what it cannot be told", async () => {
  const raw = new Slow();
  const writer = writable({ publisher: raw }, numbers, { maxConfirms: 2 })
    .getWriter();
  await writer.write(1);
  const second = writer.write(2);

  assert.equal(await waits(second), true);
  raw.open[0]?.resolve();
  await second;
  raw.open[1]?.resolve();
  await writer.close();

  assert.throws(
    () => writable({ publisher: raw }, numbers, { maxConfirms: 0 }),
    RangeError,
  );
  assert.throws(
    () => writable({ publisher: raw }, numbers, { maxConfirm: 1 } as object),
    TypeError,
  );
});
