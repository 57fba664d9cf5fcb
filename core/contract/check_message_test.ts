import assert from "node:assert/strict";
import {
  checkAddress,
  checkBody,
  checkMessage,
  headers,
  type Message,
  type MessageHeaders,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

const lawful: Message = { address: "orders.7", body: new Uint8Array(8) };

for (const address of ["a", "orders.7", "a-b.c_d", "a/b", "Zoë.1", "a$b:c"]) {
  test(`checkAddress() takes ${address}`, () => {
    assert.doesNotThrow(() => checkAddress(address));
  });
}

for (
  const address of [
    "",
    ".",
    "a.",
    ".a",
    "a..b",
    "a b",
    "a.*",
    "a.>",
    "a\n",
    "a.{id}",
    "{rest+}",
    undefined,
    7,
  ]
) {
  test(`checkAddress() refuses ${JSON.stringify(address)}`, () => {
    assert.throws(() => checkAddress(address as string), TypeError);
    const message = { ...lawful, address: address as string };
    assert.throws(() => checkMessage(message), TypeError);
  });
}

test("checkMessage() takes any body without a limit, and the largest with one", () => {
  assert.doesNotThrow(() => checkMessage(lawful));
  assert.doesNotThrow(() => checkMessage(lawful, { maxBodyBytes: 8 }));
  assert.doesNotThrow(() => checkMessage({ ...lawful, key: "" }));
});

test("checkMessage() refuses one byte more, and says how many", () => {
  assert.throws(() => checkMessage(lawful, { maxBodyBytes: 7 }), {
    code: "too-large",
    message:
      'Cannot publish to "orders.7": its body has 8 bytes, at most 7 are taken',
  });
});

for (const body of [undefined, "text", [1], new ArrayBuffer(1)]) {
  test(`checkMessage() refuses the body ${String(body) || "empty"}`, () => {
    const message = { ...lawful, body: body as unknown as Uint8Array };
    assert.throws(() => checkMessage(message), TypeError);
    assert.throws(() => checkBody(message), TypeError);
  });
}

test("checkMessage() refuses a key that is no string", () => {
  const message = { ...lawful, key: 7 as unknown as string };
  assert.throws(() => checkMessage(message), TypeError);
});

test("checkMessage() checks headers that another library has made", () => {
  const foreign = (value: string): MessageHeaders => ({
    get: () => value,
    getAll: () => [value],
    has: () => true,
    *[Symbol.iterator]() {
      yield ["trace", value] as const;
    },
  });

  assert.doesNotThrow(() => checkMessage({ ...lawful, headers: foreign("1") }));
  const message = { ...lawful, headers: foreign("1\r\n2") };
  assert.throws(() => checkMessage(message), TypeError);
});

test("checkMessage() refuses headers where none travel, and takes none", () => {
  const limits = { headers: false };
  const some = { ...lawful, headers: headers({ trace: "1" }) };

  assert.throws(() => checkMessage(some, limits), { code: "unsupported" });
  assert.doesNotThrow(() => checkMessage(some));
  assert.doesNotThrow(() =>
    checkMessage({ ...lawful, headers: headers() }, limits)
  );
});

test("checkBody() does not look at the address", () => {
  assert.doesNotThrow(() => checkBody({ ...lawful, address: "a..b" }));
});
