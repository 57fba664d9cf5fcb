import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { channel } from "./channel.ts";
import { jsonCodec } from "./codecs.ts";
import { Definition } from "./definition.ts";
import { batchSubscriber, subscriber, subscribers } from "./subscriber.ts";

const orders = channel<{ id: number }>("orders");
const nothing = (): void => {};

const untyped = subscriber as unknown as (
  from: unknown,
  options?: unknown,
  handle?: unknown,
) => unknown;
const untypedBatch = batchSubscriber as unknown as typeof untyped;

test("subscriber() keeps what it was given, frozen, and writes into nothing", () => {
  const options = { concurrency: 2 };
  const handle = subscriber(orders, options, nothing) as Definition;

  assert.equal(handle.name, "orders");
  assert.deepEqual(handle.options, options);
  assert.equal(
    Object.isFrozen(handle) && Object.isFrozen(handle.options),
    true,
  );
  assert.equal(Object.isFrozen(options), false);
});

test("subscribers() gives the same functions", () => {
  const mine = subscribers<{ db: string }>();

  assert.equal(mine.subscriber(orders, nothing).name, "orders");
  assert.equal(
    mine.batchSubscriber(orders, { name: "all", max: 2 }, nothing).name,
    "all",
  );
});

test("subscriber() takes undefined where an option is not meant", () => {
  const options = { group: undefined, timeoutMs: undefined, when: undefined };

  assert.ok(untyped(orders, options, nothing) instanceof Definition);
  assert.ok(untyped(orders, undefined, nothing) instanceof Definition);
});

const range = RangeError;
const kind = TypeError;
const wrong: readonly [object, new (m: string) => Error, string][] = [
  [
    { concurency: 2 },
    kind,
    'there is no option "concurency"; the nearest is "concurrency"',
  ],
  [{ max: 2 }, kind, 'there is no option "max"; the nearest is "maxHeld"'],
  [{ __proto__: null, toString: 1 }, kind, 'there is no option "toString"'],
  [
    { concurrency: 0 },
    range,
    '"concurrency" must be a whole number of at least 1, found 0',
  ],
  [
    { concurrency: 1.5 },
    range,
    '"concurrency" must be a whole number of at least 1, found 1.5',
  ],
  [
    { concurrency: NaN },
    range,
    '"concurrency" must be a whole number of at least 1, found NaN',
  ],
  [
    { concurrency: "4" },
    kind,
    '"concurrency" must be a whole number of at least 1, found "4"',
  ],
  [{ group: "" }, kind, '"group" must be a string that is not empty, found ""'],
  [{ fanOut: 1 }, kind, '"fanOut" must be a boolean, found 1'],
  [{ orderBy: "id" }, kind, '"orderBy" must be a function, found "id"'],
  [{ retry: 3 }, kind, '"retry" must be an object, found 3'],
  [{ retry: null }, kind, '"retry" must be an object, found null'],
  [
    { retry: { attempts: 3 } },
    kind,
    'there is no option "retry.attempts"; the nearest is "retry.maxAttempts"',
  ],
  [
    { retry: { maxAttempts: 0 } },
    range,
    '"retry.maxAttempts" must be a whole number of at least 1, found 0',
  ],
  [
    { retry: { order: "kept" } },
    kind,
    '"retry.order" must be one of "keep", "yield", found "kept"',
  ],
  [
    { retry: { retryable: true } },
    kind,
    '"retry.retryable" must be a function, found true',
  ],
  [
    { retry: { backoff: { initial: 3 } } },
    kind,
    'there is no option "retry.backoff.initial"; the nearest is "retry.backoff.initialMs"',
  ],
  [
    { retry: { backoff: { initialMs: -1, maxMs: 1 } } },
    range,
    '"retry.backoff.initialMs" must be a finite number of at least 0, found -1',
  ],
  [
    { retry: { backoff: { initialMs: 1, maxMs: Infinity } } },
    range,
    '"retry.backoff.maxMs" must be a finite number of at least 0, found Infinity',
  ],
  [
    { retry: { backoff: { initialMs: 1, maxMs: 1, factor: 0.5 } } },
    range,
    '"retry.backoff.factor" must be a finite number of at least 1, found 0.5',
  ],
  [
    { deadLetter: "dead" },
    kind,
    '"deadLetter" must be a channel or { channel }, found "dead"',
  ],
  [
    { deadLetter: { chanel: orders } },
    kind,
    '"deadLetter" must be a channel or { channel }, found an object',
  ],
  [
    { deadLetter: { channel: "dead" } },
    kind,
    '"deadLetter.channel" must be a channel, found "dead"',
  ],
  [
    { deadLetter: { channel: orders, unconfirmd: true } },
    kind,
    'there is no option "deadLetter.unconfirmd"; the nearest is "deadLetter.unconfirmed"',
  ],
  [
    { undecodable: "drop" },
    kind,
    '"undecodable" must be one of "dead-letter", "reject", "retry", "stop", found "drop"',
  ],
  [
    { onExhausted: "retry" },
    kind,
    '"onExhausted" must be one of "dead-letter", "reject", "stop", found "retry"',
  ],
  [
    { onUnmatched: "stop" },
    kind,
    '"onUnmatched" must be one of "dead-letter", "reject", "ack", found "stop"',
  ],
  [
    { timeoutMs: 0 },
    range,
    '"timeoutMs" must be a finite number of at least 1, found 0',
  ],
  [
    { abandonMs: -1 },
    range,
    '"abandonMs" must be a finite number of at least 0, found -1',
  ],
  [
    { maxHeld: 0 },
    range,
    '"maxHeld" must be a whole number of at least 1, found 0',
  ],
  [
    { maxHoldMs: -1 },
    range,
    '"maxHoldMs" must be a number of at least 0, found -1',
  ],
  [
    { maxBodyBytes: 0.5 },
    range,
    '"maxBodyBytes" must be a whole number of at least 0, found 0.5',
  ],
  [
    { maxAgeMs: NaN },
    range,
    '"maxAgeMs" must be a number of at least 0, found NaN',
  ],
  [{ codec: "json" }, kind, '"codec" must be a codec, found "json"'],
  [
    { codec: { ...jsonCodec, decode: 1 } },
    kind,
    '"codec" must be a codec, found an object',
  ],
  [{ reply: "receipts" }, kind, '"reply" must be a channel, found "receipts"'],
  [
    { out: { audit: orders } },
    kind,
    '"out.audit" must be an out(channel), found an object',
  ],
  [{ out: 5 }, kind, '"out" must be an object, found 5'],
  [{ deps: { db: 5 } }, kind, '"deps.db" must be a function, found 5'],
  [{ deps: "db" }, kind, '"deps" must be an object, found "db"'],
  [
    { middleware: nothing },
    kind,
    '"middleware" must be a list, found a function',
  ],
  [
    { middleware: [5] },
    kind,
    '"middleware" must be a list of functions, found 5',
  ],
  [{ when: "id" }, kind, '"when" must be a function, found "id"'],
];

for (const [options, type, why] of wrong) {
  test(`subscriber() says that ${why}`, () => {
    assert.throws(
      () => untyped(orders, options, nothing),
      new type(`Cannot set subscriber "orders": ${why}`),
    );
  });
}

const wrongBatch: readonly [object, string, (new (m: string) => Error)?][] = [
  [{}, '"max" must be a whole number of at least 1, found undefined', kind],
  [{ max: 0 }, '"max" must be a whole number of at least 1, found 0'],
  [{ max: 1.5 }, '"max" must be a whole number of at least 1, found 1.5'],
  [{ max: "9" }, '"max" must be a whole number of at least 1, found "9"', kind],
  [
    { max: 1, waitMs: -1 },
    '"waitMs" must be a finite number of at least 0, found -1',
  ],
  [
    { max: 1, waitMs: "5" },
    '"waitMs" must be a finite number of at least 0, found "5"',
    kind,
  ],
  [
    { max: 1, waitMs: Infinity },
    '"waitMs" must be a finite number of at least 0, found Infinity',
  ],
];

for (const [options, why, type = range] of wrongBatch) {
  test(`batchSubscriber() says that ${why}`, () => {
    assert.throws(
      () => untypedBatch(orders, options, nothing),
      new type(`Cannot set subscriber "orders": ${why}`),
    );
  });
}

test("batchSubscriber() refuses an option that it does not know", () => {
  assert.throws(
    () => untypedBatch(orders, { max: 1, wait: 5 }, nothing),
    new TypeError(
      'Cannot set subscriber "orders": there is no option "wait"; the nearest is "waitMs"',
    ),
  );
});

test("subscriber() refuses a name that is none, and names the address then", () => {
  for (const name of ["", null, 5]) {
    assert.throws(
      () => untyped(orders, { name }, nothing),
      new TypeError(
        `Cannot make a subscriber of "orders": its name must be a string that is not empty, found ${
          JSON.stringify(name)
        }`,
      ),
    );
  }
});

test("subscriber() refuses a handler that is no function", () => {
  for (
    const [args, found] of [
      [[orders], "undefined"],
      [[orders, { concurrency: 2 }], "an object"],
      [[orders, {}, "handle"], '"handle"'],
    ] as const
  ) {
    assert.throws(
      () => untyped(...args as unknown as [unknown]),
      new TypeError(
        `Cannot make subscriber "orders": expected a handler function, found ${found}`,
      ),
    );
  }
});

test("subscriber() refuses what is neither a channel nor a source of one", () => {
  for (
    const [from, found] of [
      [undefined, "undefined"],
      [null, "null"],
      ["orders", '"orders"'],
      [{}, "an object"],
      [{ open: nothing, channel: 5 }, "5"],
    ] as const
  ) {
    assert.throws(
      () => untyped(from, nothing),
      new TypeError(
        `Cannot make a subscriber: expected a channel or a source of one, found ${found}`,
      ),
    );
  }
});

test("subscriber() refuses options that are no object", () => {
  for (const options of [5, "x", [nothing]]) {
    assert.throws(
      () => untyped(orders, options, nothing),
      /^TypeError: Cannot set subscriber "orders": expected an object of options, found /,
    );
  }
});
