import { test } from "@ruststream/conformance/runner";
import {
  isMessagingError,
  type Message,
  parseAddress,
  type Publisher,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { RustStream } from "../app/ruststream.ts";
import { channel, type } from "../channel.ts";
import { publisher } from "./publisher.ts";
import type { Logger } from "../log.ts";
import { subscriber } from "../subscriber.ts";

const prices = channel("prices", { payload: z.object({ cents: z.number() }) });
const quotes = channel("quotes.{shop}", {
  payload: type<{ sku: string }>(),
  reply: prices,
});
const soon = { timeoutMs: 1_000, params: { shop: "north" } };

const nothing = (): void => {};
const logger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
const info = { title: "shop", version: "1.0.0", logger };

/** A service that answers quotes, and a connection that asks. */
async function quoting(
  answer: (sku: string) => { cents: number } | Promise<{ cents: number }>,
) {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const running = await new RustStream(info)
    .withBroker(
      broker,
      (b) => b.include(subscriber(quotes, ({ sku }) => answer(sku))),
      { retry: { maxAttempts: 1 } },
    )
    .start({ clock });
  const connection = await broker.connect({ clock });
  return {
    clock,
    running,
    connection,
    publisher: publisher(connection, { clock }),
    async [Symbol.asyncDispose]() {
      await running.stop();
      await connection.shutdown();
    },
  };
}

test("request() resolves with the payload of the reply", async () => {
  await using shop = await quoting((sku) => ({ cents: sku.length }));

  const price = await shop.publisher.request(quotes, { sku: "abc" }, soon);

  assert.deepEqual(price, { cents: 3 });
});

test("request() of a running application goes by publisherOf()", async () => {
  const broker = new MemoryBroker();
  const running = await new RustStream(info)
    .withBroker(
      broker,
      (b) =>
        b.include(subscriber(quotes, ({ sku }) => ({ cents: sku.length }))),
    ).start({ clock: new VirtualClock() });

  const price = await running.publisherOf(broker)
    .request(quotes, { sku: "ab" }, soon);
  await running.stop();

  assert.deepEqual(price, { cents: 2 });
  assert.throws(
    () => running.publisherOf(new MemoryBroker({ name: "other" })),
    new TypeError('Cannot publish by "shop": it has no broker "other"'),
  );
});

test("request() rejects with remote where whoever was asked failed, and never shows its stack", async () => {
  await using shop = await quoting(() => {
    throw new Error("no such thing");
  });

  const asked = shop.publisher.request(quotes, { sku: "x" }, soon);

  await assert.rejects(asked, (error) => {
    assert.ok(isMessagingError(error, "remote"));
    assert.equal(
      error.message,
      'Cannot request "quotes.north": whoever was asked failed with "exhausted", Error: no such thing',
    );
    assert.deepEqual(error.cause, {
      code: "exhausted",
      message: "Error: no such thing",
    });
    return true;
  });
});

test("request() rejects with bad-reply where the reply does not fit, and its cause says why", async () => {
  const clock = new VirtualClock();
  await using connection = await new MemoryBroker().connect({ clock });
  const asking = publisher(connection, { clock });
  const bodies = ['{"cents":"many"}', "{"];
  const questions = await connection.subscribe({
    template: "quotes.north",
    tokens: [{ kind: "literal", text: "quotes" }, {
      kind: "literal",
      text: "north",
    }],
  });
  const reader = questions.deliveries.getReader();

  for (const [n, code] of (["schema", "codec"] as const).entries()) {
    const asked = asking.request(quotes, { sku: "x" }, soon);
    const { value } = await reader.read();
    await connection.publisher.publish({
      address: value?.replyTo ?? "",
      body: new TextEncoder().encode(bodies[n]),
    });
    await assert.rejects(
      asked,
      (error) =>
        isMessagingError(error, "bad-reply") && !error.retryable &&
        error.message.startsWith('Cannot read the reply of "quotes.north": ') &&
        isMessagingError(error.cause, code),
    );
  }
});

test("request() and requestMany() reject with schema or codec where nothing was sent", async () => {
  const broker = new MemoryBroker();
  await using connection = await broker.connect();
  const by = publisher(connection);
  const picky = channel("picky", { payload: z.string(), reply: prices });
  const any = channel("any", { payload: type<unknown>(), reply: prices });
  const read = (stream: ReadableStream<unknown>) => stream.getReader().read();
  const heard = await connection.subscribe(parseAddress("{any+}"));

  for (
    const [code, asking, payload] of [
      ["schema", picky, 1 as never],
      ["codec", any, 1n],
    ] as const
  ) {
    for (
      const asked of [
        by.request(asking, payload, { timeoutMs: 1_000 }),
        read(by.requestMany(asking, payload, { timeoutMs: 1_000 })),
      ]
    ) await assert.rejects(asked, (error) => isMessagingError(error, code));
  }

  assert.deepEqual(await heard.backlog(), { waiting: 0, unsettled: 0 });
});

test("request() says until when its reply is wanted", async () => {
  const clock = new VirtualClock();
  const seen: (string | undefined)[] = [];
  const raw = {
    confirms: "sent" as const,
    publish: nothing,
    request: ({ headers }: Message) => {
      seen.push(headers?.get("ruststream-deadline"));
      const body = new TextEncoder().encode('{"cents":1}');
      return Promise.resolve({ address: "r", body });
    },
  };

  await publisher({ publisher: raw }, { clock })
    .request(quotes, { sku: "x" }, soon);

  assert.deepEqual(seen, [String(clock.now() + 1_000)]);
});

test("request() rejects with timeout, with the signal's reason, and with no-responder", async () => {
  const gate = Promise.withResolvers<{ cents: number }>();
  const shop = await quoting(() => gate.promise);
  const stop = new AbortController();
  const reason = new Error("enough");
  const late = shop.publisher.request(quotes, { sku: "x" }, soon);
  const aborted = shop.publisher.request(quotes, { sku: "x" }, {
    ...soon,
    signal: stop.signal,
  });
  const ended = Promise.all([
    assert.rejects(late, (error) => isMessagingError(error, "timeout")),
    assert.rejects(aborted, reason),
  ]);

  stop.abort(reason);
  await shop.clock.advance(1_000);
  await ended;
  gate.resolve({ cents: 1 });
  await shop.running.stop();

  const nobody = shop.publisher.request(quotes, { sku: "x" }, soon);
  await assert.rejects(
    nobody,
    (error) => isMessagingError(error, "no-responder"),
  );
  await shop.connection.shutdown();
});

test("request() refuses a channel without a reply, and a publisher that cannot ask", async () => {
  const raw: Publisher = { confirms: "sent", publish: () => {} };
  const any = publisher({ publisher: raw }) as unknown as Record<
    "request" | "begin",
    (...given: unknown[]) => Promise<unknown>
  >;
  await using connection = await new MemoryBroker().connect();
  const asking = publisher(connection) as unknown as typeof any;

  await assert.rejects(
    any.request(quotes, { sku: "x" }, soon),
    (error) =>
      isMessagingError(error, "unsupported") &&
      error.message ===
        'Cannot request "quotes.{shop}": this broker\'s publisher lacks "request"',
  );
  await assert.rejects(
    any.begin(),
    (error) => isMessagingError(error, "unsupported"),
  );
  await assert.rejects(
    asking.request(prices, { cents: 1 }, soon),
    new TypeError('Cannot request "prices": its channel declares no reply'),
  );
});

test("requestMany() gives the payloads of replies of all who are asked", async () => {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const apps = await Promise.all(
    [1, 2, 3].map((cents) =>
      new RustStream(info)
        .withBroker(
          broker,
          (b) => b.include(subscriber(quotes, () => ({ cents }))),
        )
        .start({ clock })
    ),
  );
  await using connection = await broker.connect({ clock });

  const all: number[] = [];
  const replies = publisher(connection, { clock })
    .requestMany(quotes, { sku: "x" }, { ...soon, maxReplies: 3 });
  for await (const { cents } of replies) all.push(cents);
  for (const app of apps) await app.stop();

  assert.deepEqual(all.sort(), [1, 2, 3]);
});

test("requestMany() errors with remote where one of those asked failed, and waits no longer", async () => {
  await using shop = await quoting(() => {
    throw new Error("no");
  });

  const reader = shop.publisher.requestMany(quotes, { sku: "x" }, soon)
    .getReader();

  await assert.rejects(
    reader.read(),
    (error) => isMessagingError(error, "remote"),
  );
  assert.equal(shop.clock.pending, 0);
});

test("requestMany() that is cancelled waits no longer", async () => {
  const gate = Promise.withResolvers<{ cents: number }>();
  await using shop = await quoting(() => gate.promise);

  const reader = shop.publisher.requestMany(quotes, { sku: "x" }, soon)
    .getReader();
  await reader.cancel();
  gate.resolve({ cents: 1 });

  assert.equal((await reader.read()).done, true);
  assert.equal(shop.clock.pending, 0);
});
