import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { type } from "@ruststream/core";
import type { Schema } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { base64Keys, bucket, keyValue } from "@ruststream/nats";
import {
  blobs,
  codeOf,
  type Count,
  inShort,
  inside,
  openStock,
} from "./_kit_test.ts";

test("what is no key is refused before anything is sent", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);
  const value = { count: 1 };

  for (
    const key of [
      "",
      ".",
      ".a",
      "a.",
      "a..b",
      "a b",
      "a*",
      "*",
      ">",
      "a.>",
      "a\r\nb",
      "ä",
      "a{b}",
      "a\u0000",
      7 as unknown as string,
      undefined as unknown as string,
    ]
  ) {
    const isRefused = { name: "TypeError" };
    await assert.rejects(shelf.put(key, value), isRefused);
    await assert.rejects(shelf.create(key, value), isRefused);
    await assert.rejects(shelf.update(key, value, { revision: 1 }), isRefused);
    await assert.rejects(shelf.entry(key), isRefused);
    await assert.rejects(shelf.delete(key), isRefused);
    await assert.rejects(shelf.purge(key), isRefused);
  }
  const lawful = ["a", "A-b_c/d=e", "a.b.c", "-", "=.=", "0"];
  for (const key of lawful) await shelf.put(key, value);

  assert.equal((await shelf.status()).entries, lawful.length);
  assert.deepEqual(await Array.fromAsync(shelf.keys()), lawful);
});

test("no bytes are a value, and not a removal", async () => {
  await using connection = await inside();
  const shelf = await keyValue(connection, blobs);
  await shelf.put("empty", new Uint8Array());

  const entry = await shelf.entry("empty");

  assert.equal(entry?.operation, "put");
  assert.deepEqual(await shelf.value("empty"), new Uint8Array());
  assert.deepEqual(await Array.fromAsync(shelf.keys()), ["empty"]);
  await assert.rejects(shelf.create("empty", new Uint8Array()), {
    code: "conflict",
  });
});

test("a value may be as large as the bucket says, and not a byte larger", async () => {
  await using connection = await inside();
  const small = bucket("small", {
    payload: type<Uint8Array>(),
    codec: blobs.codec,
    maxValueBytes: 1_000,
  });
  const shelf = await keyValue(connection, small);
  const open = await keyValue(connection, blobs);
  const status = await shelf.status();

  // Headers count too: they hold the id of the message.
  await shelf.put("fits", new Uint8Array(900));
  const code = await codeOf(shelf.put("more", new Uint8Array(1_001)));
  const beyond = await codeOf(open.put("most", new Uint8Array(1_048_577)));
  await open.put("large", new Uint8Array(1_048_000));

  assert.equal(status.maxValueBytes, 1_000);
  assert.deepEqual([code, beyond], ["too-large", "too-large"]);
  assert.equal((await open.value("large"))?.length, 1_048_000);
  assert.equal(await shelf.value("more"), undefined);
});

test("values are checked by the schema, both ways, and what cannot be written is refused", async () => {
  await using connection = await inside();
  const payload: Schema<{ at: string }, { at: number }> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate(value) {
        const { at } = value as { readonly at: unknown };
        return typeof at === "string"
          ? { value: { at: at.length } }
          : { issues: [{ message: "expected a string", path: ["at"] }] };
      },
    },
  };
  const checked = await keyValue(connection, bucket("checked", { payload }));
  const loose = await keyValue(connection, bucket<unknown>("checked"));

  await checked.put("a", { at: "four" });
  const wrong = codeOf(checked.put("b", { at: 4 } as never));
  await loose.put("c", { at: 4 });

  assert.deepEqual(await checked.value("a"), { at: 4 });
  assert.equal(await wrong, "schema");
  assert.equal(await codeOf(checked.value("c")), "schema");
  assert.equal(await codeOf(loose.put("d", undefined)), "codec");
  assert.equal(await codeOf(loose.put("d", 1n)), "codec");
  assert.equal(await loose.entry("d"), undefined);
});

test("a value that cannot be read stops neither a history nor a watch", async () => {
  await using connection = await inside();
  const raw = await keyValue(
    connection,
    bucket("stock", {
      payload: type<Uint8Array>(),
      codec: blobs.codec,
      history: 5,
    }),
  );
  const shelf = await openStock(connection);
  await raw.put("a", new Uint8Array([0xff]));
  await shelf.put("a", { count: 2 });

  const told = await Array.fromAsync(shelf.history("a"));
  const bad = told.filter((one) => one.operation === "unreadable");

  assert.deepEqual(inShort(told), ["a unreadable", "a put 2"]);
  assert.deepEqual(bad.map(({ revision, error }) => [revision, error.code]), [
    [1, "codec"],
  ]);
  assert.equal(await codeOf(shelf.entry("a", { revision: 1 })), "codec");
});

test("keys are written as their codec says, token by token, and patterns hold", async () => {
  await using connection = await inside();
  const payload = type<number>();
  const mails = bucket("mails", { payload, keyCodec: base64Keys });
  const shelf = await keyValue(connection, mails);
  const raw = await keyValue(connection, bucket<number>("mails"));
  const keys = ["a b@c.zoë", "a b@c.*", "~~~.>>>", "plain"];
  for (const [i, key] of keys.entries()) await shelf.put(key, i);
  await raw.put("not-base64-_", 9);

  assert.equal((await shelf.entry("a b@c.zoë"))?.key, "a b@c.zoë");
  assert.deepEqual(await Array.fromAsync(shelf.keys("a b@c.*")), [
    "a b@c.zoë",
    "a b@c.*",
  ]);
  assert.deepEqual(await Array.fromAsync(shelf.keys()), [
    ...keys,
    "not-base64-_",
  ]);
  assert.deepEqual(await raw.value("cGxhaW4="), 3);
  await assert.rejects(shelf.put("a..b", 1), TypeError);
  await assert.rejects(shelf.put("", 1), TypeError);
});

test("a time to live of a key needs a bucket that was made for it", async () => {
  await using connection = await inside();
  const shelf = await openStock(connection);

  await assert.rejects(shelf.create("a", { count: 1 }, { ttlMs: 5_000 }), {
    code: "unsupported",
    message:
      'Cannot create "a" in bucket "stock" with "ttlMs": the bucket was made without "markerTtlMs"',
  });
});

test("values and what is known of a purge have a time to live of their own, and who watches is told", async () => {
  const clock = new VirtualClock();
  await using connection = await inside(clock);
  const payload = type<Count>();
  const shelf = await keyValue(
    connection,
    bucket("short", { payload, markerTtlMs: 60_000 }),
  );
  await shelf.create("a", { count: 1 }, { ttlMs: 10_000 });
  await shelf.put("b", { count: 2 });
  await shelf.purge("b", { ttlMs: 20_000 });
  const entries = async (): Promise<readonly string[]> =>
    inShort(await Array.fromAsync(shelf.history(">")));

  const seen = [await entries()];
  for (const ms of [9_000, 2_000, 10_000, 60_000]) {
    await clock.advance(ms);
    seen.push(await entries());
  }

  assert.deepEqual(seen, [
    ["a put 1", "b purge"],
    ["a put 1", "b purge"],
    ["b purge", "a purge"],
    ["a purge"],
    [],
  ]);
  assert.equal((await shelf.status()).markerTtlMs, 60_000);
});
