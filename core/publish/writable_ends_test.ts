import { test } from "@ruststream/conformance/runner";
import {
  type AsyncCodec,
  isMessagingError,
  type Message,
  onAbort,
  systemClock,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { jsonCodec } from "../codecs.ts";
import { writable } from "./writable.ts";

const numbers = channel<number>("numbers");
const enough = new Error("enough");
const never: AsyncCodec = {
  contentType: "application/never",
  waits: true,
  encode: () => new Promise<never>(() => {}),
  decode: (message) => Promise.resolve(jsonCodec.decode(message)),
};

/** A publisher that keeps what it is given, and confirms at once. */
function kept() {
  const sent: Message[] = [];
  const publisher = {
    confirms: "sent" as const,
    publish: (message: Message) => void sent.push(message),
  };
  return { sent, connection: { publisher } };
}

test("writable() that is aborted while a codec waits gives up at once, sends nothing and tells of the payload", async () => {
  const { sent, connection } = kept();
  const told: (readonly number[])[] = [];
  const writer = writable(connection, numbers, {
    codec: never,
    onUnconfirmed: (payloads) => void told.push(payloads),
  }).getWriter();
  writer.closed.catch(() => {});
  const written = writer.write(1);
  const rejected = assert.rejects(written, (error) => error === enough);
  await systemClock.turn();

  await writer.abort(enough);

  await rejected;
  assert.deepEqual(told, [[1]]);
  assert.deepEqual(sent, []);
});

test("writable() tells of a payload that cannot be encoded, and errors with why", async () => {
  const { sent, connection } = kept();
  const told: (readonly unknown[])[] = [];
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const writer = writable(connection, channel<unknown>("any"), {
    onUnconfirmed: (payloads) => void told.push(payloads),
  }).getWriter();
  const closed = assert.rejects(
    writer.closed,
    (error) => isMessagingError(error, "codec"),
  );

  await writer.write(1);
  await assert.rejects(writer.write(circle));
  await closed;

  assert.deepEqual(told, [[circle]]);
  assert.equal(sent.length, 1);
});

test("writable() whose listener throws ends all the same", async () => {
  const open: PromiseWithResolvers<void>[] = [];
  const publish = (): Promise<void> => {
    const one = Promise.withResolvers<void>();
    open.push(one);
    return one.promise;
  };
  const thrown: unknown[] = [];
  const writer = writable(
    { publisher: { confirms: "stored", publish } },
    numbers,
    {
      onUnconfirmed: () => {
        thrown.push(enough);
        throw enough;
      },
    },
  ).getWriter();
  writer.closed.catch(() => {});
  await writer.write(1);
  const aborted = assert.rejects(
    writer.abort(new Error("stop")),
    (error) => error === enough,
  );
  await systemClock.turn();

  open[0]?.reject(new Error("no answer"));

  await aborted;
  assert.deepEqual(thrown, [enough]);
});

test("writable() on a connection that is closed errors with closed", async () => {
  const connection = await new MemoryBroker().connect();
  const told: (readonly number[])[] = [];
  const writer = writable(connection, numbers, {
    onUnconfirmed: (payloads) => void told.push(payloads),
  }).getWriter();
  const closed = assert.rejects(
    writer.closed,
    (error) => isMessagingError(error, "closed"),
  );
  await writer.write(1);
  await connection.shutdown();

  await writer.write(2).catch(() => {});
  await closed;

  assert.deepEqual(told, [[2]]);
});

test("writable() refuses reserved headers, and writes those of all messages", async () => {
  const { sent, connection } = kept();

  const writer = writable(connection, numbers, {
    headers: [["x-a", "1"] as const].values(),
  }).getWriter();
  await writer.write(1);
  await writer.write(2);
  await writer.close();

  assert.deepEqual(
    sent.map(({ headers }) => headers?.get("x-a")),
    ["1", "1"],
  );
  assert.throws(
    () => writable(connection, numbers, { headers: { "RustStream-X": "1" } }),
    TypeError,
  );
});

test("writable() tells once of all when it is aborted while a codec waits behind publishes", async () => {
  const told: (readonly number[])[] = [];
  const codec: AsyncCodec = {
    ...never,
    encode: (value) =>
      value === 2
        ? new Promise<never>(() => {})
        : Promise.resolve(jsonCodec.encode(value)),
  };
  const publish = (
    _message: Message,
    { signal }: { readonly signal?: AbortSignal } = {},
  ) => new Promise<void>((_, reject) => onAbort(signal, reject));
  const writer = writable(
    { publisher: { confirms: "stored", publish } },
    numbers,
    { codec, onUnconfirmed: (payloads) => void told.push(payloads) },
  ).getWriter();
  writer.closed.catch(() => {});
  await writer.write(1);
  const written = assert.rejects(writer.write(2), (error) => error === enough);
  await systemClock.turn();

  await writer.abort(enough);

  await written;
  assert.deepEqual(told, [[1, 2]]);
});
