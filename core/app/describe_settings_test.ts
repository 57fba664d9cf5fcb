import { test } from "@ruststream/conformance/runner";
import type { Guarantees } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { bytes, channel, text } from "../channel.ts";
import { jsonCodec } from "../codecs.ts";
import type { Settings } from "../settings.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import { FakeBroker, info } from "./_kit_test.ts";
import type { SettingDescription, SettingName } from "./describe_settings.ts";
import { RustStream } from "./ruststream.ts";

type Described = Readonly<Record<SettingName, SettingDescription>>;

const orders = channel<{ id: number }>("orders");
const dead = bytes("dead");

function settingsOf(app: RustStream): Described {
  const { subscribers: [described] } = app.describe();
  return described?.settings ?? assert.fail("no subscriber is there");
}

function app(): RustStream {
  return new RustStream(info);
}

function settings(
  written: Settings,
  guarantees: Partial<Guarantees> = {},
): Described {
  return settingsOf(
    app().withBroker(
      new FakeBroker({ guarantees }),
      (b) => b.include(subscriber(orders, written, () => {})),
    ),
  );
}

/** Each with its value and who does it, in one line. */
function lines(described: Described): Record<string, string> {
  return Object.fromEntries(
    Object.entries(described).map(([name, { value, by, isDefault }]) => [
      name,
      `${JSON.stringify(value)} ${by}${isDefault ? " default" : ""}`,
    ]),
  );
}

test("RustStream.describe() has each setting where nothing was written", () => {
  assert.deepEqual(lines(settings({})), {
    group: "undefined undefined default",
    fanOut: "false runtime default",
    concurrency: "1 runtime default",
    orderBy: "undefined undefined default",
    "retry.maxAttempts": "null undefined default",
    "retry.order": '"yield" native default',
    "retry.backoff":
      '{"initialMs":100,"maxMs":30000,"factor":2,"jitter":true} native default',
    "retry.retryable": "undefined undefined default",
    deadLetter: "undefined undefined default",
    "deadLetter.unconfirmed": "false undefined default",
    undecodable: '"reject" runtime default',
    onExhausted: '"reject" runtime default',
    onUnmatched: '"reject" undefined default',
    timeoutMs: "undefined undefined default",
    abandonMs: "10000 undefined default",
    maxHeld: "1000 runtime default",
    maxHoldMs: "1800000 undefined default",
    maxBodyBytes: "null undefined default",
    maxAgeMs: "null undefined default",
    messageIds: "true runtime default",
    codec: '"application/json" runtime default',
    max: "undefined undefined default",
    waitMs: "undefined undefined default",
  });
});

test("RustStream.describe() has each setting as it was written", () => {
  const all = settings({
    group: "workers",
    fanOut: true,
    concurrency: 4,
    orderBy: () => "",
    retry: {
      maxAttempts: 3,
      order: "yield",
      backoff: { initialMs: 1, maxMs: 2 },
      retryable: () => true,
    },
    deadLetter: { channel: dead, unconfirmed: true },
    undecodable: "stop",
    onExhausted: "stop",
    onUnmatched: "ack",
    timeoutMs: 5,
    abandonMs: 6,
    maxHeld: 7,
    maxHoldMs: 8,
    maxBodyBytes: 9,
    maxAgeMs: 10,
    messageIds: false,
    codec: { ...jsonCodec, contentType: "application/x" },
  }, { settleDeadlineMs: 1_000 });

  assert.deepEqual(lines(all), {
    group: '"workers" native',
    fanOut: "true undefined",
    concurrency: "4 runtime",
    orderBy: "true runtime",
    "retry.maxAttempts": "3 native",
    "retry.order": '"yield" native',
    "retry.backoff":
      '{"initialMs":1,"maxMs":2,"factor":2,"jitter":true} native',
    "retry.retryable": "true runtime",
    deadLetter: '"dead" runtime',
    "deadLetter.unconfirmed": "true runtime",
    undecodable: '"stop" runtime',
    onExhausted: '"stop" runtime',
    onUnmatched: '"ack" undefined',
    timeoutMs: "5 runtime",
    abandonMs: "6 runtime",
    maxHeld: "7 runtime",
    maxHoldMs: "8 runtime",
    maxBodyBytes: "9 runtime",
    maxAgeMs: "10 runtime",
    messageIds: "false undefined",
    codec: '"application/x" runtime',
    max: "undefined undefined default",
    waitMs: "undefined undefined default",
  });
});

test("RustStream.describe() says which settings the broker refuses, or cannot do by itself", () => {
  const described = settings({
    group: "workers",
    retry: { maxAttempts: 3 },
  }, {
    groups: false,
    countsAttempts: false,
    delayedRetry: false,
  });
  const none = settings({}, { redelivery: "none" });

  assert.equal(described.group.by, "refused");
  assert.equal(described["retry.maxAttempts"].by, "runtime, lost on crash");
  assert.equal(described["retry.backoff"].by, "runtime");
  assert.equal(none["retry.backoff"].by, "runtime, lost on crash");
});

test("RustStream.describe() takes what follows from another setting for a default", () => {
  const { undecodable, "retry.order": order, deadLetter } = settings({
    deadLetter: dead,
    orderBy: () => "",
    retry: { maxAttempts: 2 },
  });

  assert.deepEqual([undecodable.value, undecodable.isDefault], [
    "dead-letter",
    true,
  ]);
  assert.deepEqual([order.value, order.isDefault], ["keep", true]);
  assert.equal(deadLetter.isDefault, false);
});

test("RustStream.describe() has what only some subscribers have", () => {
  const when = (): boolean => true;
  const broker = new FakeBroker();
  const batch = settingsOf(
    app().withBroker(
      broker,
      (b) => b.include(batchSubscriber(orders, { max: 5 }, () => {})),
    ),
  );
  const choosing = settingsOf(
    app().withBroker(
      broker,
      (b) => b.include(subscriber(orders, { when }, () => {})),
    ),
  );
  const words = settingsOf(
    app().withBroker(
      broker,
      (b) => b.include(subscriber(text("words"), () => {})),
    ),
  );

  assert.deepEqual(batch.max, { value: 5, by: "runtime", isDefault: false });
  assert.deepEqual(batch.waitMs, { value: 0, by: "runtime", isDefault: true });
  assert.equal(choosing.onUnmatched.by, "runtime");
  assert.equal(words.codec.value, "text/plain; charset=utf-8");
  assert.equal(words.codec.isDefault, true);
});
