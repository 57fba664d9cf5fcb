import { test } from "@ruststream/conformance/runner";
import {
  deliveredHeaders,
  headers,
  type HeadersInput,
  type Message,
  type MessageHeaders,
  parseAddress,
  type Publisher,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { reply } from "../outcome.ts";
import { out } from "./out.ts";
import { publisher } from "./publisher.ts";
import { writable } from "./writable.ts";

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

/** Headers that came with a delivery. */
function delivered(fields: HeadersInput): MessageHeaders {
  return deliveredHeaders(headers(fields));
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
  const came = delivered({ "x-trace": "7", "ruststream-deadline": "9" });

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

test("publisher() and reply() leave out the id of a delivery whose headers they are given, and keep one that is written by hand", async () => {
  const raw = new Kept();
  const by = publisher({ publisher: raw });
  const came = delivered({ "Message-Id": "a", "x-trace": "7" });

  await by.publish(orders, { id: 1 }, { headers: came });
  await by.publish(orders, { id: 2 }, { headers: came });
  await by.publish(orders, { id: 3 }, { headers: [...came] });
  const answer = reply({ id: 1 }, { headers: came });

  const [first, second, third] = raw.sent.map(({ headers }) =>
    headers?.getAll("message-id")
  );
  assert.equal(new Set([first, second, ["a"]].map(String)).size, 3);
  assert.deepEqual([first?.length, second?.length, third], [1, 1, ["a"]]);
  assert.deepEqual([...headers(answer.reply?.headers)], [["x-trace", "7"]]);
});

test("publisher() without ids of its own forwards none of a delivery", async () => {
  const raw = new Kept();

  await publisher({ publisher: raw }, { messageIds: false })
    .publish(orders, { id: 1 }, { headers: delivered({ "message-id": "a" }) });

  assert.deepEqual(raw.sent.map(({ headers }) => [...headers ?? []]), [[]]);
});

test("publisher(), out() and writable() refuse one id for all messages, and leave out that of a delivery", async () => {
  const raw = new Kept();
  const id = { "message-id": "a" };
  const refused = (deed: string) =>
    new TypeError(
      `Cannot ${deed} with header "message-id": all messages would have the same`,
    );

  assert.throws(
    () => publisher({ publisher: raw }, { headers: id }),
    refused("make a publisher"),
  );
  assert.throws(
    () => out(orders, { headers: id }),
    refused('publish to "orders"'),
  );
  assert.throws(
    () => writable({ publisher: raw }, orders, { headers: id }),
    refused('publish to "orders"'),
  );
  const by = publisher({ publisher: raw }, { headers: delivered(id) });
  for (const n of [1, 2]) await by.publish(orders, { id: n });

  const ids = raw.sent.map(({ headers }) => headers?.get("message-id"));
  assert.equal(new Set([...ids, "a"]).size, 3);
});

test("publisher() and reply() take headers() of what is written by hand for that", async () => {
  const raw = new Kept();
  const by = publisher({ publisher: raw });
  const mine = headers({ "message-id": "mine", "x-a": "1" });
  const reserved = headers({ "ruststream-deadline": "1" });

  await by.publish(orders, { id: 1 }, { headers: mine });
  const answer = reply({ id: 1 }, { headers: mine });

  assert.deepEqual([...raw.sent[0]?.headers ?? []].toSorted(), [...mine]);
  assert.deepEqual([...headers(answer.reply?.headers)], [...mine]);
  await assert.rejects(
    by.publish(orders, { id: 2 }, { headers: reserved }),
    TypeError,
  );
  assert.throws(() => reply({ id: 2 }, { headers: reserved }), TypeError);
  assert.equal(raw.sent.length, 1);
});

test("publisher() leaves out the id and what is reserved of what a connection delivered", async () => {
  await using connection = await new MemoryBroker().connect();
  const subscription = await connection.subscribe(parseAddress("orders"));
  const reader = subscription.deliveries.getReader();
  const written = { "message-id": "a", "ruststream-deadline": "9", x: "1" };
  await connection.publisher.publish({
    address: "orders",
    body: new Uint8Array(),
    headers: headers(written),
  });
  const { value } = await reader.read();
  const raw = new Kept();

  await publisher({ publisher: raw }, { messageIds: false })
    .publish(orders, { id: 1 }, { headers: value?.message.headers ?? {} });

  assert.deepEqual([...value?.message.headers ?? []], Object.entries(written));
  assert.deepEqual([...raw.sent[0]?.headers ?? []], [["x", "1"]]);
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
