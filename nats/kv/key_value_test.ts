import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { type } from "@ruststream/core";
import { bucket, bucketNames, keyValue, removeBucket } from "@ruststream/nats";
import {
  blobs,
  codeOf,
  type Count,
  inShort,
  inside,
  openStock,
} from "./_kit_test.ts";

test("a key is created, updated, put, deleted, created again and purged", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);

  const revisions = [
    await shelf.create("apples", { count: 1 }),
    await shelf.update("apples", { count: 2 }, { revision: 1 }),
    await shelf.put("apples", { count: 3 }),
    await shelf.delete("apples", { revision: 3 }),
  ];
  const gone = await shelf.value("apples");
  const entry = await shelf.entry("apples");
  await shelf.create("apples", { count: 5 });
  const told = await Array.fromAsync(shelf.history("apples"));
  await shelf.purge("apples", { revision: 5 });

  assert.deepEqual(revisions, [1, 2, 3, 4]);
  assert.equal(gone, undefined);
  assert.equal(entry?.operation, "delete");
  assert.deepEqual(inShort(told), [
    "apples put 1",
    "apples put 2",
    "apples put 3",
    "apples delete",
    "apples put 5",
  ]);
  const left = await Array.fromAsync(shelf.history("apples"));
  assert.deepEqual(inShort(left), ["apples purge"]);
});

test("entry() gives a value with its key, revision and time, or undefined", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await shelf.put("a", { count: 1 });
  await shelf.put("b", { count: 2 });
  await shelf.put("a", { count: 3 });

  const { at, ...last } = await shelf.entry("a") ?? {};
  const first = await shelf.entry("a", { revision: 1 });

  assert.deepEqual(last, {
    key: "a",
    revision: 3,
    operation: "put",
    value: { count: 3 },
  });
  assert.ok(at instanceof Date && !Number.isNaN(at.getTime()));
  assert.deepEqual(inShort([first ?? { operation: "none" }]), ["a put 1"]);
  // That revision is of another key, that one was never given, that key never written.
  assert.equal(await shelf.entry("a", { revision: 2 }), undefined);
  assert.equal(await shelf.entry("a", { revision: 9 }), undefined);
  assert.equal(await shelf.entry("c"), undefined);
  assert.equal(await shelf.value("c"), undefined);
});

test("of two writers of one revision one wins, and the other is told", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  const revision = await shelf.put("apples", { count: 0 });

  const codes = await Promise.all([
    codeOf(shelf.update("apples", { count: 1 }, { revision })),
    codeOf(shelf.update("apples", { count: 2 }, { revision })),
    codeOf(shelf.delete("apples", { revision })),
    codeOf(shelf.purge("apples", { revision })),
  ]);

  assert.deepEqual(codes.toSorted(), [
    "conflict",
    "conflict",
    "conflict",
    "resolved",
  ]);
});

test("create() is for keys without a value, and only one of several creates", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await shelf.put("deleted", { count: 1 });
  await shelf.delete("deleted");
  await shelf.put("purged", { count: 1 });
  await shelf.purge("purged");

  for (const key of ["deleted", "purged", "new"]) {
    const codes = await Promise.all(
      [1, 2, 3].map((count) => codeOf(shelf.create(key, { count }))),
    );
    assert.deepEqual(codes.toSorted(), ["conflict", "conflict", "resolved"]);
  }
  await assert.rejects(shelf.create("new", { count: 4 }), {
    code: "conflict",
    message:
      'Cannot create "new" in bucket "stock": it has a value, of revision 7',
  });
  assert.equal(
    await codeOf(shelf.update("newer", { count: 1 }, { revision: 0 })),
    "resolved",
  );
});

test("revisions and options that are none are refused", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  const wrong = [-1, 1.5, NaN, "1", undefined] as number[];

  for (const revision of wrong) {
    await assert.rejects(
      shelf.update("a", { count: 1 }, { revision }),
      RangeError,
    );
  }
  await assert.rejects(shelf.entry("a", { revision: 0 }), RangeError);
  await assert.rejects(shelf.delete("a", { revision: -1 }), RangeError);
  await assert.rejects(
    shelf.put("a", { count: 1 }, { revision: 1 } as object),
    /there is no option "revision"/,
  );
});

test("keys() lists what has a value, by patterns too", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  for (const key of ["eu.a", "eu.b", "us.a", "us.a.b", "x"]) {
    await shelf.put(key, { count: 1 });
  }
  await shelf.delete("eu.b");
  await shelf.purge("x");
  const keys = (filter?: string | readonly string[]) =>
    Array.fromAsync(shelf.keys(filter));

  assert.deepEqual(await keys(), ["eu.a", "us.a", "us.a.b"]);
  assert.deepEqual(await keys("*.a"), ["eu.a", "us.a"]);
  assert.deepEqual(await keys("us.>"), ["us.a", "us.a.b"]);
  assert.deepEqual(await keys(["eu.*", "us.a"]), ["eu.a", "us.a"]);
  assert.deepEqual(await keys("none.>"), []);
  await assert.rejects(keys("a.>.b"), TypeError);
});

test("keyValue() does what `ensure` says, in the words of a bucket", async () => {
  await using connection = await inside();
  const payload = type<Count>();
  const open = (options: object) =>
    keyValue(connection, bucket("stock", { payload, ...options }));

  await assert.rejects(open({ ensure: "check" }), {
    code: "refused",
    message: 'Cannot use bucket "stock": it is not there',
  });
  await open({ history: 5, ttlMs: 60_000 });
  // What is not said is not compared.
  await open({});
  await assert.rejects(open({ history: 3 }), {
    code: "refused",
    message: 'Cannot use bucket "stock": "history" was asked to be 3 and is 5',
  });
  await open({ history: 3, ttlMs: 1_000, ensure: "update" });
  const { history, ttlMs, storage } = await (await open({})).status();
  assert.deepEqual([history, ttlMs, storage], [3, 1_000, "file"]);
});

test("a setting that the server is too old for is refused by its name", async () => {
  await using connection = await inside(undefined, "2.9.10");
  const payload = type<Count>();

  for (
    const [option, value, since] of [
      ["markerTtlMs", 5_000, "2.11"],
      ["compression", "s2", "2.10"],
      ["sources", [{ name: "other" }], "2.10"],
    ] as const
  ) {
    await assert.rejects(
      keyValue(connection, bucket("b", { payload, [option]: value })),
      {
        code: "unsupported",
        message:
          `Cannot declare bucket "b": "${option}" needs a server of ${since}, found 2.9.10`,
      },
    );
  }
  const shelf = await openStock(connection);
  await assert.rejects(shelf.create("a", { count: 1 }, { ttlMs: 5_000 }), {
    code: "unsupported",
  });
  await assert.rejects(shelf.watch(["a", "b"]), { code: "unsupported" });
  assert.equal(await shelf.put("a", { count: 1 }), 1);
});

test("buckets are listed, and removed with all that they hold", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await keyValue(connection, blobs);
  await shelf.put("a", { count: 1 });

  assert.deepEqual(await bucketNames(connection), ["blobs", "stock"]);
  assert.equal(await removeBucket(connection, "stock"), true);
  assert.equal(await removeBucket(connection, "stock"), false);
  assert.deepEqual(await bucketNames(connection), ["blobs"]);
  await assert.rejects(shelf.put("a", { count: 1 }), { code: "refused" });
});
