import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import type { KeyValue } from "@ruststream/nats";
import { VirtualClock } from "@ruststream/core/testing";
import {
  api,
  type Count,
  cut,
  flushed,
  inShort,
  inside,
  openStock,
  reasonOf,
  take,
} from "./_kit_test.ts";

type Shelf = KeyValue<Count, Count>;

async function fill(shelf: Shelf, ...keys: readonly string[]): Promise<void> {
  for (const [i, key] of keys.entries()) await shelf.put(key, { count: i + 1 });
}

/** Keys by their numbers, the first value of each some puts before its second: `old` lies among what is current. */
async function fillTwice(shelf: Shelf, keys: number): Promise<void> {
  const apart = keys / 2;
  for (let i = 0; i < keys + apart; i++) {
    if (i < keys) await shelf.put(`k${i}`, { count: 1 });
    if (i >= apart) await shelf.put(`k${i - apart}`, { count: 2 });
  }
}

test("a watch brings what there is, that this was all, and what comes", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await fill(shelf, "a", "b", "a");
  await shelf.delete("b");

  const changes = await shelf.watch();
  const before = await take(changes, 3);
  await shelf.put("c", { count: 4 });
  await shelf.purge("a");

  assert.deepEqual(inShort(before), ["a put 3", "b delete", "caught-up"]);
  assert.deepEqual(inShort(await take(changes, 2)), ["c put 4", "a purge"]);
  await changes.cancel();
});

test("a watch of an empty bucket, and of keys that nobody has, has caught up at once", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  const empty = await shelf.watch();
  const first = await take(empty, 1);
  await fill(shelf, "a");

  const none = await shelf.watch("b");

  assert.deepEqual(inShort(first), ["caught-up"]);
  assert.deepEqual(inShort(await take(empty, 1)), ["a put 1"]);
  assert.deepEqual(inShort(await take(none, 1)), ["caught-up"]);
});

test("a watch begins where it is told, and says once that it has caught up", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await fill(shelf, "a", "b", "a");
  const watches = await Promise.all([
    shelf.watch(undefined, { from: "current" }),
    shelf.watch(undefined, { from: "history" }),
    shelf.watch(undefined, { from: "new" }),
    shelf.watch(undefined, { from: { revision: 2 } }),
    shelf.watch(["b", "c"], { from: "history" }),
  ]);
  await shelf.put("c", { count: 4 });

  const seen: (readonly string[])[] = [];
  for (const [i, count] of [4, 5, 2, 4, 3].entries()) {
    seen.push(inShort(await take(watches[i] as ReadableStream, count)));
  }

  assert.deepEqual(seen, [
    ["b put 2", "a put 3", "caught-up", "c put 4"],
    ["a put 1", "b put 2", "a put 3", "caught-up", "c put 4"],
    ["caught-up", "c put 4"],
    ["b put 2", "a put 3", "caught-up", "c put 4"],
    ["b put 2", "caught-up", "c put 4"],
  ]);
});

test("a watch may leave out values, or removals", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await fill(shelf, "a", "b");
  await shelf.delete("a");

  const keys = await shelf.watch(">", { values: false });
  const values = await shelf.watch(">", { removals: false });

  const [first, ...rest] = await take(keys, 3);
  assert.deepEqual(inShort([...rest]), ["a delete", "caught-up"]);
  assert.deepEqual(
    { ...first, at: undefined },
    {
      key: "b",
      revision: 2,
      operation: "put",
      value: undefined,
      at: undefined,
    },
  );
  assert.deepEqual(inShort(await take(values, 2)), ["b put 2", "caught-up"]);
});

test("a watch that was cut in the midst of what there is brings no old value, nothing twice, and all news", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await fillTwice(shelf, 300);
  const changes = await shelf.watch();
  const seen = [...await take(changes, 1)];

  await shelf.put("k299", { count: 3 });
  await shelf.put("k299", { count: 4 });
  cut(connection);
  await shelf.put("k0", { count: 5 });
  for (const last of ["k0 put 5", "caught-up"]) {
    while (!inShort(seen).includes(last)) seen.push(...await take(changes, 1));
  }

  const told = inShort(seen).filter((one) => one !== "caught-up");
  const values = new Set(told);
  assert.equal(values.size, told.length);
  assert.deepEqual(told.slice(-3), ["k299 put 3", "k299 put 4", "k0 put 5"]);
  assert.ok(told.every((one) => !one.endsWith(" put 1")));
  for (let i = 0; i < 299; i++) assert.ok(values.has(`k${i} put 2`), `k${i}`);
  assert.equal(seen.length - told.length, 1);
});

test("a watch goes on where it was over lost connections", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  const changes = await shelf.watch();
  const seen = [...await take(changes, 1)];
  const wanted: string[] = ["caught-up"];

  for (let round = 1; round <= 5; round++) {
    const reading = take(changes, 2);
    cut(connection);
    for (const key of ["a", "b"]) {
      await shelf.put(key, { count: round });
      wanted.push(`${key} put ${round}`);
    }
    seen.push(...await reading);
  }

  assert.deepEqual(inShort(seen), wanted);
});

test("a watch whose bucket was removed and made again reads that", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  await fill(shelf, "a", "b", "c");
  const changes = await shelf.watch();
  const before = await take(changes, 4);

  const reading = take(changes, 2);
  await api(connection, "STREAM.DELETE.KV_stock");
  cut(connection);

  const again = await openStock(connection);
  await fill(again, "d", "e");
  assert.deepEqual(inShort(before).at(-1), "caught-up");
  assert.deepEqual(inShort(await reading), ["d put 1", "e put 2"]);
});

test("a watch catches up though what it waits for is taken away", async () => {
  const clock = new VirtualClock();
  await using connection = await inside(clock);
  const shelf = await openStock(connection);
  await fill(shelf, ...Array.from({ length: 700 }, (_, i) => `k${i}`));
  const changes = await shelf.watch();
  const seen = [...await take(changes, 1)];

  await api(connection, "STREAM.PURGE.KV_stock");
  const reading = (async () => {
    while (seen.at(-1)?.operation !== "caught-up") {
      seen.push(...await take(changes, 1));
    }
  })();
  let ended = false;
  void reading.then(() => ended = true);
  while (!ended) await clock.advance(500);

  assert.ok(seen.length < 700, `${seen.length} came`);
});

test(
  "keys() is not read ahead by more than some hundred, and nothing is left behind",
  async () => {
    await using connection = await inside();
    const shelf = await openStock(connection);
    const all = Array.from({ length: 10_000 }, (_, i) => `k${i}`);
    await Promise.all(all.map((key) => shelf.put(key, { count: 1 })));
    const consumers = async (): Promise<readonly string[]> =>
      (await api(connection, "CONSUMER.NAMES.KV_stock"))[
        "consumers"
      ] as string[];

    const some = shelf.keys();
    const first = await take(some, 10);
    const [name] = await consumers();
    const state = await api(connection, `CONSUMER.INFO.KV_stock.${name}`);
    await some.cancel();

    const { consumer_seq } = state["delivered"] as { consumer_seq: number };
    assert.deepEqual(first, all.slice(0, 10));
    assert.ok(consumer_seq <= 1_000, `${consumer_seq} were delivered`);
    assert.deepEqual(await Array.fromAsync(shelf.keys()), all);
    await flushed(connection);
    assert.deepEqual(await consumers(), []);
  },
  { timeoutMs: 90_000 },
);

test("a watch ends by its signal, with its reason, read or not, and by cancelling", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  const stop = new AbortController();
  const { signal } = stop;
  const reason = new Error("enough");
  const unread = await shelf.watch(undefined, { signal });
  const read = await shelf.watch(undefined, { signal });
  const cancelled = await shelf.watch();
  await take(read, 1);
  const reading = take(read, 1);

  stop.abort(reason);
  await cancelled.cancel();

  assert.equal(await reasonOf(reading), reason);
  assert.equal(await reasonOf(take(unread, 1)), reason);
  assert.deepEqual(await take(cancelled, 1), []);
  await flushed(connection);
  const { consumers } = await api(connection, "CONSUMER.NAMES.KV_stock");
  assert.deepEqual(consumers, []);
});
