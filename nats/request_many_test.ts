import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { type Message, systemClock } from "@ruststream/core/contract";
import { NatsServer } from "../_tools/nats_server.ts";
import {
  connect,
  message,
  reasonOf,
  subscribe,
  textOf,
  type Told,
} from "./_kit_test.ts";

/** Answers each message with these. */
async function answers(told: Told, bodies: readonly string[]): Promise<void> {
  const inbox = await subscribe(told, "ask");
  const { publisher } = told.connection;
  (async () => {
    for await (const { replyTo = "" } of inbox.deliveries) {
      for (const body of bodies) {
        await publisher.publish(message(replyTo, body));
      }
    }
  })().catch(() => {});
}

const texts = async (replies: ReadableStream<Message>): Promise<string[]> =>
  (await Array.fromAsync(replies)).map(textOf);

test("requestMany() ends after enough replies", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  await answers(told, ["1", "2", "3"]);

  const replies = told.connection.publisher.requestMany(message("ask"), {
    timeoutMs: 20_000,
    maxReplies: 2,
  });

  assert.deepEqual(await texts(replies), ["1", "2"]);
  await told.connection.shutdown();
});

test("requestMany() ends when no more come, and when its time is over", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  await answers(told, ["1", "2", "3"]);
  const { publisher } = told.connection;

  for (
    const options of [{ timeoutMs: 20_000, stallMs: 60 }, { timeoutMs: 80 }]
  ) {
    const replies = publisher.requestMany(message("ask"), options);
    assert.deepEqual(await texts(replies), ["1", "2", "3"]);
  }
  await told.connection.shutdown();
});

test("requestMany() errors with no-responder at once, and with timeout where none replies", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const { publisher } = told.connection;
  await subscribe(told, "silent");
  const began = systemClock.mono();

  const nobody = publisher.requestMany(message("nobody"), { timeoutMs: 9_000 });
  await assert.rejects(texts(nobody), { code: "no-responder" });
  const silent = publisher.requestMany(message("silent"), { timeoutMs: 60 });
  await assert.rejects(texts(silent), { code: "timeout" });

  assert.ok(systemClock.mono() - began < 5_000);
  await told.connection.shutdown();
});

test("requestMany() errors when the connection ends, and at an abort with the signal's reason", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const proxy = await server.proxy();
  const told = await connect({ servers: proxy.url });
  const { publisher } = told.connection;
  await subscribe(told, "silent");
  const stop = new AbortController();
  const options = { timeoutMs: 20_000 };
  const ask = (more: object = {}): Promise<unknown> =>
    reasonOf(texts(publisher.requestMany(message("silent"), {
      ...options,
      ...more,
    })));

  const aborted = ask({ signal: stop.signal });
  const reason = new TypeError("enough");
  stop.abort(reason);
  assert.equal(await aborted, reason);
  assert.equal(await ask({ signal: stop.signal }), reason);

  const cut = ask();
  await proxy.cut();
  assert.equal((await cut as { code: string }).code, "connection");
  await told.connection.shutdown();
  assert.equal((await ask() as { code: string }).code, "closed");
});

test("requestMany() never throws by itself, and can be cancelled", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const told = await connect({ servers: server.url });
  const { publisher } = told.connection;
  await subscribe(told, "silent");

  for (
    const options of [{ timeoutMs: 0 }, { timeoutMs: 9, stallMs: -1 }, {
      timeoutMs: 9,
      maxReplies: 0.5,
    }]
  ) {
    const replies = publisher.requestMany(message("silent"), options);
    await assert.rejects(texts(replies), RangeError);
  }
  const odd = publisher.requestMany(undefined as never, { timeoutMs: 9 });
  await assert.rejects(texts(odd), TypeError);
  await publisher.requestMany(message("silent"), { timeoutMs: 20_000 })
    .cancel();
  await told.connection.shutdown();
});
