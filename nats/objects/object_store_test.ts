import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { api, bytes, counts, place } from "./_kit_test.ts";
import { jetStreamSink } from "../jetstream/sink.ts";
import { sessionOf } from "../session_of.ts";
import { objects, objectStore } from "./object_store.ts";
import { objectStoreNames, removeObjectStore } from "./object_store_names.ts";
import type { ObjectStoreOptions } from "./store_options.ts";

test("objectStore() is plain and frozen, and refuses what is not lawful", () => {
  const store = objectStore("images", { ttlMs: 5_000 });

  assert.equal(Object.isFrozen(store), true);
  assert.deepEqual(JSON.parse(JSON.stringify(store)), {
    name: "images",
    ttlMs: 5_000,
  });
  for (const name of ["", "a b", "a.b", "a/b", 7]) {
    assert.throws(() => objectStore(name as string), TypeError);
  }
  assert.throws(() => objectStore("a", { ttl: 5 } as never), TypeError);
  assert.throws(() => objectStore("a", { ttlMs: 5 }), RangeError);
  assert.throws(() => objectStore("a", { maxBytes: 0 }), RangeError);
});

test("objects() makes the stream that other clients know", async () => {
  await using at = await place({
    ttlMs: 60_000,
    maxBytes: 1_000_000,
    storage: "memory",
    compression: "s2",
    description: "pictures",
    metadata: { by: "tom" },
  });

  const { config } = await api(at.connection, "STREAM.INFO.OBJ_images");
  const status = await at.images.status();

  const { subjects, discard, allow_rollup_hdrs, allow_direct, max_age } =
    config as Record<string, unknown>;
  assert.deepEqual(
    { subjects, discard, allow_rollup_hdrs, allow_direct, max_age },
    {
      subjects: ["$O.images.C.>", "$O.images.M.>"],
      discard: "new",
      allow_rollup_hdrs: true,
      allow_direct: true,
      max_age: 60_000_000_000,
    },
  );
  assert.deepEqual(status, {
    store: "images",
    stream: "OBJ_images",
    bytes: 0,
    madeAt: new Date("2026-03-02"),
    description: "pictures",
    ttlMs: 60_000,
    maxBytes: 1_000_000,
    storage: "memory",
    replicas: 1,
    compression: "s2",
    sealed: false,
    metadata: { by: "tom" },
  });
});

test("objects() opens what is there as `ensure` says", async () => {
  await using at = await place({ maxBytes: 1_000_000 });
  const open = (name: string, options?: ObjectStoreOptions) =>
    objects(at.connection, objectStore(name, options));

  const same = await open("images");
  await open("images", { maxBytes: 2_000_000, ensure: "update" });
  const { maxBytes } = await same.status();

  assert.equal(maxBytes, 2_000_000);
  await assert.rejects(open("images", { ttlMs: 60_000 }), {
    code: "refused",
    message: /Cannot use object store "images": "ttlMs" was asked to be/,
  });
  await assert.rejects(open("none", { ensure: "check" }), { code: "refused" });
  const unseen = await open("none", { ensure: "never" });
  await assert.rejects(unseen.read("a"), { code: "refused" });
  await assert.rejects(unseen.put("a", bytes(1)), { code: "refused" });
  const stop = AbortSignal.abort(new Error("enough"));
  await assert.rejects(
    objects(at.connection, objectStore("b"), { signal: stop }),
    stop.reason,
  );
  await assert.rejects(
    objects({} as never, objectStore("b")),
    TypeError,
  );
});

test("objects() asks nothing of a store that is never looked at", async () => {
  await using at = await place();
  const heard: string[] = [];
  const session = sessionOf(at.connection);
  const listening = session.subscribe(
    "$JS.API.>",
    ({ subject }) => void heard.push(subject),
  );

  await objects(at.connection, objectStore("none", { ensure: "never" }));
  await session.flush();
  listening.unsubscribe();

  assert.deepEqual(heard, []);
});

test("objects() names what the server is too old for", async () => {
  await assert.rejects(place({ compression: "s2" }, "2.9.10"), {
    code: "unsupported",
    message:
      'Cannot declare object store "images": "compression" needs a server of 2.10, found 2.9.10',
  });
  await using at = await place({}, "2.9.10");
  await at.images.put("a", bytes(5));
  assert.deepEqual(await (await at.images.read("a"))?.bytes(), bytes(5));
});

test("delete() removes the bytes, and says whether there was an object", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1_000), { chunkBytes: 100 });

  assert.equal(await at.images.delete("a"), true);
  assert.equal(await at.images.delete("a"), false);
  assert.equal(await at.images.delete("b"), false);
  assert.equal(await at.images.info("a"), undefined);
  assert.deepEqual(await counts(at.connection), { chunks: 0, meta: 1 });
  await at.images.put("a", bytes(1));
  assert.equal((await at.images.info("a"))?.sizeBytes, 1);
});

test("link() leads to an object, also of another store", async () => {
  await using at = await place();
  const videos = await objects(at.connection, objectStore("videos"));
  await at.images.put("a", bytes(5));
  await videos.put("v", bytes(6));

  const info = await at.images.link("to a", { name: "a" });
  await at.images.link("to v", { store: "videos", name: "v" });

  assert.deepEqual(info.link, { store: "images", name: "a" });
  const a = await at.images.read("to a");
  const v = await at.images.read("to v");
  assert.equal(a?.info.name, "a");
  assert.deepEqual(await a.bytes(), bytes(5));
  assert.equal(v?.info.store, "videos");
  assert.deepEqual(await v.bytes(), bytes(6));
  assert.equal((await at.images.info("to v"))?.link?.name, "v");
  await at.images.delete("to a");
  assert.equal((await at.images.info("a"))?.sizeBytes, 5);
  await videos.delete("v");
  assert.equal(await at.images.read("to v"), undefined);
});

test("link() to a store is no object, and may be led elsewhere", async () => {
  await using at = await place();
  await objects(at.connection, objectStore("videos"));
  await at.images.put("a", bytes(5));

  const info = await at.images.link("l", { store: "videos" });
  await assert.rejects(at.images.read("l"), { code: "refused" });
  await at.images.link("l", { name: "a" });

  assert.deepEqual(info.link, { store: "videos" });
  assert.deepEqual(await (await at.images.read("l"))?.bytes(), bytes(5));
});

test("link() refuses what leads nowhere, and takes no object's name", async () => {
  await using at = await place();
  await at.images.put("a", bytes(5));
  await at.images.put("b", bytes(5));
  await at.images.link("l", { name: "a" });
  const { images } = at;

  await assert.rejects(images.link("x", { name: "none" }), { code: "refused" });
  await assert.rejects(images.link("x", { store: "none" }), {
    code: "refused",
  });
  await assert.rejects(images.link("x", { name: "l" }), { code: "refused" });
  await assert.rejects(images.link("b", { name: "a" }), { code: "conflict" });
  await assert.rejects(images.link("x", { store: "a b" }), TypeError);
  await assert.rejects(images.link("x", { to: "a" } as never), TypeError);
  assert.equal(await images.info("x"), undefined);
});

test("read() of links that lead round in a circle is refused", async () => {
  await using at = await place();
  await at.images.put("a", bytes(5));
  await at.images.link("l", { name: "a" });
  await at.images.delete("a");
  // What is no link yet is made one afterwards.
  await at.images.put("a", bytes(5));
  await at.images.link("m", { name: "a" });
  await at.images.delete("a");
  await at.images.put("b", bytes(1));
  await at.images.link("a", { name: "b" });
  await at.images.delete("b");
  await at.images.update("l", { name: "b" });

  await assert.rejects(at.images.read("a"), { code: "refused" });
});

test("update() changes what is said, and keeps the rest", async () => {
  await using at = await place();
  await at.images.put("a", bytes(5), {
    description: "old",
    headers: { x: "1" },
  });

  await at.images.update("a", { description: "new", metadata: { by: "tom" } });

  const found = await at.images.info("a");
  assert.equal(found?.description, "new");
  assert.equal(found.headers.get("x"), "1");
  assert.deepEqual(found.metadata, { by: "tom" });
  assert.deepEqual(await (await at.images.read("a"))?.bytes(), bytes(5));
  await assert.rejects(at.images.update("b", {}), { code: "refused" });
  await assert.rejects(at.images.update("a", { size: 5 } as never), TypeError);
});

test("update() gives another name, which must be free", async () => {
  await using at = await place();
  await at.images.put("a", bytes(5));
  await at.images.put("b", bytes(6));
  await at.images.put("c", bytes(7));
  await at.images.delete("c");

  await assert.rejects(at.images.update("a", { name: "b" }), {
    code: "conflict",
  });
  const info = await at.images.update("a", { name: "c" });
  // A new object of the old name has nothing to do with the renamed one.
  await at.images.put("a", bytes(8));

  assert.equal(info.name, "c");
  assert.deepEqual(await (await at.images.read("c"))?.bytes(), bytes(5));
  assert.deepEqual(await (await at.images.read("a"))?.bytes(), bytes(8));
  await assert.rejects(at.images.update("a", { name: "" }), TypeError);
});

test("update() of a name is undone where the object is replaced meanwhile", async () => {
  await using at = await place();
  await at.images.put("a", bytes(5));
  const other = sessionOf(await at.other());
  const said = JSON.stringify({ name: "a", bucket: "images", nuid: "N" });
  const listening = other.subscribe(`$O.images.M.${btoa("b")}`, () => {
    listening.unsubscribe();
    other.send(`$O.images.M.${btoa("a")}`, new TextEncoder().encode(said));
  });
  await other.flush();

  await assert.rejects(at.images.update("a", { name: "b" }), {
    code: "conflict",
  });

  assert.equal(await at.images.info("b"), undefined);
  assert.equal((await at.images.info("a"))?.sizeBytes, 0);
});

test("seal() lets nothing change any more, and all be read", async () => {
  await using at = await place({ ttlMs: 60_000 });
  await at.images.put("a", bytes(5));

  await at.images.seal();
  await at.images.seal();

  const refused = { code: "refused" };
  const again = await objects(
    at.connection,
    objectStore("images", { ttlMs: 60_000 }),
  );
  assert.deepEqual(await (await again.read("a"))?.bytes(), bytes(5));
  assert.equal((await at.images.status()).sealed, true);
  assert.deepEqual(await (await at.images.read("a"))?.bytes(), bytes(5));
  await assert.rejects(at.images.put("b", bytes(5)), refused);
  await assert.rejects(at.images.delete("a"), refused);
  await assert.rejects(at.images.update("a", {}), refused);
  await assert.rejects(at.images.link("b", { name: "a" }), refused);
  assert.deepEqual(await counts(at.connection), { chunks: 1, meta: 1 });
});

test("stores are found by name, and removed", async () => {
  await using at = await place();
  const { connection } = at;
  await objects(connection, objectStore("a"));
  await at.images.put("a", bytes(5));
  await jetStreamSink({ stream: { name: "ORDERS" } }).open(connection);

  const names = await objectStoreNames(connection);
  const removed = [
    await removeObjectStore(connection, "images"),
    await removeObjectStore(connection, "images"),
  ];

  assert.deepEqual(names, ["a", "images"]);
  assert.deepEqual(removed, [true, false]);
  assert.deepEqual(await objectStoreNames(connection), ["a"]);
  await assert.rejects(at.images.read("a"), { code: "refused" });
  await assert.rejects(at.images.put("a", bytes(1)), { code: "refused" });
  await assert.rejects(removeObjectStore(connection, "a b"), TypeError);
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(objectStoreNames(connection, { signal }), signal.reason);
  await connection.shutdown();
  await assert.rejects(objectStoreNames(connection), { code: "closed" });
  await assert.rejects(removeObjectStore(connection, "a"), { code: "closed" });
});
