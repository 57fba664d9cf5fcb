import type { Message } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, on, read, rejectsWith, tap, text, waits } from "./_kit_test.ts";

const soon = { timeoutMs: 1000 };

function reply(to: string | undefined, body = "reply"): Message {
  assert.ok(to !== undefined, "there is nowhere to reply to");
  return text(to, body);
}

test("request() resolves with the reply, from another connection", async () => {
  await using kit = new Kit();
  const [asking, answering] = [await kit.connect(), await kit.connect()];
  const questions = await tap(answering, "ask");
  const asked = asking.request(text("ask", "how much?"), soon);

  const { message, replyTo } = await questions.next();
  await answering.publisher.publish(reply(replyTo));

  assert.equal(read(message), "how much?");
  assert.equal(read(await asked), "reply");
  assert.equal(kit.clock.pending, 0);
});

test("request() of the publisher is the same", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const questions = await tap(connection, "ask");
  const asked = connection.publisher.request(text("ask"), soon);

  const { replyTo } = await questions.next();
  await connection.publisher.publish(reply(replyTo));

  assert.equal(read(await asked), "reply");
});

test("1,000 requests in flight do not cross", async () => {
  await using kit = new Kit();
  const connections = [await kit.connect(), await kit.connect()];
  const answering = await kit.connect();
  const questions = await tap(answering, "ask");
  const asked = Array.from({ length: 1000 }, async (_, n) => {
    const connection = connections[n % 2];
    return read(await connection?.request(text("ask", `${n}`), soon));
  });

  const deliveries = await questions.take(1000);
  for (const { message, replyTo } of deliveries.reverse()) {
    await answering.publisher.publish(reply(replyTo, read(message)));
  }

  assert.deepEqual(
    await Promise.all(asked),
    Array.from({ length: 1000 }, (_, n) => `${n}`),
  );
  assert.equal(kit.clock.pending, 0);
});

test("1,000 requests in flight have one timer", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  await on(connection, "ask");
  const asked = Array.from(
    { length: 1000 },
    () => rejectsWith("timeout", connection.request(text("ask"), soon)),
  );

  const { pending } = kit.clock;
  await kit.clock.advance(1000);

  assert.equal(pending, 1);
  await Promise.all(asked);
});

test("request() rejects with no-responder at once where nobody reads", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const workers = await on(connection, "ask", { group: "workers" });
  await workers[Symbol.asyncDispose]();

  await rejectsWith("no-responder", connection.request(text("ask"), soon));

  const later = await on(connection, "ask", { group: "workers" });
  assert.equal((await later.backlog()).waiting, 0);
  assert.equal(kit.clock.pending, 0);
});

test("request() rejects with timeout when no reply comes in time", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  await on(connection, "ask");
  const asked = connection.request(text("ask"), soon);
  const rejected = rejectsWith("timeout", asked);

  await kit.clock.advance(999);
  const early = await waits(asked);
  await kit.clock.advance(1);

  assert.ok(early);
  await rejected;
});

test("request() rejects with its signal's reason", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  await on(connection, "ask");
  const stop = new AbortController();
  const reason = new Error("enough");
  const asked = connection.request(text("ask"), {
    ...soon,
    signal: stop.signal,
  });

  stop.abort(reason);

  await assert.rejects(asked, reason);
  assert.equal(kit.clock.pending, 0);
  await assert.rejects(
    connection.request(text("ask"), { ...soon, signal: stop.signal }),
    reason,
  );
});

test("request() rejects with closed at shutdown", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  await on(connection, "ask");
  const rejected = rejectsWith(
    "closed",
    connection.request(text("ask"), { timeoutMs: 1e9 }),
  );

  await connection.shutdown();

  await rejected;
});

test("a late reply answers nobody, and its publish resolves", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const questions = await tap(connection, "ask");
  const all = await on(connection, "{all+}");
  const first = rejectsWith("timeout", connection.request(text("ask"), soon));
  const { replyTo } = await questions.next();
  await kit.clock.advance(1000);
  await first;
  const second = connection.request(text("ask"), soon);
  const { replyTo: other } = await questions.next();

  await connection.publisher.publish(reply(replyTo, "late"));
  await connection.publisher.publish(reply(other, "in time"));
  await connection.publisher.publish(reply(other, "a second one"));

  assert.equal(read(await second), "in time");
  assert.equal((await all.backlog()).waiting, 2, "replies go to no pattern");
});

test("a publish to a reply address that nobody waits at reaches nobody", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const all = await on(connection, "{all+}");

  await connection.publisher.publish(text("_reply.7.unknown"));

  assert.equal((await all.backlog()).waiting, 0);
});

test("a request that waits for room fails as its publish does", async () => {
  await using kit = new Kit({ capacity: 1, publishTimeoutMs: 500 });
  const connection = await kit.connect();
  await on(connection, "ask");
  await connection.publisher.publish(text("ask"));
  const rejected = rejectsWith(
    "overloaded",
    connection.request(text("ask"), soon),
  );

  await kit.clock.advance(500);

  await rejected;
  assert.equal(kit.clock.pending, 0);
});

test("a request that ends while it waits for room is not sent", async () => {
  await using kit = new Kit({ capacity: 1 });
  const connection = await kit.connect();
  const questions = await tap(connection, "ask");
  await connection.publisher.publish(text("ask", "first"));
  const rejected = rejectsWith(
    "timeout",
    connection.request(text("ask", "second"), soon),
  );

  await kit.clock.advance(1000);
  await rejected;
  await questions.next();

  assert.equal((await questions.subscription.backlog()).waiting, 0);
});

test("request() rejects a time that is none, and never throws", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  await on(connection, "ask");

  for (const timeoutMs of [0, -1, NaN, Infinity]) {
    const asked = connection.request(text("ask"), { timeoutMs });
    await assert.rejects(asked, RangeError);
  }
  await assert.rejects(connection.request(text("a b"), soon), TypeError);
});
