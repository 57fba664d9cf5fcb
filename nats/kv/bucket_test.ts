import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { type } from "@ruststream/core";
import { bucket, watchBucket } from "@ruststream/nats";
import { stock } from "./_kit_test.ts";

test("bucket() refuses what the server would not take as a name", () => {
  for (const name of ["", "a.b", "a b", "a*", ">", "a/b", "ä", 7, undefined]) {
    assert.throws(() => bucket(name as string), TypeError, String(name));
  }
  assert.throws(
    () => bucket("copy", { payload: type(), mirror: { name: "a.b" } }),
    TypeError,
  );
  assert.throws(
    () => bucket("all", { payload: type(), sources: [{ name: "a b" }] }),
    TypeError,
  );
});

test("bucket() refuses options that nobody knows, and numbers out of range", () => {
  const payload = type<number>();
  const declare = (options: object) => () =>
    bucket("stock", { payload, ...options });

  assert.throws(declare({ ttl: 5 }), /there is no option "ttl"/);
  const wrong = {
    history: [0, 65, 1.5],
    ttlMs: [0, NaN],
    markerTtlMs: [999],
    maxValueBytes: [0],
    maxBytes: [-1],
    replicas: [0, 6],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(
        declare({ [name]: value }),
        { name: "RangeError", message: new RegExp(`"${name}"`) },
      );
    }
  }
});

test("a bucket is frozen, and its changes are a channel with the key as its parameter", () => {
  assert.ok(Object.isFrozen(stock));
  assert.equal(stock.changes.address, "$KV.stock.{key+}");
  assert.equal(watchBucket(stock).channel, stock.changes);
});

test("a mirror is read under the subjects of what it copies", () => {
  const copy = bucket("copy", { payload: type(), mirror: { name: "stock" } });

  assert.equal(copy.changes.address, "$KV.stock.{key+}");
});

test("watchBucket() refuses keys that are none, and places that are none", () => {
  assert.throws(() => watchBucket(stock, { keys: "a..b" }), TypeError);
  assert.throws(() => watchBucket(stock, { keys: [] }), TypeError);
  assert.throws(
    () => watchBucket(stock, { from: "end" as "new" }),
    TypeError,
  );
  assert.throws(() => watchBucket(stock, { from: { revision: 0 } }), TypeError);
  assert.throws(
    () => watchBucket(stock, { key: "a" } as object),
    /there is no option "key"/,
  );
});
