import {
  bytes,
  channel,
  type Settings,
  subscriber,
  text,
  type,
} from "@ruststream/core";
import type { AsyncCodec, Codec, Schema } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { fieldsOf, Kit, type Order, type Pushed } from "./_kit_test.ts";

/** A schema that takes what the function says, maybe later. */
function schema<T>(
  takes: (value: unknown) => boolean | Promise<boolean>,
): Schema<T, T> {
  const result = (ok: boolean, value: unknown) =>
    ok ? { value: value as T } : { issues: [{ message: "bad", path: ["id"] }] };
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate(value) {
        const ok = takes(value);
        return typeof ok === "boolean"
          ? result(ok, value)
          : ok.then((is) => result(is, value));
      },
    },
  };
}

const isOrder = (value: unknown): boolean =>
  typeof (value as Order | null)?.id === "number";
const plain = channel<Order>("orders");
const checked = channel("orders", { payload: schema<Order>(isOrder) });
const checkedLater = channel("orders", {
  payload: schema<Order>((value) => Promise.resolve(isOrder(value))),
});
const withHeaders = channel("orders", {
  payload: type<Order>(),
  headers: schema<{ tenant: string }>((value) =>
    typeof (value as { tenant?: unknown }).tenant === "string"
  ),
});
const nothing: unknown = undefined;
const broken: Codec = {
  contentType: "application/broken",
  encode: () => ({ body: new Uint8Array() }),
  decode() {
    throw nothing;
  },
};
const brokenLater: AsyncCodec = {
  contentType: "application/broken",
  waits: true,
  encode: () => ({ body: new Uint8Array() }),
  decode: () => Promise.reject(new Error("broken")),
};

interface Bad {
  readonly what: string;
  readonly from?: typeof plain | typeof checked | typeof withHeaders;
  readonly settings?: Settings;
  readonly payload?: unknown;
  readonly pushed?: Pushed;
  readonly reason: string;
}

const bad: readonly Bad[] = [
  {
    what: "a body that is not JSON",
    pushed: { body: new Uint8Array([123]) },
    reason: "codec",
  },
  {
    what: "a body that is not UTF-8",
    pushed: { body: new Uint8Array([34, 255, 34]) },
    reason: "codec",
  },
  {
    what: "an empty body",
    pushed: { body: new Uint8Array() },
    reason: "codec",
  },
  {
    what: "a codec that throws undefined",
    settings: { codec: broken },
    reason: "codec",
  },
  {
    what: "a codec that rejects",
    settings: { codec: brokenLater },
    reason: "codec",
  },
  {
    what: "a payload that its schema refuses",
    from: checked,
    payload: { id: "x" },
    reason: "schema",
  },
  {
    what: "a payload that its schema refuses later",
    from: checkedLater,
    payload: null,
    reason: "schema",
  },
  {
    what: "headers that their schema refuses",
    from: withHeaders as unknown as typeof plain,
    payload: { id: 1 },
    pushed: { headers: { tenant: ["a", "b"] } },
    reason: "schema",
  },
  {
    what: "a body over maxBodyBytes",
    settings: { maxBodyBytes: 7 },
    payload: { id: 1 },
    reason: "too-large",
  },
  {
    what: "a message over maxAgeMs",
    settings: { maxAgeMs: 99 },
    payload: { id: 1 },
    pushed: { publishedAt: new Date(900) },
    reason: "too-old",
  },
];

for (const { what, from = plain, settings, payload, pushed, reason } of bad) {
  for (const declared of [true, false]) {
    const becomes = declared ? "is dead-lettered" : "is rejected and told";
    test(`${what} ${becomes} unrun by default`, async () => {
      await using kit = new Kit({}, { startMs: 1_000 });
      let ran = 0;
      const options = {
        ...settings,
        ...(declared ? { deadLetter: bytes("dead") } : {}),
      };
      await kit.start(
        subscriber(from as typeof plain, options, () => void ran++),
      );

      kit.push(payload, pushed);
      await kit.turns();

      const reasons = kit.published.map((message) =>
        fieldsOf(message)["ruststream-dead-letter-reason"]
      );
      const [settled] = kit.settled;
      assert.equal(ran, 0);
      assert.deepEqual(reasons, declared ? [reason] : []);
      assert.equal(settled?.split(" ")[1], declared ? "ack" : "reject");
      assert.deepEqual(kit.codes, declared ? [] : ["undecodable"]);
    });
  }
}

test("what is just within maxBodyBytes and maxAgeMs is handled", async () => {
  await using kit = new Kit({}, { startMs: 1_000 });
  await kit.start(
    subscriber(plain, { maxBodyBytes: 8, maxAgeMs: 100 }, () => {}),
  );

  kit.push({ id: 1 }, { publishedAt: new Date(900) });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 ack"]);
});

test("what is too large or too old is not decoded", async () => {
  await using kit = new Kit({}, { startMs: 1_000 });
  let decoded = 0;
  const codec: Codec = { ...broken, decode: () => decoded++ };
  await kit.start(
    subscriber(plain, { codec, maxBodyBytes: 8, maxAgeMs: 99 }, () => {}),
  );

  kit.push({ id: 12 });
  kit.push({ id: 1 }, { publishedAt: new Date(900) });
  await kit.turns();

  assert.equal(decoded, 0);
  assert.equal(kit.settled.length, 2);
});

test('undecodable "retry" tries again with the backoff, up to the cap', async () => {
  await using kit = new Kit({ redelivery: "none" });
  let decoded = 0;
  const codec: Codec = {
    ...broken,
    decode() {
      decoded++;
      throw new Error("no");
    },
  };
  await kit.start(
    subscriber(plain, {
      codec,
      undecodable: "retry",
      retry: {
        maxAttempts: 3,
        backoff: { initialMs: 100, maxMs: 100, jitter: false },
      },
    }, () => {}),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(1_000);

  assert.equal(decoded, 3);
  assert.deepEqual(kit.settledAt, [
    "200: 1 reject MessagingError: Cannot decode the body as application/broken: no",
  ]);
});

test('undecodable "retry" runs the handler when it decodes at last', async () => {
  await using kit = new Kit({ redelivery: "none" });
  const seen: unknown[] = [];
  let decoded = 0;
  const codec: AsyncCodec = {
    ...brokenLater,
    decode: () =>
      ++decoded < 3
        ? Promise.reject(new Error("no"))
        : Promise.resolve({ id: 7 }),
  };
  await kit.start(
    subscriber(
      plain,
      { codec, undecodable: "retry" },
      ({ id }, { attempt }) => void seen.push(id, attempt),
    ),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(10_000);

  assert.deepEqual(seen, [7, 3]);
  assert.deepEqual(kit.settled, ["1 ack"]);
});

test('undecodable "stop" stops the service, the delivery given back', async () => {
  await using kit = new Kit();
  await kit.start(subscriber(plain, { undecodable: "stop" }, () => {}));

  kit.push(undefined, { body: new Uint8Array() });
  await kit.turns();
  await kit.running?.stopped;

  assert.deepEqual(kit.settled, ["1 release"]);
  assert.match(kit.running?.failure?.message ?? "", /stops the service/);
});

test("a payload that looks like a refusal is a payload", async () => {
  await using kit = new Kit();
  const seen: unknown[] = [];
  await kit.start(subscriber(plain, (order) => void seen.push(order)));

  kit.push({ reason: "codec", error: "no" });
  await kit.turns();

  assert.deepEqual(seen, [{ reason: "codec", error: "no" }]);
});

test("a schema's output is what the handler sees, headers too", async () => {
  await using kit = new Kit();
  const seen: unknown[] = [];
  const upper: Schema<string, string> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: async (value) => {
        await kit.clock.sleep(1);
        return { value: String(value).toUpperCase() };
      },
    },
  };
  const shouts = channel("orders", {
    payload: upper,
    headers: {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => ({ value: JSON.stringify(value) }),
      },
    } as Schema<string, string>,
  });
  await kit.start(
    subscriber(shouts, (word, ctx) => void seen.push(word, ctx.headers)),
  );

  kit.push("hey", { headers: { "X-A": "1", "x-b": "2", "X-B": "3" } });
  await kit.clock.advance(1);

  assert.deepEqual(seen, ["HEY", '{"x-a":"1","x-b":["2","3"]}']);
});

test("a channel of text skips the codec of the settings", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  await kit.start(
    subscriber(
      text("orders"),
      { codec: broken },
      (word) => void seen.push(word),
    ),
  );

  kit.push(undefined, { body: new TextEncoder().encode("{") });
  await kit.turns();

  assert.deepEqual(seen, ["{"]);
});
