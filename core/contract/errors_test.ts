import assert from "node:assert/strict";
import {
  type ErrorCode,
  isMessagingError,
  MessagingError,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

// A record, so that a code that is added does not compile until it is here.
const retryable: Record<ErrorCode, boolean> = {
  "connection": true,
  "closed": false,
  "timeout": true,
  "refused": false,
  "denied": false,
  "too-large": false,
  "conflict": false,
  "no-responder": true,
  "remote": false,
  "bad-reply": false,
  "codec": false,
  "schema": false,
  "settled": false,
  "overloaded": true,
  "unsupported": false,
};

for (const [code, expected] of Object.entries(retryable)) {
  test(`MessagingError() with ${code} is ${expected ? "" : "not "}retryable by default`, () => {
    const error = new MessagingError(code as ErrorCode, "Cannot publish: no");

    assert.equal(error.code, code);
    assert.equal(error.retryable, expected);
  });
}

test("MessagingError() takes another word on whether it is retryable", () => {
  const unknown = new MessagingError("timeout", "Cannot commit: no answer", {
    retryable: false,
  });
  const busy = new MessagingError("refused", "Cannot publish: not now", {
    retryable: true,
  });

  assert.deepEqual([unknown.retryable, busy.retryable], [false, true]);
});

test("MessagingError() keeps its message, its cause and its name", () => {
  const cause = new Error("ECONNRESET");
  const error = new MessagingError("connection", "Cannot publish: reset", {
    cause,
  });

  assert.equal(error.message, "Cannot publish: reset");
  assert.equal(error.cause, cause);
  assert.equal(error.name, "MessagingError");
  assert.ok(error instanceof Error);
  assert.ok(`${error.stack}`.includes("errors_test"));
});

test("MessagingError() has no cause of its own where none was given", () => {
  const error = new MessagingError("closed", "Cannot publish: closed");

  assert.equal(Object.hasOwn(error, "cause"), false);
});

test("isMessagingError() knows one, and its code", () => {
  const error: unknown = new MessagingError("closed", "Cannot publish: closed");

  assert.equal(isMessagingError(error), true);
  assert.equal(isMessagingError(error, "closed"), true);
  assert.equal(isMessagingError(error, "settled"), false);
});

test("isMessagingError() knows one of another copy of the module", () => {
  const foreign = Object.assign(new Error("Cannot publish: closed"), {
    name: "MessagingError",
    code: "closed",
  });

  assert.equal(isMessagingError(foreign, "closed"), true);
});

test("isMessagingError() knows nothing else", () => {
  const others = [
    undefined,
    null,
    "closed",
    { name: "MessagingError", code: "closed" },
    Object.assign(new Error("no"), { code: "closed" }),
    Object.assign(new Error("no"), { name: "MessagingError" }),
  ];

  const known = others.filter((other) => isMessagingError(other));

  assert.deepEqual(known, []);
});
