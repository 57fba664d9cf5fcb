import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { sessionOf } from "../session_of.ts";
import { api, bytes, cut, holds, passing, place } from "./_kit_test.ts";
import { objects, objectStore } from "./object_store.ts";
import { removeObjectStore } from "./object_store_names.ts";
import type { ObjectChange } from "./types.ts";

function wordOf(change: ObjectChange | undefined): string {
  switch (change?.operation) {
    case "put":
      return `${change.info.name} ${change.info.sizeBytes}`;
    case "delete":
      return `${change.name} deleted`;
    default:
      return change?.operation ?? "the end";
  }
}

async function words(
  from: ReadableStream<ObjectChange>,
  count: number,
): Promise<readonly string[]> {
  const reader = from.getReader();
  const found: string[] = [];
  while (found.length < count) found.push(wordOf((await reader.read()).value));
  reader.releaseLock();
  return found;
}

test("watch() tells what is there, that this is all, and then what changes", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1));
  await at.images.put("b", bytes(2));

  const changes = await at.images.watch();
  const before = await words(changes, 3);
  await at.images.put("a", bytes(3));
  await at.images.delete("b");
  const after = [...await words(changes, 2)];
  await at.images.update("a", { name: "c" });
  after.push(...await words(changes, 2));
  await changes.cancel();

  assert.deepEqual(before, ["a 1", "b 2", "caught-up"]);
  assert.deepEqual(after, ["a 3", "b deleted", "c 3", "a deleted"]);
});

test("watch() of an empty store is caught up at once", async () => {
  await using at = await place();

  const changes = await at.images.watch();
  const first = await words(changes, 1);
  await at.images.put("a", bytes(1));
  const second = await words(changes, 1);
  await changes.cancel();

  assert.deepEqual(first, ["caught-up"]);
  assert.deepEqual(second, ["a 1"]);
});

test("watch() of what is new tells only what comes", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1));

  const changes = await at.images.watch({ from: "new" });
  await at.images.put("b", bytes(2));
  const found = await words(changes, 2);
  await changes.cancel();

  assert.deepEqual(found, ["caught-up", "b 2"]);
});

test("watch() is caught up too where what was to come has gone", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1));
  const changes = await at.images.watch();
  // Nothing was read yet, so nothing was asked for.
  const filter = "$O.images.M.>";
  await api(at.connection, "STREAM.PURGE.OBJ_images", { filter });

  const found = await passing(at.clock, words(changes, 1));
  await changes.cancel();

  assert.deepEqual(found, ["caught-up"]);
});

test("watch() goes on without a gap after a loss", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1));
  const changes = await at.images.watch();
  await words(changes, 2);

  cut(at.connection);
  const reading = words(changes, 2);
  await passing(at.clock, at.images.put("b", bytes(2)));
  await passing(at.clock, at.images.put("c", bytes(3)));
  const found = await passing(at.clock, reading);
  await changes.cancel();

  assert.deepEqual(found, ["b 2", "c 3"]);
});

test("watch() tells all of a store that was made again", async () => {
  await using at = await place();
  for (const name of ["a", "b", "c"]) await at.images.put(name, bytes(1));
  const changes = await at.images.watch();
  await words(changes, 4);
  const other = await at.other();

  await removeObjectStore(other, "images");
  // When it was made tells it from the former.
  await at.clock.advance(5_000);
  const again = await objects(other, objectStore("images"));
  await again.put("n", bytes(2));
  const found = await passing(at.clock, words(changes, 1));
  await changes.cancel();

  assert.deepEqual(found, ["n 2"]);
});

test("watch() of a store that is removed errors", async () => {
  await using at = await place();
  const changes = await at.images.watch();
  await words(changes, 1);

  const reading = words(changes, 1);
  await removeObjectStore(at.connection, "images");

  await assert.rejects(passing(at.clock, reading), { code: "refused" });
});

test("watch() ends: cancelled, aborted, closed", async () => {
  await using at = await place();
  const other = await at.other();
  const stop = new AbortController();
  const reason = new Error("enough");
  const { signal } = stop;

  const cancelled = await at.images.watch();
  const aborted = await at.images.watch({ signal });
  const closed = await at.images.watch();
  await words(closed, 1);
  await cancelled.cancel();
  const [first, second, third, fourth] = [aborted, closed].flatMap((one) => {
    const reader = one.getReader();
    return [reader.read(), reader.read()];
  });
  await first;
  // Until the second waits for something to happen.
  for (let turns = 0; turns < 10; turns++) await at.clock.turn();
  stop.abort(reason);
  await assert.rejects(at.images.watch({ signal }), reason);
  await assert.rejects(second ?? Promise.resolve(), reason);
  const shut = at.connection.shutdown();

  await assert.rejects(third ?? Promise.resolve(), { code: "closed" });
  await assert.rejects(fourth ?? Promise.resolve(), { code: "closed" });
  await shut;
  await assert.rejects(
    at.images.watch({ from: "start" as never }),
    TypeError,
  );
  await sessionOf(other).flush();
  assert.equal((await holds(other)).consumer_count, 0);
});

test("list() gives each object once, and none that was deleted", async () => {
  await using at = await place();
  const names = Array.from({ length: 300 }, (_, i) => `object ${i}`);
  for (const name of names) await at.images.put(name, bytes(1));
  await at.images.delete("object 7");
  await at.images.update("object 8", { name: "other" });
  // As other clients may leave them: two messages of one object.
  for (const [name, deleted] of [["object 1", false], ["object 2", true]]) {
    const body = JSON.stringify({ name, bucket: "images", deleted });
    await sessionOf(at.connection).ask(
      `$O.images.M.${btoa(String(name))}`,
      new TextEncoder().encode(body),
      { timeoutMs: 1_000 },
    );
  }

  const found = await Array.fromAsync(at.images.list());

  const expected = [
    ...names.filter((name) => !/ [278]$/.test(name)),
    "other",
  ];
  assert.deepEqual(found.map(({ name }) => name).sort(), expected.sort());
  assert.equal((await holds(at.connection)).consumer_count, 0);
});

test("list() of an empty store closes, and obeys its signal", async () => {
  await using at = await place();
  const stop = new AbortController();
  const reason = new Error("enough");
  const { signal } = stop;

  const empty = await Array.fromAsync(at.images.list());
  const listed = at.images.list({ signal });
  stop.abort(reason);

  assert.deepEqual(empty, []);
  await assert.rejects(Array.fromAsync(listed), reason);
  await at.images.list().cancel();
  assert.throws(() => at.images.list({ to: 1 } as never), TypeError);
});
