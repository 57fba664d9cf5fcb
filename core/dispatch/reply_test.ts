import {
  bytes,
  channel,
  reject,
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

test("a reply has its headers and key, without the reserved ones of a delivery", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(
      orders,
      { reply: receipts },
      (_order, { message }) =>
        reply({ ok: true }, { headers: message.headers ?? {}, key: "k" }),
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

for (
  const [what, error, code] of [
    ["an error", new Error("no\nreally"), "exhausted"],
    [
      "an error of messaging",
      new MessagingError("denied", "no\nreally"),
      "denied",
    ],
  ] as const
) {
  test(`who asked is answered with ${what} when the delivery has failed, never with the stack`, async () => {
    await using kit = new Kit();
    await kit.start(
      subscriber(orders, { retry: { maxAttempts: 1 } }, () => {
        throw error;
      }),
    );

    kit.push({ id: 1 }, { replyTo: "inbox" });
    await kit.turns();

    const [answer] = kit.published;
    assert.equal(kit.published.length, 1);
    assert.equal(answer?.address, "inbox");
    assert.equal(answer?.body.byteLength, 0);
    assert.deepEqual(fieldsOf(answer), {
      "ruststream-error": code,
      "ruststream-error-message": `${error.name}: no really`,
    });
  });
}

test("who asked is answered once also where there is a dead letter", async () => {
  await using kit = new Kit();
  kit.onPublish = ({ address }) => {
    if (address === "dead") throw new MessagingError("connection", "no");
  };
  await kit.start(
    subscriber(
      orders,
      { deadLetter: bytes("dead"), retry: { backoff } },
      () => reject("no such order"),
    ),
  );

  kit.push({ id: 1 }, { replyTo: "inbox" });
  await kit.clock.advance(350);

  const addresses = kit.published.map(({ address }) => address);
  assert.deepEqual(addresses, ["inbox", "dead", "dead", "dead"]);
  assert.equal(
    fieldsOf(kit.published[0])["ruststream-error-message"],
    "no such order",
  );
});

test("an answer that cannot be published harms nothing", async () => {
  await using kit = new Kit();
  kit.onPublish = () => Promise.reject(new Error("no"));
  await kit.start(subscriber(orders, () => reject("no")));

  kit.push({ id: 1 }, { replyTo: "inbox" });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 reject no"]);
});

test("a retry is no answer", async () => {
  await using kit = new Kit();
  await kit.start(subscriber(orders, () => retry()));

  kit.push({ id: 1 }, { replyTo: "inbox" });
  await kit.turns();

  assert.deepEqual(kit.published, []);
});

for (
  const [what, deadline, ran, codes] of [
    ["past its deadline is acked unrun", "999", 0, ["expired"]],
    ["at its deadline is run", "1000", 1, []],
    ["with a deadline that is no number is run", "soon", 1, []],
  ] as const
) {
  test(`a request ${what}`, async () => {
    await using kit = new Kit({}, { startMs: 1_000 });
    let runs = 0;
    await kit.start(subscriber(orders, () => void runs++));

    kit.push({ id: 1 }, {
      replyTo: "inbox",
      headers: { "Ruststream-Deadline": deadline },
    });
    await kit.turns();

    assert.equal(runs, ran);
    assert.deepEqual(kit.settled, ["1 ack"]);
    assert.deepEqual(kit.codes, codes);
    assert.deepEqual(kit.published, []);
  });
}

for (
  const [what, redelivery, maxAttempts, runs] of [
    ["one attempt where nothing is redelivered", "none", undefined, 1],
    ["as many as are written", "none", 3, 3],
  ] as const
) {
  test(`a request has ${what}`, async () => {
    await using kit = new Kit({ redelivery });
    let ran = 0;
    await kit.start(
      subscriber(
        orders,
        { retry: { backoff, ...(maxAttempts ? { maxAttempts } : {}) } },
        () => {
          ran++;
          throw new Error("no");
        },
      ),
    );

    kit.push({ id: 1 }, { replyTo: "inbox" });
    await kit.clock.advance(10_000);

    assert.equal(ran, runs);
    assert.equal(kit.published.length, 1);
  });
}

test("the reply to a request is tried once too where nothing is redelivered", async () => {
  await using kit = new Kit({ redelivery: "none" });
  kit.onPublish = () => Promise.reject(new MessagingError("connection", "no"));
  await kit.start(
    subscriber(orders, { reply: receipts }, () => ({ ok: true })),
  );

  kit.push({ id: 1 }, { replyTo: "inbox" });
  await kit.clock.advance(10_000);

  const answer = kit.published.at(-1);
  assert.equal(kit.published.length, 2);
  assert.equal(fieldsOf(answer)["ruststream-error"], "connection");
  assert.deepEqual(kit.codes, ["reply-failed"]);
});
