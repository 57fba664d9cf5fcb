import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { consumerWire } from "./_consumer_fields.ts";
import { checkVersion, differences, inWords, write } from "./_fields.ts";
import { type Origin, originOf } from "./_origin.ts";
import { streamFields } from "./_stream_fields.ts";

test("a stream's settings are written in the server's words and nanoseconds", () => {
  const wire = write(streamFields)({
    name: "ORDERS",
    ensure: "update",
    subjects: ["orders.>"],
    maxAgeMs: 1_500,
    allowMessageTtl: true,
    subjectTransform: { from: "a", to: "b" },
    sources: [{ name: "OTHER", domain: "hub", startSequence: 7 }],
  });

  assert.deepEqual(wire, {
    name: "ORDERS",
    subjects: ["orders.>"],
    max_age: 1_500_000_000,
    allow_msg_ttl: true,
    subject_transform: { src: "a", dest: "b" },
    sources: [{
      name: "OTHER",
      opt_start_seq: 7,
      external: { api: "$JS.hub.API" },
    }],
  });
});

test("a consumer's settings have its subjects and its beginning", () => {
  const wire = consumerWire(
    { ackWaitMs: 9, backoff: [200, 400], samplePercent: 30 },
    ["orders.*"],
    { sequence: 4 },
  );

  assert.deepEqual(wire, {
    ack_policy: "explicit",
    deliver_policy: "by_start_sequence",
    opt_start_seq: 4,
    filter_subject: "orders.*",
    ack_wait: 200_000_000,
    backoff: [200_000_000, 400_000_000],
    sample_freq: "30",
  });
});

test("differences() finds a setting that the server dropped, and says it in our words", () => {
  const asked = { name: "ORDERS", max_age: 5, allow_atomic: true };

  const found = differences(asked, { name: "ORDERS", max_age: 5 });

  assert.equal(
    inWords(found, streamFields),
    '"allowAtomic" was asked to be true and is not there',
  );
});

test("differences() takes what the server leaves out or adds for the same", () => {
  const asked = {
    sealed: false,
    max_msgs: -1,
    metadata: { team: "a" },
    opt_start_time: "2026-01-01T00:00:00.000Z",
  };

  const found = differences(asked, {
    metadata: { team: "a", "_nats.level": "1" },
    opt_start_time: "2026-01-01T00:00:00Z",
  });

  assert.deepEqual(found, []);
});

test("checkVersion() names the setting and both versions", () => {
  assert.throws(
    () =>
      checkVersion(
        'declare stream "ORDERS"',
        { allowAtomic: true },
        streamFields,
        "2.10.27",
      ),
    {
      code: "unsupported",
      message:
        'Cannot declare stream "ORDERS": "allowAtomic" needs a server of 2.12, found 2.10.27',
    },
  );
});

test("originOf() reads both forms of a reply subject", () => {
  const origin = {
    stream: "ORDERS",
    consumer: "billing",
    attempt: 2,
    sequence: 17,
    consumerSequence: 19,
    storedAtMs: 1_700_000_000_000,
    pending: 5,
  };

  const short = originOf(
    "$JS.ACK.ORDERS.billing.2.17.19.1700000000000000000.5",
  );
  const long = originOf(
    "$JS.ACK.hub.HASH.ORDERS.billing.2.17.19.1700000000000000000.5.token",
  );

  for (const [name, value] of Object.entries(origin)) {
    assert.equal(short?.[name as keyof Origin], value, name);
    assert.equal(long?.[name as keyof Origin], value, name);
  }
  assert.equal(originOf("_INBOX.1"), undefined);
});
