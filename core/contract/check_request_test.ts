import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { checkRequest, checkRequestMany, dueTime } from "./check_request.ts";

for (const timeoutMs of [0, -1, NaN, Infinity, undefined, "7"]) {
  test(`checkRequest() and checkRequestMany() refuse a timeoutMs of ${timeoutMs}`, () => {
    const options = { timeoutMs: timeoutMs as number };
    const refused = new RangeError(
      `Cannot request "a": expected timeoutMs to be a finite number above 0, found ${timeoutMs}`,
    );

    assert.throws(() => checkRequest("a", options), refused);
    assert.throws(() => checkRequestMany("a", options), refused);
  });
}

for (
  const [name, found, expected] of [
    ["stallMs", 0, "a finite number above 0"],
    ["stallMs", Infinity, "a finite number above 0"],
    ["maxReplies", 0, "a whole number of at least 1"],
    ["maxReplies", 1.5, "a whole number of at least 1"],
    ["maxReplies", Infinity, "a whole number of at least 1"],
  ] as const
) {
  test(`checkRequestMany() refuses a ${name} of ${found}`, () => {
    assert.throws(
      () => checkRequestMany("a", { timeoutMs: 1, [name]: found }),
      new RangeError(
        `Cannot request "a": expected ${name} to be ${expected}, found ${found}`,
      ),
    );
  });
}

test("checkRequestMany() takes what may be left out", () => {
  assert.doesNotThrow(() => checkRequestMany("a", { timeoutMs: 0.5 }));
});

test("dueTime() gives the time of a date, and refuses what is none", () => {
  assert.equal(dueTime("a", new Date(5)), 5);
  assert.throws(
    () => dueTime("a", 5 as unknown as Date),
    new TypeError(
      'Cannot schedule "a": expected the time to be a Date, found number',
    ),
  );
  assert.throws(
    () => dueTime("a", new Date(NaN)),
    new RangeError(
      'Cannot schedule "a": expected a valid Date, found Invalid Date',
    ),
  );
});
