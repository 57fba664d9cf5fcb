import { test } from "@ruststream/conformance/runner";
import { isMessagingError } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { sessionOf } from "../session_of.ts";
import {
  bytes,
  counts,
  cut,
  holds,
  passing,
  place,
  source,
} from "./_kit_test.ts";
import { objects, objectStore } from "./object_store.ts";
import { removeObjectStore } from "./object_store_names.ts";
import type { Objects } from "./types.ts";

const chunk = 131_072;

async function read(images: Objects, name: string): Promise<unknown> {
  return await (await images.read(name))?.bytes();
}

for (
  const [length, chunks] of [
    [0, 0],
    [1, 1],
    [chunk, 1],
    [chunk + 1, 2],
    [3 * chunk, 3],
  ] as const
) {
  test(`put() stores ${length} bytes in ${chunks} chunks`, async () => {
    await using at = await place();
    const body = bytes(length);

    const info = await at.images.put("a", body);

    const digest = createHash("sha256").update(body).digest("base64url");
    assert.equal(info.sizeBytes, length);
    assert.equal(info.chunks, chunks);
    assert.equal(info.digest.replace(/=+$/, ""), `SHA-256=${digest}`);
    assert.deepEqual(await counts(at.connection), { chunks, meta: 1 });
    assert.deepEqual(await read(at.images, "a"), body);
  });
}

test("put() takes a stream whose pieces are of any size, and a Blob", async () => {
  await using at = await place();
  const piece = bytes(1_000);
  const whole = new Uint8Array(await new Blob(Array(7).fill(piece)).bytes());
  const from = source(7, piece);

  const info = await at.images.put("a", from.stream, { chunkBytes: 900 });
  await at.images.put("b", new Blob([piece, piece]));
  const empty = await at.images.put("c", source(0, piece).stream);

  assert.equal(info.chunks, 8);
  assert.equal(from.stream.locked, false);
  assert.deepEqual(await read(at.images, "a"), whole);
  assert.deepEqual(await read(at.images, "b"), whole.slice(0, 2_000));
  assert.equal(empty.sizeBytes, 0);
});

test("put() says what was said of the object", async () => {
  await using at = await place();

  const info = await at.images.put("a", bytes(1), {
    description: "a cat",
    headers: { "content-type": "image/png", tag: ["x", "y"] },
    metadata: { by: "tom" },
  });

  const found = await at.images.info("a");
  assert.equal(found?.description, "a cat");
  assert.deepEqual([...found.headers], [
    ["content-type", "image/png"],
    ["tag", "x"],
    ["tag", "y"],
  ]);
  assert.deepEqual(found.metadata, { by: "tom" });
  assert.equal(found.at.getTime(), at.clock.now());
  assert.deepEqual([...info.headers], [...found.headers]);
  assert.deepEqual({ ...info, headers: 0 }, { ...found, headers: 0 });
});

test("put() in place of an object leaves nothing of it", async () => {
  await using at = await place();
  await at.images.put("a", bytes(3 * chunk));

  await at.images.put("a", bytes(chunk, 2));

  assert.deepEqual(await counts(at.connection), { chunks: 1, meta: 1 });
  assert.deepEqual(await read(at.images, "a"), bytes(chunk, 2));
});

test("put() takes names of any text, and refuses what is none", async () => {
  await using at = await place();
  const names = ["a/b c.png", ".*>", "ü 日本 🐈", "\n", "x".repeat(2_048)];

  for (const [i, name] of names.entries()) {
    await at.images.put(name, bytes(1, i));
  }

  for (const [i, name] of names.entries()) {
    assert.deepEqual(await read(at.images, name), bytes(1, i));
  }
  const listed = await Array.fromAsync(at.images.list());
  assert.deepEqual(listed.map(({ name }) => name), names);
  await assert.rejects(at.images.put("", bytes(1)), TypeError);
  await assert.rejects(at.images.put("\ud800", bytes(1)), TypeError);
  await assert.rejects(at.images.put("x".repeat(2_049), bytes(1)), RangeError);
});

test("put() writes names as the tools of NATS do: UTF-8 in padded Base64 of URLs", async () => {
  await using at = await place();

  await at.images.put("ü", bytes(0));
  await at.images.put("ÿ?>", bytes(0));

  assert.deepEqual(Object.keys((await holds(at.connection)).subjects).sort(), [
    "$O.images.M.w78_Pg==",
    "$O.images.M.w7w=",
  ]);
});

test("put() of a source that errors leaves nothing, and the older object whole", async () => {
  await using at = await place();
  const older = bytes(2 * chunk, 2);
  await at.images.put("a", older);
  const reason = new Error("the disk is gone");
  const from = source(40, bytes(chunk), (i) => {
    if (i === 30) throw reason;
  });

  await assert.rejects(at.images.put("a", from.stream), reason);

  assert.deepEqual(await counts(at.connection), { chunks: 2, meta: 1 });
  assert.deepEqual(await read(at.images, "a"), older);
});

test("put() that is aborted cancels its source and leaves nothing", async () => {
  await using at = await place();
  const stop = new AbortController();
  const reason = new Error("enough");
  const never = Promise.withResolvers<void>();
  const from = source(40, bytes(chunk), (i) => {
    if (i < 30) return;
    stop.abort(reason);
    return never.promise;
  });

  const { signal } = stop;
  await assert.rejects(at.images.put("a", from.stream, { signal }), reason);
  await assert.rejects(at.images.put("a", bytes(1), { signal }), reason);

  assert.equal(from.cancelled(), reason);
  assert.deepEqual(await counts(at.connection), { chunks: 0, meta: 0 });
  assert.equal(await at.images.info("a"), undefined);
  never.resolve();
});

test("put() refuses a stream of something other than bytes", async () => {
  await using at = await place();
  const texts = new ReadableStream({
    start: (controller) => controller.enqueue("text"),
  });

  await assert.rejects(at.images.put("a", texts), {
    name: "TypeError",
    message:
      'Cannot put object "a" of store "images": expected a stream of Uint8Array, found string',
  });
  await assert.rejects(at.images.put("a", "text" as never), TypeError);
  await assert.rejects(
    at.images.put("a", bytes(1), { chunkBytes: 0 }),
    RangeError,
  );
  await assert.rejects(
    at.images.put("a", bytes(1), { chunkBytes: 1_048_576 }),
    RangeError,
  );
  await assert.rejects(
    at.images.put("a", bytes(1), { chunk: 5 } as never),
    TypeError,
  );
  assert.deepEqual(await counts(at.connection), { chunks: 0, meta: 0 });
});

test("put() reads its source no faster than the server stores, and goes on after a loss", async () => {
  await using at = await place();
  const from = source(100, bytes(chunk), (i) => {
    if (i === 50) cut(at.connection);
  });

  const putting = at.images.put("a", from.stream);
  for (let turns = 0; turns < 200; turns++) await at.clock.turn();
  const taken = from.taken();
  const info = await passing(at.clock, putting);

  // 2 MiB are 16 chunks.
  assert.equal(taken >= 51 && taken <= 50 + 17, true, `took ${taken}`);
  assert.equal(info.chunks, 100);
  assert.equal((await counts(at.connection)).chunks, 100);
  const found = await at.images.read("a");
  assert.equal((await found?.bytes())?.length, 100 * chunk);
});

test("put() keeps the order of what was on its way and of what waited when it was lost", async () => {
  await using at = await place();
  const piece = new Uint8Array(1_000);
  // Behind those that are on their way, the next wait for a connection.
  const from = source(100, piece, (i) => {
    piece.fill(i);
    if (i % 16 === 7) cut(at.connection);
  });

  const putting = at.images.put("a", from.stream, { chunkBytes: 1_000 });
  const info = await passing(at.clock, putting);

  assert.equal(info.chunks, 100);
  assert.equal((await counts(at.connection)).chunks, 100);
  const found = await (await at.images.read("a"))?.bytes();
  assert.deepEqual(
    found,
    Uint8Array.from({ length: 100_000 }, (_, i) => Math.floor(i / 1_000)),
  );
});

test("put() gives up when the connection stays away", async () => {
  await using at = await place();
  const session = sessionOf(at.connection);
  const from = source(100, bytes(chunk), (i) => {
    if (i === 50) cut(at.connection);
  });
  // Each time it is back it is cut again.
  const forget = session.onChange((change) => {
    if (change === "connected") cut(at.connection);
  });

  const reason = await passing(
    at.clock,
    at.images.put("a", from.stream).catch((error) => error),
  );
  forget();

  assert.equal(isMessagingError(reason) && reason.retryable, true);
  assert.equal(from.cancelled(), reason);
  // What is left is removed once it is back.
  await at.clock.advance(20_000);
  assert.deepEqual(await counts(at.connection), { chunks: 0, meta: 0 });
});

test("put() of one name by many at once ends in one whole object each", async () => {
  await using at = await place();
  const bodies = [1, 2, 3, 4].map((seed) => bytes(5 * chunk, seed));
  const connections = await Promise.all(bodies.map(() => at.other()));

  const infos = await Promise.all(bodies.map(async (body, i) => {
    const connection = connections[i] ?? at.connection;
    const images = await objects(connection, objectStore("images"));
    return await images.put("a", source(5, body.subarray(0, chunk)).stream);
  }));

  const last = infos.toSorted((a, b) => b.revision - a.revision)[0];
  const found = await at.images.read("a");
  assert.equal(found?.info.digest, last?.digest);
  assert.equal((await found?.bytes())?.length, 5 * chunk);
  assert.deepEqual(await counts(at.connection), { chunks: 5, meta: 1 });
});

test("put() beyond what the store may hold is refused, and leaves nothing", async () => {
  await using at = await place({ maxBytes: 1_000_000 });
  await at.images.put("a", bytes(chunk));

  await assert.rejects(at.images.put("a", bytes(20 * chunk)), {
    code: "overloaded",
  });

  assert.deepEqual(await counts(at.connection), { chunks: 1, meta: 1 });
  assert.deepEqual(await read(at.images, "a"), bytes(chunk));
});

test("put() into a store that is removed meanwhile is refused at once", async () => {
  await using at = await place();
  const other = await at.other();
  const from = source(100, bytes(1_000), async (i) => {
    if (i === 50) await removeObjectStore(other, "images");
  });

  const putting = at.images.put("a", from.stream, { chunkBytes: 1_000 });

  await assert.rejects(putting, {
    code: "refused",
    message:
      'Cannot put object "a" of store "images": there is no store "images"',
  });
});

test("put() under way at a shutdown is closed, and leaves nothing", async () => {
  await using at = await place();
  const never = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const from = source(40, bytes(chunk), (i) => {
    if (i < 30) return;
    reached.resolve();
    return never.promise;
  });
  const other = await at.other();

  const putting = at.images.put("a", from.stream);
  await reached.promise;
  const ends = Promise.allSettled([putting, at.connection.shutdown()]);
  const [put] = await ends;

  assert.equal(put.status, "rejected");
  assert.equal(isMessagingError(put.reason, "closed"), true);
  assert.equal(from.cancelled(), put.reason);
  assert.deepEqual(await counts(other), { chunks: 0, meta: 0 });
  never.resolve();
});
