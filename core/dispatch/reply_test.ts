import {
  bytes,
  channel,
  reply,
  type ReplyOptions,
  retry,
  subscriber,
  type,
} from "@ruststream/core";
import type { AsyncCodec } from "@ruststream/core/contract";
import { MessagingError } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { fieldsOf, Kit, type Order, textOf } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const receipts = channel<{ ok: boolean }>("receipts");
const backoff = { initialMs: 100, maxMs: 1_000, jitter: false };

test("a value is published to the reply channel and confirmed, then its source is acked", async () => {
  await using kit = new Kit();
  const confirmed = Promise.withResolvers<void>();
  kit.onPublish = () => confirmed.promise;
  await kit.start(
    subscriber(orders, { reply: receipts }, () => ({ ok: true })),
  );

  kit.push({ id: 1 });
  await kit.turns();
  const before = [...kit.settled];
  confirmed.resolve();
  await kit.turns();

  const [message] = kit.published;
  assert.equal(message?.address, "receipts");
  assert.equal(textOf(message), '{"ok":true}');
  assert.deepEqual([before, kit.settled], [[], ["1 ack"]]);
});

test("a reply goes to where the delivery wants it", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(orders, { reply: receipts }, async () => {
      await kit.clock.sleep(1);
      return { ok: true };
    }),
  );

  kit.push({ id: 1 }, { replyTo: "inbox.7" });
  await kit.clock.advance(1);

  assert.deepEqual(kit.published.map(({ address }) => address), ["inbox.7"]);
});

const tenants = channel("orders.{tenant}.{id}", { payload: type<Order>() });
const answers = channel("answers.{tenant}.{kind}", { payload: type<string>() });
const given: readonly (readonly [string, ReplyOptions, string])[] = [
  ["the reply's own", { params: { kind: "new" } }, "answers.acme.new"],
  [
    "the reply's before the source's",
    { params: { kind: "new", tenant: "other" } },
    "answers.other.new",
  ],
];
for (const [what, options, address] of given) {
  test(`a reply's address takes parameters of its source, and ${what}`, async () => {
    await using kit = new Kit();
    await kit.start(
      subscriber(tenants, { reply: answers }, () => reply("yes", options)),
    );

    kit.push({ id: 1 }, { address: "orders.acme.1" });
    await kit.turns();

    assert.deepEqual(kit.published.map((m) => m.address), [address]);
  });
}

test("a reply whose address lacks a parameter says which, and how to give it", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(tenants, { reply: answers }, () => reply("yes")),
  );

  kit.push({ id: 1 }, { address: "orders.acme.1" });
  await kit.turns();

  assert.deepEqual(kit.published, []);
  assert.deepEqual(kit.notices.map(({ error }) => String(error)), [
    'TypeError: Cannot reply to "answers.{tenant}.{kind}": the address of the delivery has no parameter "kind", and reply(value, { params }) gives none',
  ]);
});

test("a reply has its headers and key, without the reserved ones of a delivery", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(
      orders,
      { reply: receipts, messageIds: false },
      (_order, { headers }) => reply({ ok: true }, { headers, key: "k" }),
    ),
  );

  kit.push({ id: 1 }, {
    headers: { trace: "7", "ruststream-deadline": "9999999999999" },
  });
  await kit.turns();

  const [message] = kit.published;
  assert.deepEqual(fieldsOf(message), { trace: "7" });
  assert.equal(message?.key, "k");
});

test("a reply whose publish fails is published again with the backoff, and the handler is not run again", async () => {
  await using kit = new Kit();
  const tries: number[] = [];
  kit.onPublish = () => {
    tries.push(kit.clock.now());
    if (tries.length < 3) throw new MessagingError("connection", "no");
  };
  let ran = 0;
  await kit.start(
    subscriber(orders, { reply: receipts, retry: { backoff } }, () => {
      ran++;
      return { ok: true };
    }),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(10_000);

  assert.deepEqual(tries, [0, 100, 300]);
  assert.equal(ran, 1);
  assert.deepEqual(kit.settledAt, ["300: 1 ack"]);
  assert.deepEqual(kit.codes, ["reply-failed", "reply-failed"]);
});

test("a reply that fails as often as allowed is dead-lettered as reply-failed, with the body of its source", async () => {
  await using kit = new Kit();
  let letters = 0;
  kit.onPublish = ({ address }) => {
    if (address === "receipts" || ++letters < 3) {
      throw new MessagingError("connection", "no");
    }
  };
  await kit.start(
    subscriber(orders, {
      reply: receipts,
      deadLetter: bytes("dead"),
      retry: { maxAttempts: 3, backoff },
    }, () => ({ ok: true })),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(10_000);

  const addresses = kit.published.map(({ address }) => address);
  const letter = kit.published.at(-1);
  assert.deepEqual(addresses, [
    ...["receipts", "receipts", "receipts"],
    ...["dead", "dead", "dead"],
  ]);
  assert.equal(textOf(letter), '{"id":1}');
  assert.equal(
    fieldsOf(letter)["ruststream-dead-letter-reason"],
    "reply-failed",
  );
  assert.deepEqual(kit.settledAt, ["600: 1 ack"], "its own backoff, from new");
});

for (
  const [what, value] of [
    ["cannot be encoded", 10n],
    ["encodes to nothing", undefined],
  ] as const
) {
  test(`a reply that ${what} is dead-lettered at once`, async () => {
    await using kit = new Kit();
    await kit.start(
      subscriber(
        orders,
        { reply: channel<unknown>("receipts"), deadLetter: bytes("dead") },
        () => value,
      ),
    );

    kit.push({ id: 1 });
    await kit.turns();

    const [letter] = kit.published;
    assert.equal(
      fieldsOf(letter)["ruststream-dead-letter-reason"],
      "reply-failed",
    );
    assert.deepEqual(kit.settledAt, ["0: 1 ack"]);
  });
}

test("a reply that the broker will never take is dead-lettered at once", async () => {
  await using kit = new Kit();
  kit.onPublish = ({ address }) => {
    if (address !== "dead") throw new MessagingError("too-large", "no");
  };
  await kit.start(
    subscriber(
      orders,
      { reply: receipts, deadLetter: bytes("dead") },
      () => ({ ok: true }),
    ),
  );

  kit.push({ id: 1 });
  await kit.turns();

  const addresses = kit.published.map(({ address }) => address);
  assert.deepEqual(addresses, ["receipts", "dead"]);
});

test("a reply whose codec rejects is dead-lettered at once", async () => {
  await using kit = new Kit();
  const codec: AsyncCodec = {
    contentType: "application/json",
    waits: true,
    encode: () => Promise.reject(new Error("no")),
    decode: () => Promise.resolve({ id: 1 }),
  };
  await kit.start(
    subscriber(orders, { reply: receipts, codec }, () => ({ ok: true })),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.ok(kit.settled[0]?.startsWith("1 reject MessagingError"));
  assert.deepEqual(kit.codes, ["reply-failed"]);
});

test("reply() where no reply is declared is a throw", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(orders, { retry: { backoff } }, () => reply({ ok: true })),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 retry 100"]);
  assert.deepEqual(kit.published, []);
});

test("an outcome of a handler that replies is an outcome", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(orders, { reply: receipts }, () => retry({ afterMs: 7 })),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 retry 7"]);
  assert.deepEqual(kit.published, []);
});

test("a stop gives back a delivery whose reply cannot be published", async () => {
  await using kit = new Kit();
  kit.onPublish = () => Promise.reject(new MessagingError("connection", "no"));
  await kit.start(
    subscriber(orders, { reply: receipts }, () => ({ ok: true })),
  );
  kit.push({ id: 1 });
  await kit.clock.advance(50);

  const [report] = await kit.stop();

  assert.deepEqual(kit.settled, ["1 release"]);
  assert.deepEqual(report, { settled: 0, returned: 1, lost: 0 });
});
