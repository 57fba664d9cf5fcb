import { test } from "@ruststream/conformance/runner";
import {
  headers,
  type Message,
  type Publisher,
} from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { reply } from "../outcome.ts";
import { publisher } from "./publisher.ts";

const orders = channel<{ id: number }>("orders");

class Kept implements Publisher {
  readonly confirms = "stored";
  readonly sent: Message[] = [];

  publish(message: Message): void {
    this.sent.push(message);
  }

  get fields(): readonly (readonly [string, string])[] {
    return [...this.sent.at(-1)?.headers ?? []]
      .filter(([name]) => name !== "message-id");
  }
}

const badHeaders: readonly [string, Record<string, string>, RegExp][] = [
  ["a line feed", { "x-a": "1\n2" }, /header "x-a": expected a string/],
  ["a carriage return", { "x-a": "1\r" }, /header "x-a": expected a string/],
  ["a name with a space", { "x a": "1" }, /header name "x a"/],
  [
    "a reserved name",
    { "RustStream-Attempt": "1" },
    /with header "RustStream-Attempt": names that start with "ruststream-" are reserved$/,
  ],
];

for (const [what, fields, why] of badHeaders) {
  test(`publisher() and reply() refuse a header with ${what}`, async () => {
    const raw = new Kept();

    await assert.rejects(
      publisher({ publisher: raw }).publish(orders, { id: 1 }, {
        headers: fields,
      }),
      (error: Error) => error instanceof TypeError && why.test(error.message),
    );
    assert.throws(
      () => reply({ id: 1 }, { headers: fields }),
      (error: Error) => error instanceof TypeError && why.test(error.message),
    );
    assert.deepEqual(raw.sent, []);
  });
}

test("publisher() and reply() leave out what is reserved of the headers of a delivery", async () => {
  const raw = new Kept();
  const came = headers({ "x-trace": "7", "ruststream-deadline": "9" });

  await publisher({ publisher: raw }).publish(orders, { id: 1 }, {
    headers: came,
  });
  const answer = reply({ id: 1 }, { headers: came });

  assert.deepEqual(raw.fields, [["x-trace", "7"]]);
  assert.deepEqual([...answer.reply?.headers as typeof came], [[
    "x-trace",
    "7",
  ]]);
  assert.equal(came.has("ruststream-deadline"), true);
});

test("publisher() refuses reserved headers of what only looks like the headers of a delivery", async () => {
  const raw = new Kept();
  const fields = new URLSearchParams({ "ruststream-deadline": "1" });

  await assert.rejects(
    publisher({ publisher: raw }).publish(orders, { id: 1 }, {
      headers: fields,
    }),
    TypeError,
  );
  await publisher({ publisher: raw }).publish(orders, { id: 1 }, {
    headers: new URLSearchParams({ "x-a": "1" }),
  });

  assert.deepEqual(raw.fields, [["x-a", "1"]]);
});
