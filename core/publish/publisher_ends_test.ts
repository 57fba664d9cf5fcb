import { test } from "@ruststream/conformance/runner";
import {
  type AsyncCodec,
  deliveredHeaders,
  headers,
  type HeadersInput,
  isMessagingError,
  type Message,
  type RequestManyOptions,
  type Schema,
  systemClock,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { channel, type } from "../channel.ts";
import { jsonCodec } from "../codecs.ts";
import type { RawPublisher } from "./erased_publisher.ts";
import { out } from "./out.ts";
import { preparing } from "./prepare.ts";
import { publisher } from "./publisher.ts";

const orders = channel<number>("orders");
const bills = channel<number>("bills");
const asked = channel("asked", { payload: type<number>(), reply: bills });
const enough = new Error("enough");
const forever = new Promise<never>(() => {});
const soon = { timeoutMs: 1_000 };

/** A raw publisher that keeps what it sends, and has replies as a test says. */
function kept(
  replies: () => ReadableStream<Message> = () => new ReadableStream(),
) {
  const sent: Message[] = [];
  const raw = {
    confirms: "sent" as const,
    publish: (message: Message) => void sent.push(message),
    request: (message: Message) => {
      sent.push(message);
      const body = new TextEncoder().encode("1");
      return Promise.resolve({ address: "r", body });
    },
    requestMany: (message: Message, _options: RequestManyOptions) => {
      sent.push(message);
      return replies();
    },
    schedule: (message: Message, _at: Date) => {
      sent.push(message);
      return Promise.resolve();
    },
  } satisfies RawPublisher;
  return { sent, raw };
}

/** A codec that encodes when a test says so. */
function gated(gate: Promise<unknown>): AsyncCodec {
  return {
    contentType: "application/gated",
    waits: true,
    encode: async (value) => {
      await gate;
      return await jsonCodec.encode(value);
    },
    decode: (message) => Promise.resolve(jsonCodec.decode(message)),
  };
}

/** The headers of a message, but for the id that each has. */
function written(message: Message): readonly (readonly [string, string])[] {
  return [...message.headers ?? []].filter(([name]) => name !== "message-id");
}

test("publisher() copies the headers of all messages: they may be read once only, and changed later", async () => {
  const { sent, raw } = kept();
  const pairs = [["x-a", "1"] as const];
  const typed = publisher({ publisher: raw }, { headers: pairs.values() });
  const record: Record<string, string> = { "x-b": "1" };
  const other = publisher({ publisher: raw }, { headers: record });
  record["x-b"] = "2";

  await typed.publish(orders, 1);
  await typed.publish(bills, 1);
  await other.publish(orders, 1);

  assert.deepEqual(sent.map((message) => written(message)), [
    [["x-a", "1"]],
    [["x-a", "1"]],
    [["x-b", "1"]],
  ]);
});

const copied = deliveredHeaders(
  headers({ "RustStream-Error": "1", "x-a": "1" }),
);

test("publisher() refuses headers of all messages that are reserved or not lawful, and leaves out those of a delivery", async () => {
  const { sent, raw } = kept();
  const made = (fields: HeadersInput) =>
    publisher({ publisher: raw }, { headers: fields });
  await made(copied).publish(orders, 1);

  assert.deepEqual(sent.map((message) => written(message)), [
    [["x-a", "1"]],
  ]);
  assert.throws(() => made({ "RustStream-Deadline": "1" }), TypeError);
  assert.throws(() => made({ "x a": "1" }), TypeError);
  assert.throws(
    () => out(orders, { headers: [["ruststream-x", "1"]] }),
    TypeError,
  );
});

test("publishes, requests, schedules and transactions refuse headers that are reserved, and leave out those of a delivery", async () => {
  const { sent, raw } = kept();
  const transaction = {
    ...raw,
    commit: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const begin = () => Promise.resolve(transaction);
  const typed = publisher({ publisher: { ...raw, begin } });
  const inside = await typed.begin();
  const ways = [
    (fields: HeadersInput) => typed.publish(orders, 1, { headers: fields }),
    (fields: HeadersInput) => inside.publish(orders, 1, { headers: fields }),
    (fields: HeadersInput) =>
      typed.schedule(orders, 1, new Date(0), { headers: fields }),
    (fields: HeadersInput) =>
      typed.request(asked, 1, { ...soon, headers: fields }),
    (fields: HeadersInput) =>
      typed.requestMany(asked, 1, { ...soon, headers: fields })
        .getReader().read(),
  ];

  for (const way of ways.slice(0, 4)) await way(copied);
  for (const way of ways) {
    await assert.rejects(way({ "ruststream-error": "x" }), TypeError);
  }

  assert.deepEqual(
    sent.map(({ headers: fields }) => [
      fields?.get("x-a"),
      fields?.has("ruststream-error"),
    ]),
    Array.from({ length: 4 }, () => ["1", false]),
  );
});

test("a call's headers stand over those of all messages in any case and form, and a schema of headers leaves them as they are", async () => {
  const { sent, raw } = kept();
  const any: Schema<unknown, unknown> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => ({ value }),
    },
  };
  const checked = channel("checked", {
    payload: type<number>(),
    headers: any,
  });
  const typed = publisher({ publisher: raw }, {
    headers: Object.freeze({ "X-Of": "all", "x-only": "all" }),
  });
  const bare = publisher({ publisher: raw });
  const pairs = [["x-of", "call"], ["x-of", "again"]] as const;
  const forms: HeadersInput[] = [
    { "x-of": Object.freeze(["call", "again"]) },
    Object.freeze(pairs),
    pairs.values(),
    new Map([["x-of", "call"]]),
    headers(pairs),
  ];

  for (const form of forms) {
    await typed.publish(checked, 1, Object.freeze({ headers: form }));
  }
  await bare.publish(checked, 1, { headers: pairs.values() });

  const both = [["x-only", "all"], ["x-of", "call"], ["x-of", "again"]];
  assert.deepEqual(sent.map((message) => written(message)), [
    both,
    both,
    both,
    both.slice(0, 2),
    both,
    both.slice(1),
  ]);
});

test("publish(), request() and schedule() give up with their signal while a codec or a schema waits, and send nothing then", async () => {
  const { sent, raw } = kept();
  const gate = Promise.withResolvers<void>();
  const slow = channel("slow", {
    payload: {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: async (value: unknown) => {
          await gate.promise;
          return { value: value as number };
        },
      },
    },
    reply: bills,
  });
  const coded = publisher({ publisher: raw }, { codec: gated(gate.promise) });
  const typed = publisher({ publisher: raw });
  const stop = new AbortController();
  const { signal } = stop;
  const waiting = [
    coded.publish(orders, 1, { signal }),
    typed.publish(slow, 1, { signal }),
    typed.request(slow, 1, { ...soon, signal }),
    typed.schedule(slow, 1, new Date(0), { signal }),
    typed.requestMany(slow, 1, { ...soon, signal }).getReader().read(),
  ];
  const ended = Promise.all(
    waiting.map((one) => assert.rejects(one, (error) => error === enough)),
  );

  stop.abort(enough);
  await ended;
  gate.resolve();
  await systemClock.turn();

  assert.deepEqual(sent, []);
});

test("request() gives up with its signal while its reply is decoded", async () => {
  const { raw } = kept();
  const stop = new AbortController();
  const codec: AsyncCodec = {
    ...gated(Promise.resolve()),
    decode: () => {
      stop.abort(enough);
      return forever;
    },
  };

  await assert.rejects(
    publisher({ publisher: raw }, { codec })
      .request(asked, 1, { ...soon, signal: stop.signal }),
    (error) => error === enough,
  );
});

test("requestMany() that is cancelled while its payload is encoded sends nothing", async () => {
  const { sent, raw } = kept();
  const gate = Promise.withResolvers<void>();
  const reader = publisher({ publisher: raw }, { codec: gated(gate.promise) })
    .requestMany(asked, 1, soon).getReader();

  await reader.cancel();
  gate.resolve();
  await systemClock.turn();

  assert.deepEqual(sent, []);
  assert.equal((await reader.read()).done, true);
});

test("requestMany() errors its stream, and never throws, where nothing can be sent", async () => {
  const picky = channel("picky", {
    payload: {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: () => ({ issues: [{ message: "no" }] }),
      },
    },
    reply: bills,
  });
  const throwing = {
    ...kept().raw,
    requestMany: (): never => {
      throw enough;
    },
  };
  const { raw } = kept();
  const { requestMany: _requestMany, ...plain } = raw;
  const by = (one: RawPublisher) => publisher({ publisher: one as typeof raw });
  const read = (stream: ReadableStream<unknown>) => stream.getReader().read();

  await assert.rejects(
    read(by(raw).requestMany(picky, 1, soon)),
    (error) => isMessagingError(error, "schema"),
  );
  await assert.rejects(
    read(by(throwing).requestMany(asked, 1, soon)),
    (error) => error === enough,
  );
  await assert.rejects(
    read(by(plain as RawPublisher).requestMany(asked, 1, soon)),
    (error) => isMessagingError(error, "unsupported"),
  );
  await assert.rejects(
    read(by(raw).requestMany(orders as never, 1 as never, soon as never)),
    TypeError,
  );
});

test("requestMany() gives nothing of a reply that comes after its cancel", async () => {
  let source!: ReadableStreamDefaultController<Message>;
  const reasons: unknown[] = [];
  const { raw } = kept(() =>
    new ReadableStream({
      start: (controller) => {
        source = controller;
      },
      cancel: (reason) => void reasons.push(reason),
    })
  );
  const reader = publisher({ publisher: raw }).requestMany(asked, 1, soon)
    .getReader();
  const reading = reader.read();
  await systemClock.turn();

  await reader.cancel(enough);

  assert.throws(() =>
    source.enqueue({ address: "r", body: new Uint8Array(1) })
  );
  assert.equal((await reading).done, true);
  assert.deepEqual(reasons, [enough]);
});

test("requestMany() that ends by a reply which does not fit errors with that, though its broker cannot be cancelled", async () => {
  const { raw } = kept(() =>
    new ReadableStream({
      start: (controller) =>
        controller.enqueue({ address: "r", body: new Uint8Array(1) }),
      cancel: () => Promise.reject(new Error("no cancel")),
    })
  );
  const reader = publisher({ publisher: raw }).requestMany(asked, 1, soon)
    .getReader();

  await assert.rejects(
    reader.read(),
    (error) => isMessagingError(error, "bad-reply"),
  );
  // An unhandled rejection would end the test run.
  await systemClock.turn();
});

test("request() on a dead connection, and one that dies, rejects with closed and leaves no timer", async () => {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const connection = await broker.connect({ clock });
  await connection.subscribe({
    template: "asked",
    tokens: [{ kind: "literal", text: "asked" }],
  });
  const typed = publisher(connection, { clock });
  const open = typed.request(asked, 1, soon);
  const many = typed.requestMany(asked, 1, soon).getReader().read();
  const ended = Promise.all(
    [open, many].map((one) =>
      assert.rejects(one, (error) => isMessagingError(error, "closed"))
    ),
  );

  await connection.shutdown();

  await ended;
  await assert.rejects(
    typed.request(asked, 1, soon),
    (error) => isMessagingError(error, "closed"),
  );
  assert.equal(clock.pending, 0);
});

test("preparing() writes into nothing that it is given", () => {
  const payload = Object.freeze({ list: Object.freeze([1]) });
  const options = Object.freeze({
    headers: Object.freeze({ tag: Object.freeze(["a", "b"]) }),
    params: Object.freeze({}),
    key: "k",
  });

  const message = preparing(Object.freeze({ address: "orders" }), {
    headers: Object.freeze({ Tag: "c", other: "d" }),
  })(payload, options) as Message;

  assert.deepEqual(written(message), [["other", "d"], ["tag", "a"], [
    "tag",
    "b",
  ]]);
  assert.equal(message.key, "k");
});

test("out() that asks for requests needs a reply", () => {
  assert.throws(
    () => (out(orders) as unknown as { requests(): unknown }).requests(),
    new TypeError(
      'Cannot ask on "orders": its channel declares no reply, and none is given',
    ),
  );
});
