import type { RequestManyOptions } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, read, rejectsWith, tap, text, waits } from "./_kit_test.ts";

const soon = { timeoutMs: 1_000 };

/** Somebody who asks, and somebody who answers as often as is wanted. */
async function asked(kit: Kit, options: RequestManyOptions) {
  const [asking, answering] = [await kit.connect(), await kit.connect()];
  const questions = await tap(answering, "ask");
  const replies = asking.publisher.requestMany(text("ask"), options);
  const { replyTo = "" } = await questions.next();
  const answer = async (...bodies: readonly string[]) => {
    for (const body of bodies) {
      await answering.publisher.publish(text(replyTo, body));
    }
  };
  return { asking, replies, reader: replies.getReader(), answer };
}

async function rest(
  reader: ReadableStreamDefaultReader<Parameters<typeof read>[0]>,
): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bodies;
    bodies.push(read(value));
  }
}

test("requestMany() gives replies as they come, until its time is over", async () => {
  await using kit = new Kit();
  const { reader, answer } = await asked(kit, soon);

  await answer("1");
  const { value } = await reader.read();
  await answer("2", "3");
  await kit.clock.advance(1_000);

  assert.equal(value && read(value), "1");
  assert.deepEqual(await rest(reader), ["2", "3"]);
  assert.equal(kit.clock.pending, 0);
});

test("requestMany() ends after as many replies as are wanted", async () => {
  await using kit = new Kit();
  const { reader, answer } = await asked(kit, { ...soon, maxReplies: 2 });

  await answer("1", "2", "3");

  assert.deepEqual(await rest(reader), ["1", "2"]);
  assert.equal(kit.clock.pending, 0);
});

test("requestMany() ends when no further reply has come for stallMs", async () => {
  await using kit = new Kit();
  const { reader, answer } = await asked(kit, { ...soon, stallMs: 100 });

  await kit.clock.advance(500);
  await answer("1");
  await kit.clock.advance(99);
  await answer("2");
  await kit.clock.advance(99);
  await answer("3");
  await kit.clock.advance(100);
  await answer("late");

  assert.deepEqual(await rest(reader), ["1", "2", "3"]);
  assert.equal(kit.clock.pending, 0);
});

test("requestMany() ends in time, however long a stall may be", async () => {
  await using kit = new Kit();
  const { reader, answer } = await asked(kit, { ...soon, stallMs: 900 });

  await kit.clock.advance(500);
  await answer("1");
  const all = rest(reader);
  await kit.clock.advance(500);

  assert.deepEqual(await all, ["1"]);
});

test("requestMany() errors with timeout where nobody replied", async () => {
  await using kit = new Kit();
  const { reader } = await asked(kit, { ...soon, stallMs: 10 });
  const first = reader.read();
  const late = rejectsWith("timeout", first);

  await kit.clock.advance(999);
  assert.equal(await waits(first), true);
  await kit.clock.advance(1);

  await late;
});

test("requestMany() errors with no-responder where nobody is subscribed", async () => {
  await using kit = new Kit();
  const { publisher } = await kit.connect();

  const reader = publisher.requestMany(text("nobody"), soon).getReader();

  await rejectsWith("no-responder", reader.read());
});

test("requestMany() errors with the signal's reason, and with closed at shutdown", async () => {
  await using kit = new Kit();
  const stop = new AbortController();
  const reason = new Error("enough");
  const aborted = await asked(kit, { ...soon, signal: stop.signal });
  const cut = await asked(kit, soon);

  stop.abort(reason);
  await cut.asking.shutdown();

  await assert.rejects(aborted.reader.read(), reason);
  await rejectsWith("closed", cut.reader.read());
  assert.equal(kit.clock.pending, 0);
});

test("requestMany() that is cancelled waits for nothing", async () => {
  await using kit = new Kit();
  const { reader, answer } = await asked(kit, soon);

  await reader.cancel();
  await answer("late");

  assert.equal((await reader.read()).done, true);
  assert.equal(kit.clock.pending, 0);
});

for (
  const [name, found] of [
    ["timeoutMs", 0],
    ["maxReplies", 0],
    ["maxReplies", 1.5],
    ["stallMs", -1],
  ] as const
) {
  test(`requestMany() refuses ${name} ${found}, without a throw`, async () => {
    await using kit = new Kit();
    const { publisher } = await kit.connect();

    const reader = publisher.requestMany(text("ask"), {
      ...soon,
      [name]: found,
    }).getReader();

    await assert.rejects(
      reader.read(),
      (error) => error instanceof RangeError && error.message.includes(name),
    );
  });
}
