import { test } from "@ruststream/conformance/runner";
import type { AsyncCodec, Codec } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { message, throughLater } from "./_kit_test.ts";
import { cbor } from "./cbor.ts";
import { compress } from "./compress.ts";
import { json } from "./json.ts";
import { msgpack } from "./msgpack.ts";
import { registry } from "./registry.ts";
import { textCodec } from "./text.ts";

const order = { id: 7 };
const codec = registry([json(), cbor(), msgpack()]);

test("registry() reads by content type, whatever its case and parameters", () => {
  const given = [
    ["application/json", json()],
    ["Application/JSON; charset=utf-8", json()],
    [" application/cbor ", cbor()],
    ["application/vnd.msgpack;v=1", msgpack()],
  ] as const;

  for (const [type, { encode }] of given) {
    const { body } = encode(order);
    assert.deepEqual(
      codec.decode(message(body, { "Content-Type": type })),
      order,
    );
  }
});

test("registry() writes as its first codec does", () => {
  const { body } = registry([cbor(), json()]).encode(order);

  assert.deepEqual(body, cbor().encode(order).body);
  assert.equal(registry([cbor(), json()]).contentType, "application/cbor");
});

test("registry() refuses a content type that none of its codecs has", () => {
  const { body } = json().encode(order);

  for (
    const type of [
      "application/xml",
      "",
      "json",
      "application/json, text/plain",
    ]
  ) {
    assert.throws(
      () => codec.decode(message(body, { "content-type": type })),
      /Cannot choose a codec: none reads/,
    );
  }
});

test("registry() takes a message without a content type for JSON, or as it is told", () => {
  const text = registry([textCodec, cbor()]);
  const told = registry([textCodec], { untyped: cbor() });
  const { body } = json().encode(order);

  assert.deepEqual(codec.decode(message(body)), order);
  assert.throws(() => text.decode(message(body)), /has no content type/);
  assert.deepEqual(told.decode(message(cbor().encode(order).body)), order);
});

test("registry({ aliases }) reads other content types", () => {
  const other = registry([json()], {
    aliases: { "application/x-msgpack": msgpack() },
  });
  const { body } = msgpack().encode(order);
  const given = message(body, { "content-type": "application/X-MsgPack" });

  assert.deepEqual(other.decode(given), order);
});

test("registry() waits where one of its codecs does, and only there", async () => {
  const waiting: AsyncCodec = registry([json(), compress(cbor())]);
  const told: AsyncCodec = registry(
    [json()],
    { untyped: compress(json()) },
  );

  // @ts-expect-error what holds a codec that waits is none that does not
  const wrong: Codec = registry([json(), compress(cbor())]);

  assert.equal("waits" in wrong, true);
  assert.equal("waits" in codec, false);
  assert.equal(waiting.waits, true);
  assert.equal(told.waits, true);
  assert.deepEqual(await throughLater(waiting, order), order);
});

test("registry() refuses two codecs of one type, none, and unknown options", () => {
  assert.throws(
    () => registry([json(), json()]),
    /two codecs read "application\/json"/,
  );
  assert.throws(
    () => registry([json()], { aliases: { "Application/JSON": cbor() } }),
    /two codecs read/,
  );
  assert.throws(() => registry([] as unknown as [AsyncCodec]), /needs a codec/);
  assert.throws(
    () => registry([json()], { alias: {} } as object),
    /no option "alias"/,
  );
});
