import { test } from "@ruststream/conformance/runner";
import {
  type Delivery,
  headers,
  type Message,
  systemClock,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { messageIdHeader, Namer, RandomIds } from "./message_id.ts";
import { publisher } from "./publisher.ts";
import { writable } from "./writable.ts";

const orders = channel<{ id: number }>("orders");
const encoder = new TextEncoder();
const body = encoder.encode("body");

/** A connection that keeps what is published, and the ids of that. */
function kept() {
  const sent: Message[] = [];
  const connection = {
    publisher: {
      confirms: "sent" as const,
      publish: (message: Message) => void sent.push(message),
      request: (message: Message) => {
        sent.push(message);
        return Promise.resolve({ address: "r", body: encoder.encode("1") });
      },
    },
  };
  const ids = () => sent.map(({ headers: h }) => h?.getAll(messageIdHeader));
  return { connection, sent, ids };
}

function delivery(id: string | undefined, fields = {}): Delivery {
  return {
    message: { address: "orders", body, headers: headers(fields) },
    ...(id === undefined ? {} : { id }),
    settle: () => {},
  };
}

test("publisher() gives each message an id of its own, in a header message-id", async () => {
  const { connection, ids } = kept();
  const typed = publisher(connection);

  for (const id of [1, 1, 2]) await typed.publish(orders, { id });
  await publisher(connection).publish(orders, { id: 1 });

  const all = ids().flatMap((of) => of ?? []);
  assert.equal(all.length, 4);
  assert.equal(new Set(all).size, 4);
  assert.match(all[0] ?? "", /^[!-~]{16,64}$/);
});

test("a request and a writable() give their messages ids", async () => {
  const { connection, ids } = kept();
  const asked = channel<number>("asked");

  await publisher(connection).request(
    { ...asked, reply: channel<number>("r") },
    1,
    { timeoutMs: 10 },
  );
  const writer = writable(connection, orders).getWriter();
  await writer.write({ id: 1 });
  await writer.close();

  assert.deepEqual(ids().map((of) => of?.length), [1, 1]);
});

test("publisher() leaves the id that somebody wrote, in whatever case", async () => {
  const { connection, sent } = kept();

  await publisher(connection).publish(orders, { id: 1 }, {
    headers: { "Message-Id": "mine" },
  });
  assert.deepEqual(sent.map((message) => [...message.headers ?? []]), [
    [["Message-Id", "mine"]],
  ]);
});

test("publisher() and writable() write no ids where they are told not to", async () => {
  const { connection, sent } = kept();

  await publisher(connection, { messageIds: false }).publish(orders, { id: 1 });
  const writer = writable(connection, orders, { messageIds: false })
    .getWriter();
  await writer.write({ id: 1 });
  await writer.close();

  assert.deepEqual(sent.map((message) => message.headers), [
    undefined,
    undefined,
  ]);
});

test("ids are of the clock's random numbers, so that a test can foresee them", async () => {
  const of = async (seed: number) => {
    const { connection, ids } = kept();
    const clock = new VirtualClock({ seed });
    await publisher(connection, { clock }).publish(orders, { id: 1 });
    return ids()[0]?.[0];
  };

  assert.equal(await of(1), await of(1));
  assert.notEqual(await of(1), await of(2));
});

test("Namer gives what is made of one delivery again the ids that it had", () => {
  const namer = () => new Namer(new RandomIds(systemClock), "shop", "take");
  const ids = (of: Delivery) => {
    const naming = namer().for([of]);
    return ["a", "a", "b"].map((text) =>
      naming.idOf("audit", encoder.encode(text), undefined)
    );
  };

  const first = ids(delivery("7"));

  assert.equal(new Set(first).size, 3);
  assert.deepEqual(ids(delivery("7")), first);
  // What a publisher named it counts, and then the broker's id does not.
  const named = ids(delivery("8", { "message-id": "m" }));
  assert.deepEqual(ids(delivery("9", { "message-id": "m" })), named);
});

const apart: readonly [
  string,
  (
    id: (
      n: Namer,
      d: Delivery[],
      p?: string,
      a?: string,
      b?: string,
    ) => unknown,
  ) => readonly [unknown, unknown],
][] = [
  ["deliveries", (id) => [
    id(new Namer(random, "a"), [delivery("1")]),
    id(new Namer(random, "a"), [delivery("2")]),
  ]],
  ["slots", (id) => [
    id(new Namer(random, "a", "b"), [delivery("1")]),
    id(new Namer(random, "ab", ""), [delivery("1")]),
  ]],
  ["parts", (id) => [
    id(new Namer(random, "a"), [delivery("1")], ".1"),
    id(new Namer(random, "a"), [delivery("1")], ".2"),
  ]],
  ["addresses", (id) => [
    id(new Namer(random, "a"), [delivery("1")], "", "x"),
    id(new Namer(random, "a"), [delivery("1")], "", "y"),
  ]],
  ["bodies", (id) => [
    id(new Namer(random, "a"), [delivery("1")], "", "x", "1"),
    id(new Namer(random, "a"), [delivery("1")], "", "x", "2"),
  ]],
  ["batches", (id) => [
    id(new Namer(random, "a"), [delivery("1"), delivery("2")]),
    id(new Namer(random, "a"), [delivery("1")]),
  ]],
  ["deliveries without an id", (id) => [
    id(new Namer(random, "a"), [delivery(undefined)]),
    id(new Namer(random, "a"), [delivery(undefined)]),
  ]],
  ["batches with one that has no id", (id) => [
    id(new Namer(random, "a"), [delivery("1"), delivery(undefined)]),
    id(new Namer(random, "a"), [delivery("1"), delivery(undefined)]),
  ]],
];
const random = new RandomIds(systemClock);

for (const [what, make] of apart) {
  test(`Namer tells apart what is made of other ${what}`, () => {
    const [one, other] = make((namer, of, place = "", to = "x", text = "1") =>
      namer.for(of, place).idOf(to, encoder.encode(text), undefined)
    );

    assert.equal(typeof one, "string");
    assert.notEqual(one, other);
  });
}

test("Namer makes ids of one length, however long those are that they are made of", () => {
  let source = delivery("1");
  const lengths = new Set<number>();
  for (let hop = 0; hop < 20; hop++) {
    const id = new Namer(random, "a").for([source])
      .idOf("orders", body, undefined) ?? "";
    lengths.add(id.length);
    source = delivery("1", { "message-id": id });
  }

  assert.deepEqual([...lengths], [16]);
});

test("a message that brings the headers of its source along gets an id of its own, and keeps one that somebody wrote", () => {
  const naming = new Namer(random, "a")
    .for([delivery("1", { "message-id": "m" })]);

  const ids = ["orders", "elsewhere", "elsewhere"].map((address) =>
    naming.idOf(address, body, "m")
  );

  for (const id of ids) assert.match(id ?? "", /^[!-~]{16}$/);
  assert.equal(new Set(ids).size, 3);
  assert.equal(naming.idOf("orders", body, "mine"), undefined);
});

const letter = (id: string) =>
  delivery(id, {
    "message-id": "m",
    "ruststream-dead-letter-reason": "error",
  });
const sentTo = (address: string): Delivery => {
  const { message, ...rest } = delivery("1", { "message-id": "m" });
  return { ...rest, message: { ...message, address } };
};
const publishedAt = (ms: number): Delivery => ({
  ...delivery("1"),
  publishedAt: new Date(ms),
});

for (
  const [what, one, other] of [
    ["dead letters of one message", letter("1"), letter("2")],
    ["addresses of one name", sentTo("orders.eu"), sentTo("orders.us")],
    ["counts of one broker", publishedAt(1), publishedAt(2)],
  ] as const
) {
  test(`Namer tells apart what is made of two ${what}`, () => {
    const [a, again, b] = [one, one, other].map((of) =>
      new Namer(random, "a").for([of]).idOf("audit", body, undefined)
    );

    assert.equal(again, a);
    assert.notEqual(b, a);
  });
}

test("Namer tells apart what differs in its key or its headers", () => {
  const ids = [
    [undefined, []],
    ["k", []],
    [undefined, [["kind", "a"]]],
    [undefined, [["kind", "b"]]],
  ] as const;

  const made = ids.map(([key, fields]) =>
    new Namer(random, "a").for([delivery("1")])
      .idOf("audit", body, undefined, key, fields)
  );

  assert.equal(new Set(made).size, 4);
});

test("Namer with a word of its own gives ids that no other has, and each the same again", () => {
  const ids = [1, 2].map(() => {
    const namer = new Namer(new RandomIds(systemClock), "a", undefined);
    const id = () => namer.for([delivery("1")]).idOf("audit", body, undefined);
    assert.equal(id(), id());
    return id();
  });

  assert.notEqual(ids[0], ids[1]);
});
