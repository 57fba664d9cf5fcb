import { test } from "@ruststream/conformance/runner";
import { MessagingError } from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import assert from "node:assert/strict";
import {
  api,
  between,
  bytes,
  counts,
  passing,
  place,
  source,
} from "./_kit_test.ts";
import { objects, objectStore } from "./object_store.ts";

const small = { chunkBytes: 1_000 } as const;

function lost(code: "timeout" | "connection" | "denied"): MessagingError {
  return new MessagingError(code, "Cannot hear: the answer was lost");
}

for (const version of ["2.15.1", "2.9.10"]) {
  test(`put() is done though the last answer was lost: ${version}`, async () => {
    await using at = await place({}, version);
    await at.images.put("a", bytes(7_000, 2), small);
    let losses = 0;
    between(at.connection, async (subject, send) => {
      const answer = await send();
      if (!subject.includes(".M.") || losses > 0) return answer;
      losses++;
      throw lost("connection");
    });

    const info = await passing(
      at.clock,
      at.images.put("a", bytes(5_000), small),
    );

    assert.equal(losses, 1);
    assert.deepEqual(await counts(at.connection), { chunks: 5, meta: 1 });
    const found = await at.images.info("a");
    assert.equal(found?.revision, info.revision);
    assert.deepEqual(await (await at.images.read("a"))?.bytes(), bytes(5_000));
  });
}

for (const version of ["2.15.1", "2.9.10"]) {
  test(`delete() and update() are done though an answer was lost: ${version}`, async () => {
    await using at = await place({}, version);
    await at.images.put("a", bytes(5_000), small);
    await at.images.put("b", bytes(5_000), small);
    let said = 0;
    between(at.connection, async (subject, send) => {
      const answer = await send();
      // Each other answer.
      if (!subject.includes(".M.") || said++ % 2 === 1) return answer;
      throw lost("timeout");
    });

    const deleted = await passing(at.clock, at.images.delete("a"));
    await passing(at.clock, at.images.update("b", { name: "c" }));

    assert.equal(deleted, true);
    assert.equal(said, 6);
    assert.deepEqual(await counts(at.connection), { chunks: 5, meta: 3 });
    assert.equal(await at.images.info("b"), undefined);
    assert.deepEqual(await (await at.images.read("c"))?.bytes(), bytes(5_000));
  });
}

test("put() is not mistaken for another one where it was lost itself", async () => {
  await using at = await place();
  const others = await objects(await at.other(), objectStore("images"));
  let losses = 0;
  between(at.connection, async (subject, send) => {
    if (!subject.includes(".M.") || losses > 0) return await send();
    losses++;
    await others.put("a", bytes(7_000, 2), small);
    throw lost("connection");
  });

  const info = await passing(at.clock, at.images.put("a", bytes(5_000), small));

  assert.equal(losses, 1);
  assert.deepEqual(await counts(at.connection), { chunks: 5, meta: 1 });
  assert.equal((await others.info("a"))?.revision, info.revision);
  assert.deepEqual(await (await others.read("a"))?.bytes(), bytes(5_000));
});

test("put() that fails though it is there leaves it whole", async () => {
  await using at = await place();
  const reason = lost("denied");
  between(at.connection, async (subject, send) => {
    const answer = await send();
    if (subject.includes(".M.")) throw reason;
    return answer;
  });

  await assert.rejects(at.images.put("a", bytes(5_000), small), reason);

  assert.deepEqual(await counts(at.connection), { chunks: 5, meta: 1 });
  assert.deepEqual(await (await at.images.read("a"))?.bytes(), bytes(5_000));
});

test("put() puts right what overtook a chunk that was lost", async () => {
  await using at = await place();
  let sent = 0;
  between(at.connection, async (subject, send) => {
    if (!subject.includes(".C.") || ++sent !== 4) return await send();
    // It never left, which is known when those behind it are there.
    for (let turns = 0; turns < 4; turns++) await at.clock.turn();
    throw lost("timeout");
  });

  const info = await passing(
    at.clock,
    at.images.put("a", bytes(10_000), small),
  );

  assert.equal(sent > 11, true, `sent ${sent}`);
  assert.equal(info.chunks, 10);
  assert.deepEqual(await counts(at.connection), { chunks: 10, meta: 1 });
  assert.deepEqual(await (await at.images.read("a"))?.bytes(), bytes(10_000));
});

test("put() ends where it cannot be told what overtook what, and leaves nothing", async () => {
  await using at = await place();
  let sent = 0;
  between(at.connection, async (subject, send) => {
    if (!subject.includes(".C.")) return await send();
    const number = ++sent;
    // The fourth never left, the fifth is there, and nobody says so.
    if (number !== 4) {
      const answer = await send();
      if (number !== 5) return answer;
    }
    for (let turns = 0; turns < 4; turns++) await at.clock.turn();
    throw lost("timeout");
  });

  const putting = at.images.put("a", bytes(10_000), small);

  await assert.rejects(passing(at.clock, putting), {
    code: "connection",
    message: /its chunks came out of order, or twice/,
  });
  assert.deepEqual(await counts(at.connection), { chunks: 0, meta: 0 });
});

test("put() ends where the stream forgot what it had taken, and leaves nothing", async () => {
  await using at = await place();
  const { connection } = at;
  const { config } = await api(connection, "STREAM.INFO.OBJ_images");
  const nanos = 100_000_000;
  await api(connection, "STREAM.UPDATE.OBJ_images", {
    ...config as object,
    duplicate_window: nanos,
  });
  let sent = 0;
  between(connection, async (subject, send) => {
    const answer = await send();
    if (!subject.includes(".C.") || ++sent !== 10) return answer;
    throw lost("connection");
  });

  const putting = at.images.put("a", bytes(10_000), small);

  await assert.rejects(passing(at.clock, putting), {
    code: "connection",
    message: /its chunks came out of order, or twice/,
  });
  assert.deepEqual(await counts(at.connection), { chunks: 0, meta: 0 });
});

test("delete() of an object that is put meanwhile deletes that", async () => {
  await using at = await place();
  const other = await at.other();
  await at.images.put("a", bytes(5_000), small);
  const from = source(1, bytes(10));
  let raced = false;
  between(at.connection, async (subject, send) => {
    if (subject.includes(".M.") && !raced) {
      raced = true;
      const images = await objects(other, objectStore("images"));
      await images.put("a", from.stream);
    }
    return await send();
  });

  assert.equal(await at.images.delete("a"), true);

  assert.equal(raced, true);
  assert.deepEqual(await counts(at.connection), { chunks: 0, meta: 1 });
});

test("read() asks again where there are copies that do not know yet", async () => {
  await using at = await place();
  await at.images.put("a", bytes(5_000), small);
  const encoder = new TextEncoder();
  const told = (answer: object): Msg =>
    ({ data: encoder.encode(JSON.stringify(answer)) }) as unknown as Msg;
  let unknown = 0;
  const found = await at.images.read("a");
  between(at.connection, async (subject, send) => {
    if (subject.includes("STREAM.INFO")) {
      return told({ config: { allow_direct: true, num_replicas: 3 } });
    }
    if (subject.includes("DIRECT")) throw lost("timeout");
    if (!subject.includes("MSG.GET") || ++unknown > 3) return await send();
    return told({ error: { code: 404, err_code: 10_037 } });
  });

  assert.ok(found);
  const read = await passing(at.clock, found.bytes());

  assert.equal(unknown > 3, true);
  assert.deepEqual(read, bytes(5_000));
});
