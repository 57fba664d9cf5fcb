import { test } from "@ruststream/conformance/runner";
import { type AsyncCodec, headers } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import process from "node:process";
import {
  constants,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from "node:zlib";
import { message, rejectionOf, throughLater } from "./_kit_test.ts";
import { bytesCodec } from "./bytes.ts";
import { compress } from "./compress.ts";
import { json } from "./json.ts";
import { msgpack } from "./msgpack.ts";

const words = Array.from({ length: 400 }, () => "again");
const plain = new TextEncoder().encode(JSON.stringify(words));

function encodingOf(fields: Awaited<ReturnType<AsyncCodec["encode"]>>) {
  return headers(fields.headers).get("content-encoding");
}

test("compress() writes what zlib reads, and reads what zlib writes", async () => {
  const gzip = compress(json());
  const deflate = compress(json(), { as: "deflate" });

  const [one, other] = [await gzip.encode(words), await deflate.encode(words)];

  assert.deepEqual([encodingOf(one), encodingOf(other)], ["gzip", "deflate"]);
  assert.deepEqual(new Uint8Array(gunzipSync(one.body)), plain);
  assert.deepEqual(new Uint8Array(inflateSync(other.body)), plain);
  for (const codec of [gzip, deflate]) {
    for (
      const [name, body] of [["gzip", gzipSync(plain)], [
        "Deflate",
        deflateSync(plain),
      ]] as const
    ) {
      const found = codec.decode(message(body, { "Content-Encoding": name }));
      assert.deepEqual(await found, words);
    }
  }
});

test("compress() leaves alone what is small, or would not shrink", async () => {
  const codec = compress(bytesCodec, { minBytes: 100 });
  const noise = Uint8Array.from({ length: 200 }, (_, i) => (i * i * 7919) >> 3);

  for (const body of [new Uint8Array(99), noise]) {
    const encoded = await codec.encode(body);
    assert.equal(encodingOf(encoded), undefined);
    assert.equal(encoded.body, body);
  }
  assert.equal(encodingOf(await codec.encode(new Uint8Array(100))), "gzip");
});

test("compress() keeps the headers and the content type of its codec", async () => {
  const codec = compress({
    contentType: "application/x",
    encode: () => ({ body: plain, headers: { "x-schema": "7" } }),
    decode: ({ body, headers }) => [body.length, [...headers]],
  });

  assert.equal(codec.contentType, "application/x");
  assert.deepEqual(await throughLater(codec, 1), [plain.length, [[
    "x-schema",
    "7",
  ]]]);
});

test("compress() waits around a codec that waits", async () => {
  const later: AsyncCodec = {
    ...msgpack(),
    waits: true,
    encode: (value) => Promise.resolve(msgpack().encode(value)),
  };

  assert.deepEqual(await throughLater(compress(later), words), words);
});

test("compress() refuses what it cannot open", async () => {
  const codec = compress(json());
  const gzip = gzipSync(plain);
  const bad: readonly (readonly [Uint8Array, string])[] = [
    [gzip, "br"],
    [gzip, "gzip, gzip"],
    [gzip, "deflate"],
    [gzip.subarray(0, gzip.length - 9), "gzip"],
    [new Uint8Array(), "gzip"],
    [plain, "gzip"],
  ];

  for (const [body, encoding] of bad) {
    const thrown = await rejectionOf(() =>
      codec.decode(message(body, { "content-encoding": encoding }))
    );
    assert.ok(thrown instanceof Error, encoding);
  }
  assert.deepEqual(
    await codec.decode(message(plain, { "content-encoding": "identity" })),
    words,
  );
});

test("compress() refuses a body that is cut off, goes on or is damaged", async () => {
  const codec = compress(json());
  for (
    const [encoding, made] of [["gzip", gzipSync(plain)], [
      "deflate",
      deflateSync(plain),
    ]] as const
  ) {
    const body = new Uint8Array(made);
    const last = body.at(-1) ?? 0;
    const bad = [
      ...Array.from(body, (_, length) => body.subarray(0, length)),
      Uint8Array.of(...body, 0),
      Uint8Array.of(...body, ...body),
      body.with(body.length - 1, last ^ 1),
    ];
    for (const one of bad) {
      const given = message(one, { "content-encoding": encoding });
      const thrown = await rejectionOf(() => codec.decode(given));
      assert.ok(thrown instanceof Error, `${encoding}, ${one.length} bytes`);
    }
  }
});

test("compress() refuses to compress twice", async () => {
  const twice = compress(compress(json()));

  assert.match(
    String(await rejectionOf(() => twice.encode(words))),
    /wrote "content-encoding" already/,
  );
});

test("compress() reads up to its limit and not a byte more", async () => {
  const body = gzipSync(new Uint8Array(5_000));
  const given = message(body, { "content-encoding": "gzip" });

  const just = await compress(bytesCodec, { maxBytes: 5_000 }).decode(given);
  const over = compress(bytesCodec, { maxBytes: 4_999 });

  assert.equal((just as Uint8Array).length, 5_000);
  await assert.rejects(
    async () => await over.decode(given),
    /more than 4999 bytes/,
  );
});

test("compress() stops a body that becomes a gigabyte, in little memory", async () => {
  const megabyte = deflateRawSync(new Uint8Array(2 ** 20), {
    finishFlush: constants.Z_FULL_FLUSH,
  });
  const body = new Uint8Array(2 + megabyte.length * 1_024);
  body.set([0x78, 0x9c]);
  for (let i = 0; i < 1_024; i++) body.set(megabyte, 2 + i * megabyte.length);
  const codec = compress(bytesCodec, { maxBytes: 2 ** 23 });
  const before = process.memoryUsage().rss;

  const thrown = await rejectionOf(() =>
    codec.decode(message(body, { "content-encoding": "deflate" }))
  );

  assert.match(String(thrown), /RangeError.*more than 8388608 bytes/);
  assert.ok(process.memoryUsage().rss - before < 100 * 2 ** 20);
});

test("compress() refuses options that it cannot keep", () => {
  assert.throws(() => compress(json(), { as: "br" } as object), TypeError);
  assert.throws(() => compress(json(), { max: 1 } as object), TypeError);
  assert.throws(() => compress(json(), { maxBytes: -1 }), RangeError);
  assert.throws(() => compress(json(), { minBytes: NaN }), RangeError);
});
