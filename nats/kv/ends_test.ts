import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { bucketNames, keyValue, removeBucket } from "@ruststream/nats";
import { codeOf, inside, openStock, reasonOf, stock } from "./_kit_test.ts";

test("after a shutdown all of a bucket is closed", async () => {
  const connection = await inside();
  const shelf = await openStock(connection);
  const keys = shelf.keys();
  const changes = await shelf.watch();
  await shelf.put("a", { count: 1 });
  await connection.shutdown();

  const value = { count: 1 };
  const codes = await Promise.all([
    shelf.put("a", value),
    shelf.create("a", value),
    shelf.update("a", value, { revision: 1 }),
    shelf.value("a"),
    shelf.entry("a"),
    shelf.delete("a"),
    shelf.purge("a"),
    shelf.status(),
    shelf.watch(),
    Array.fromAsync(keys),
    Array.fromAsync(shelf.history("a")),
    Array.fromAsync(changes),
    keyValue(connection, stock),
    bucketNames(connection),
    removeBucket(connection, "stock"),
  ].map(codeOf));

  assert.deepEqual(new Set(codes), new Set(["closed"]));
});

test("whatever is asked gives up with its signal's reason", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const value = { count: 1 };

  for (
    const ask of [
      () => shelf.put("a", value, { signal }),
      () => shelf.create("a", value, { signal }),
      () => shelf.update("a", value, { revision: 1, signal }),
      () => shelf.entry("a", { signal }),
      () => shelf.delete("a", { signal }),
      () => shelf.purge("a", { signal }),
      () => shelf.status({ signal }),
      () => shelf.watch("a", { signal }),
      () => Array.fromAsync(shelf.keys(">", { signal })),
      () => Array.fromAsync(shelf.history("a", { signal })),
      () => keyValue(connection, stock, { signal }),
      () => bucketNames(connection, { signal }),
      () => removeBucket(connection, "stock", { signal }),
    ]
  ) assert.equal(await reasonOf(ask()), reason, String(ask));
  assert.equal((await shelf.status()).entries, 0);
});
