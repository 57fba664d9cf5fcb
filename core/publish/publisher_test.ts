import { test } from "@ruststream/conformance/runner";
import {
  type AsyncCodec,
  type Codec,
  isMessagingError,
  type Message,
  type Publisher,
  type Schema,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { bytes, channel, text, type } from "../channel.ts";
import { jsonCodec } from "../codecs.ts";
import { publisher } from "./publisher.ts";

const orders = channel<{ id: number }>("orders");
const placed = channel("orders.{tenant}.{rest+}", {
  payload: type<{ id: number }>(),
});

/** A publisher that keeps what it is given. */
class Kept implements Publisher {
  readonly confirms = "stored";
  readonly sent: Message[] = [];
  readonly given: unknown[] = [];

  publish(message: Message, options?: unknown): string {
    this.sent.push(message);
    this.given.push(options);
    return `receipt ${this.sent.length}`;
  }

  /** The latest message. */
  get last(): Message {
    const last = this.sent.at(-1);
    assert.ok(last);
    return last;
  }

  get text(): string {
    return new TextDecoder().decode(this.last.body);
  }

  get fields(): readonly (readonly [string, string])[] {
    return [...this.last.headers ?? []].filter(([n]) => n !== "message-id");
  }
}

/** A codec that says who it is. */
function marked(name: string): Codec {
  return {
    ...jsonCodec,
    contentType: `application/${name}`,
    encode: (value) => ({
      body: new TextEncoder().encode(`${name} ${JSON.stringify(value)}`),
    }),
  };
}

const untyped = (raw: Publisher, options = {}) =>
  publisher({ publisher: raw }, options) as {
    publish(
      channel: unknown,
      payload: unknown,
      options?: object,
    ): Promise<unknown>;
  };

test("publisher() encodes a payload, fills its address, and gives the broker's receipt", async () => {
  const raw = new Kept();

  const receipt = await publisher({ publisher: raw }).publish(placed, {
    id: 1,
  }, {
    params: { tenant: "acme", rest: "eu.north" },
    headers: { "x-trace": "7", many: ["a", "b"] },
    key: "acme",
  });

  assert.equal(receipt, "receipt 1");
  assert.deepEqual(Object.keys(raw.last).sort(), [
    "address",
    "body",
    "headers",
    "key",
  ]);
  assert.equal(raw.last.address, "orders.acme.eu.north");
  assert.equal(raw.text, '{"id":1}');
  assert.equal(raw.last.key, "acme");
  assert.deepEqual(raw.fields, [["x-trace", "7"], ["many", "a"], [
    "many",
    "b",
  ]]);
});

test("publisher() adds nothing that was not asked for", async () => {
  const raw = new Kept();

  await untyped(raw, { messageIds: false }).publish(orders, { id: 1 });

  assert.deepEqual(Object.keys(raw.last), ["address", "body"]);
  assert.deepEqual(raw.given, [undefined]);
});

test("publisher() hands the signal on, and nothing else", async () => {
  const raw = new Kept();
  const { signal } = new AbortController();

  await publisher({ publisher: raw }).publish(orders, { id: 1 }, { signal });

  assert.deepEqual(raw.given, [{ signal }]);
});

test("publisher() rejects with the signal's reason where the broker waits", async () => {
  await using connection = await new MemoryBroker({ capacity: 1 }).connect();
  const subscription = await connection.subscribe({
    template: "orders",
    tokens: [{ kind: "literal", text: "orders" }],
  });
  const typed = publisher(connection);
  await typed.publish(orders, { id: 1 });
  const stop = new AbortController();
  const waiting = typed.publish(orders, { id: 2 }, { signal: stop.signal });
  const why = new Error("enough");

  stop.abort(why);

  await assert.rejects(waiting, (error) => error === why);
  assert.deepEqual(await subscription.backlog?.(), {
    waiting: 1,
    unsettled: 0,
  });
});

test("publisher() takes the nearest codec, then the channel's, then JSON", async () => {
  const own = channel("own", { payload: type<number>(), codec: marked("own") });
  const raw = new Kept();
  const sent: string[] = [];
  for (
    const [of, nearest] of [
      [own, marked("near")],
      [own, undefined],
      [orders, marked("near")],
      [orders, undefined],
    ] as const
  ) {
    await publisher({ publisher: raw }, nearest && { codec: nearest })
      .publish(of as typeof own, 1);
    sent.push(`${raw.text} ${raw.last.headers?.get("content-type")}`);
  }

  assert.deepEqual(sent, [
    "near 1 application/near",
    "own 1 application/own",
    "near 1 application/near",
    "1 undefined",
  ]);
});

test("publisher() leaves bytes and text as they are, whatever codec is near", async () => {
  const raw = new Kept();
  const by = publisher({ publisher: raw }, { codec: marked("near") });
  await by.publish(text("logs"), "hello");
  const lines = [raw.text, raw.fields];
  await by.publish(bytes("blobs"), new Uint8Array([7]));

  assert.deepEqual(lines, ["hello", [[
    "content-type",
    "text/plain; charset=utf-8",
  ]]]);
  assert.deepEqual([...raw.last.body], [7]);
  assert.deepEqual(raw.fields, [["content-type", "application/octet-stream"]]);
});

test("publisher() keeps a content type that was written by hand", async () => {
  const raw = new Kept();

  await publisher({ publisher: raw }).publish(text("logs"), "x", {
    headers: { "Content-Type": "text/csv" },
  });

  assert.deepEqual(raw.fields, [["Content-Type", "text/csv"]]);
});

test("publisher() waits for a codec that waits, and adds the headers of its format", async () => {
  const codec: AsyncCodec = {
    waits: true,
    contentType: "application/cloudevents",
    encode: async (value) => {
      await Promise.resolve();
      return { ...jsonCodec.encode(value), headers: { "ce-id": "1" } };
    },
    decode: jsonCodec.decode,
  };
  const raw = new Kept();

  await publisher({ publisher: raw }).publish(
    channel("events", { payload: type<number>(), codec }),
    1,
    { headers: { "x-trace": "7" } },
  );

  assert.deepEqual(raw.fields, [
    ["x-trace", "7"],
    ["ce-id", "1"],
    ["content-type", "application/cloudevents"],
  ]);
});

const schema = z.object({ id: z.number(), of: z.object({ no: z.string() }) });
const waiting: Schema<unknown, unknown> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => Promise.resolve(schema["~standard"].validate(value)),
  },
};
const throwing = (fail: () => never | Promise<never>): Schema => ({
  "~standard": { version: 1, vendor: "test", validate: fail },
});
const boom = new Error("boom");

for (
  const [how, payload] of [["at once", schema], ["later", waiting]] as const
) {
  test(`publisher() checks a payload by a schema that answers ${how}, and sends what it was given`, async () => {
    const raw = new Kept();
    const checked = channel("checked", { payload });
    const good = { id: 1, of: { no: "2" }, more: true };

    await untyped(raw).publish(checked, good);

    assert.deepEqual(JSON.parse(raw.text), good);
    await assert.rejects(
      untyped(raw).publish(checked, { id: "x", of: { no: 1 } }),
      (error) =>
        isMessagingError(error, "schema") && !error.retryable &&
        error.message.startsWith(
          'Cannot publish to "checked": the payload schema refuses, id: ',
        ) &&
        error.message.includes("; of.no: "),
    );
    assert.equal(raw.sent.length, 1);
  });
}

for (
  const [how, fail] of [
    ["throws", () => {
      throw boom;
    }],
    ["rejects", () => Promise.reject(boom)],
  ] as const
) {
  test(`publisher() rejects with schema where the schema itself ${how}`, async () => {
    const raw = new Kept();

    await assert.rejects(
      untyped(raw).publish(channel("x", { payload: throwing(fail) }), 1),
      (error) => isMessagingError(error, "schema") && error.cause === boom,
    );
    assert.deepEqual(raw.sent, []);
  });

  test(`publisher() rejects with codec where the codec ${how}`, async () => {
    const raw = new Kept();
    const codec = {
      ...jsonCodec,
      encode: fail,
      waits: true,
    } as unknown as AsyncCodec;

    await assert.rejects(
      untyped(raw).publish(channel("x", { payload: type(), codec }), 1),
      (error) =>
        isMessagingError(error, "codec") && !error.retryable &&
        error.cause === boom &&
        error.message ===
          'Cannot publish to "x": application/json cannot encode the payload',
    );
    assert.deepEqual(raw.sent, []);
  });
}

test("publisher() rejects with codec what JSON cannot say", async () => {
  await assert.rejects(
    untyped(new Kept()).publish(orders, undefined),
    (error) => isMessagingError(error, "codec"),
  );
});

test("publisher() rejects with too-large what the broker does not take", async () => {
  await using connection = await new MemoryBroker({ maxBodyBytes: 4 })
    .connect();

  await publisher(connection).publish(text("x"), "1234");

  await assert.rejects(
    publisher(connection).publish(text("x"), "12345"),
    (error) => isMessagingError(error, "too-large"),
  );
});

const badAddress: readonly [unknown, RegExp][] = [
  [undefined, /^TypeError: .*the parameter "tenant" has no value$/],
  [{ tenant: "a" }, /^TypeError: .*the parameter "rest" has no value$/],
  [
    { tenant: "a", rest: "b", nope: "c" },
    /^TypeError: .*it has no parameter "nope"$/,
  ],
  [{ tenant: "a.b", rest: "c" }, /^RangeError: .*"tenant" must be one token/],
  [{ tenant: "", rest: "c" }, /^RangeError: .*"tenant" must be one token/],
  [{ tenant: "a b", rest: "c" }, /^RangeError: .*"tenant" must be one token/],
  [{ tenant: "*", rest: "c" }, /^RangeError: .*"tenant" must be one token/],
  [{ tenant: 5, rest: "c" }, /^RangeError: .*"tenant" must be one token/],
  [{ tenant: "a", rest: "b..c" }, /^RangeError: .*"rest" must be tokens/],
];

for (const [params, why] of badAddress) {
  test(`publisher() refuses the parameters ${JSON.stringify(params)}`, async () => {
    const raw = new Kept();

    await assert.rejects(
      untyped(raw).publish(placed, { id: 1 }, { params } as object),
      why,
    );
    assert.deepEqual(raw.sent, []);
  });
}

test("publisher() rejects with what the broker rejects or throws", async () => {
  const refusing = (publish: () => unknown): Publisher => ({
    confirms: "sent",
    publish: publish as () => Promise<never>,
  });

  await assert.rejects(
    untyped(refusing(() => Promise.reject(boom))).publish(orders, { id: 1 }),
    (error) => error === boom,
  );
  await assert.rejects(
    untyped(refusing(() => {
      throw boom;
    })).publish(orders, { id: 1 }),
    (error) => error === boom,
  );
});

test("publisher() starts publishing at once where nothing must be waited for", () => {
  const raw = new Kept();
  const slow: Publisher = {
    confirms: "stored",
    publish: (message) => (raw.publish(message), new Promise(() => {})),
  };
  const typed = publisher({ publisher: slow });

  void typed.publish(orders, { id: 1 });
  void typed.publish(orders, { id: 2 });

  assert.deepEqual(
    raw.sent.map(({ body }) => new TextDecoder().decode(body)),
    ['{"id":1}', '{"id":2}'],
  );
});

for (
  const [how, fields] of [["at once", schema], ["later", waiting]] as const
) {
  test(`publisher() checks headers by a schema that answers ${how}, names in lower case`, async () => {
    const raw = new Kept();
    const traced = channel("traced", {
      payload: type<number>(),
      headers: fields,
    });
    const headers = { ID: "x" };

    await assert.rejects(
      untyped(raw).publish(traced, 1, { headers }),
      (error) =>
        isMessagingError(error, "schema") &&
        error.message.startsWith(
          'Cannot publish to "traced": the headers schema refuses, id: ',
        ),
    );
    assert.equal(raw.sent.length, 0);
  });
}

test("publisher() sends headers that their schema takes, as they were given", async () => {
  const raw = new Kept();
  const traced = channel("traced", {
    payload: type<number>(),
    headers: z.object({ "x-trace": z.string() }),
  });

  await untyped(raw).publish(traced, 1, { headers: { "X-Trace": "7" } });

  assert.deepEqual(raw.fields, [["X-Trace", "7"]]);
});
