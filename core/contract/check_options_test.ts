import { test } from "@ruststream/conformance/runner";
import { checkOptions, signalOnly } from "@ruststream/core/contract";
import assert from "node:assert/strict";

test("checkOptions() names what nobody knows, and not its value", () => {
  assert.throws(
    () => checkOptions("do it", { signal: 1, token: "s3cret" }, signalOnly),
    new TypeError('Cannot do it: there is no option "token"'),
  );
  assert.throws(
    () => checkOptions("do it", { toString: 1 }, signalOnly),
    new TypeError('Cannot do it: there is no option "toString"'),
  );
});

test("checkOptions() takes what is known, and what has no value", () => {
  checkOptions("do it", { signal: null, other: undefined }, signalOnly);
  checkOptions("do it", {}, []);

  assert.throws(() => checkOptions("do it", { other: null }, []), TypeError);
});
