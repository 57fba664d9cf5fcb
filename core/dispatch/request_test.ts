import {
  bytes,
  channel,
  reject,
  retry,
  subscriber,
  type,
} from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { fieldsOf, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const receipts = channel<{ ok: boolean }>("receipts");
const backoff = { initialMs: 100, maxMs: 1_000, jitter: false };

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

test("a dead letter that cannot be made rejects the delivery, and answers who asked once", async () => {
  await using kit = new Kit();
  const placed = channel("orders.{tenant}", { payload: type<Order>() });
  await kit.start(
    subscriber(
      placed,
      { deadLetter: bytes("dead.{tenant}") },
      () => reject("no such order"),
    ),
  );

  kit.push({ id: 1 }, { replyTo: "inbox", address: "elsewhere" });
  await kit.turns();

  assert.deepEqual(kit.published.map(({ address }) => address), ["inbox"]);
  assert.deepEqual(kit.codes, ["rejected"]);
  assert.equal(kit.settled.length, 1);
});
