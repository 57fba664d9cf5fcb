import { test } from "@ruststream/conformance/runner";
import { isMessagingError } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import {
  api,
  bytes,
  chunkSubject,
  cut,
  holds,
  passing,
  place,
} from "./_kit_test.ts";
import { objects, objectStore } from "./object_store.ts";
import type { Objects } from "./types.ts";

// Whose objects have many chunks.
const small = { chunkBytes: 1_000 } as const;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function reader(images: Objects, name = "a"): Promise<Reader> {
  const found = await images.read(name);
  assert.ok(found);
  return found.body.getReader();
}

async function rest(from: Reader): Promise<number> {
  for (let length = 0;;) {
    const { done, value } = await from.read();
    if (done) return length;
    length += value.length;
  }
}

/** Deletes the messages of the only object, but so many at its ends. */
async function strike(
  connection: NatsConnection,
  from: number,
  to: number,
): Promise<void> {
  const stream = "OBJ_images";
  const filter = await chunkSubject(connection);
  for (let at = 1, seq = 0;; at++) {
    const wanted = { seq: seq + 1, next_by_subj: filter };
    const { message } = await api(
      connection,
      `STREAM.MSG.GET.${stream}`,
      wanted,
    );
    if (message === undefined || at >= to) return;
    seq = (message as { readonly seq: number }).seq;
    if (at < from) continue;
    await api(connection, `STREAM.MSG.DELETE.${stream}`, { seq });
  }
}

test("read() of what is not there gives nothing", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1));
  await at.images.delete("a");

  assert.equal(await at.images.read("a"), undefined);
  assert.equal(await at.images.read("b"), undefined);
  await assert.rejects(at.images.read(""), TypeError);
});

test("read() fetches nothing before somebody reads, and at most 16 chunks ahead", async () => {
  await using at = await place();
  await at.images.put("a", bytes(100_000), small);
  let fetched = 0;
  const session = sessionOf(at.connection);
  const listening = session.subscribe(
    "$JS.API.DIRECT.GET.OBJ_images",
    () => void fetched++,
  );

  const from = await reader(at.images);
  await session.flush();
  const before = fetched;
  for (let i = 0; i < 40; i++) await from.read();
  for (let turns = 0; turns < 20; turns++) await at.clock.turn();
  await session.flush();
  const after = fetched;
  const length = await rest(from);
  listening.unsubscribe();

  assert.equal(before, 0);
  assert.equal(after >= 40 && after <= 40 + 16, true, `fetched ${after}`);
  assert.equal(length, 60_000);
  assert.equal((await holds(at.connection)).consumer_count, 0);
});

test("read() of chunks that stand between those of others is in order", async () => {
  await using at = await place();
  const put = (name: string, seed: number) =>
    at.images.put(name, bytes(20_000, seed), { chunkBytes: 1_000 });

  await Promise.all([put("a", 1), put("b", 2), put("c", 3)]);

  for (const [i, name] of ["a", "b", "c"].entries()) {
    const found = await at.images.read(name);
    assert.deepEqual(await found?.bytes(), bytes(20_000, i + 1));
  }
});

for (
  const [which, from, to] of [
    ["the first", 1, 2],
    ["one in the middle", 3, 4],
    ["the last", 6, 7],
    ["all", 1, 7],
  ] as const
) {
  test(`read() errors where ${which} of its chunks is missing`, async () => {
    await using at = await place();
    await at.images.put("a", bytes(6_000), small);
    await strike(at.connection, from, to);

    const found = await at.images.read("a");

    await assert.rejects(found?.bytes() ?? Promise.resolve(), {
      code: "bad-reply",
      message: 'Cannot read object "a" of store "images": a chunk is missing',
    });
  });
}

test("read() errors where a chunk is not as it was stored", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1_000));
  await at.images.put("b", bytes(1_000));
  for (
    const [name, body] of [["a", bytes(1_000, 2)], ["b", bytes(999)]] as const
  ) {
    const { digest } = await at.images.info(name) ?? {};
    assert.ok(digest);
    const wanted = { last_by_subj: `$O.images.M.${btoa(name)}` };
    const { message } = await api(
      at.connection,
      "STREAM.MSG.GET.OBJ_images",
      wanted,
    );
    const { nuid } = JSON.parse(
      atob((message as { readonly data: string }).data),
    );
    const filter = `$O.images.C.${nuid}`;
    await api(at.connection, "STREAM.PURGE.OBJ_images", { filter });
    await sessionOf(at.connection).ask(filter, body, { timeoutMs: 1_000 });
  }

  const told = await Promise.allSettled(
    ["a", "b"].map(async (name) => await (await at.images.read(name))?.bytes()),
  );

  assert.deepEqual(
    told.map((end) => end.status === "rejected" && String(end.reason)),
    ["digest", "size"].map((what, i) =>
      `MessagingError: Cannot read object "${
        "ab"[i]
      }" of store "images": its ${what} is not right`
    ),
  );
});

for (const deed of ["replaced", "deleted"] as const) {
  test(`read() of an object that is ${deed} meanwhile errors`, async () => {
    await using at = await place();
    await at.images.put("a", bytes(100_000), small);
    const from = await reader(at.images);
    await from.read();

    await (deed === "deleted"
      ? at.images.delete("a")
      : at.images.put("a", bytes(1)));

    const reason = await rest(from).catch((error) => error);
    assert.equal(isMessagingError(reason, "conflict"), true);
    assert.equal(reason.retryable, true);
  });
}

test("read() goes on where it was after a loss", async () => {
  await using at = await place();
  const body = bytes(100_000);
  await at.images.put("a", body, small);
  const from = await reader(at.images);
  const first = from.read();
  cut(at.connection);
  const start = await passing(at.clock, first);
  cut(at.connection);
  const length = await passing(at.clock, rest(from));

  assert.equal(length, body.length - (start.value?.length ?? 0));
});

test("read() errors when the connection stays away", async () => {
  await using at = await place();
  await at.images.put("a", bytes(100_000), small);
  const from = await reader(at.images);
  await from.read();
  const forget = sessionOf(at.connection).onChange((change) => {
    if (change === "connected") cut(at.connection);
  });

  cut(at.connection);
  const reason = await passing(at.clock, rest(from).catch((error) => error));
  forget();

  assert.equal(isMessagingError(reason) && reason.retryable, true);
});

test("read() ends with its signal's reason, wherever it is", async () => {
  await using at = await place();
  await at.images.put("a", bytes(100_000), small);
  const stop = new AbortController();
  const reason = new Error("enough");
  const found = await at.images.read("a", { signal: stop.signal });
  const from = found?.body.getReader();
  await from?.read();
  const reading = from?.read();

  stop.abort(reason);

  await assert.rejects(from?.closed ?? Promise.resolve(), reason);
  await reading?.catch(() => {});
  const { signal } = stop;
  await assert.rejects(at.images.read("a", { signal }), reason);
  await assert.rejects(at.images.info("a", { signal }), reason);
  await assert.rejects(at.images.delete("a", { signal }), reason);
  assert.equal((await at.images.info("a"))?.chunks, 100);
});

test("a cancelled body is done, and nothing of it is left", async () => {
  await using at = await place();
  await at.images.put("a", bytes(100_000), small);
  const from = await reader(at.images);
  const reading = from.read();

  await from.cancel();

  assert.deepEqual(await reading, { done: true, value: undefined });
  assert.equal((await holds(at.connection)).consumer_count, 0);
  assert.equal(at.clock.pending, 0);
});

test("all of a store rejects with closed after a shutdown", async () => {
  await using at = await place();
  await at.images.put("a", bytes(100_000), small);
  const from = await reader(at.images);
  // What comes next has been fetched already.
  await from.read();
  await from.read();
  const { images, connection } = at;

  await connection.shutdown();

  const closed = { code: "closed" };
  await assert.rejects(from.read(), closed);
  await assert.rejects(images.put("b", bytes(1)), closed);
  await assert.rejects(images.read("a"), closed);
  await assert.rejects(images.info("a"), closed);
  await assert.rejects(images.delete("a"), closed);
  await assert.rejects(images.link("b", { name: "a" }), closed);
  await assert.rejects(images.update("a", {}), closed);
  await assert.rejects(images.seal(), closed);
  await assert.rejects(images.status(), closed);
  await assert.rejects(images.watch(), closed);
  await assert.rejects(Array.fromAsync(images.list()), closed);
  await assert.rejects(objects(connection, objectStore("images")), closed);
});
