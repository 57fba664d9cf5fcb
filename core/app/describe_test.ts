import { test } from "@ruststream/conformance/runner";
import type { Guarantees } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { bytes, channel, type } from "../channel.ts";
import { out } from "../publish/out.ts";
import type { Settings } from "../settings.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import { FakeBroker, info, strong } from "./_kit_test.ts";
import type { SubscriberDescription } from "./describe.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel("orders.{tenant}", { payload: type<{ id: number }>() });
const receipts = channel<{ id: number }>("receipts");

function describe(
  settings: Settings = {},
  guarantees: Partial<Guarantees> = {},
): SubscriberDescription {
  const [described] = new RustStream(info).withBroker(
    new FakeBroker({ guarantees }),
    (b) => b.include(subscriber(orders, settings, () => {})),
  ).describe().subscribers;
  assert.ok(described);
  return described;
}

test("RustStream.describe() says what is mounted, and connects nothing", () => {
  const server = { host: "broker:4222", protocol: "fake" };
  const broker = new FakeBroker({ servers: [server] });
  const app = new RustStream(info).withBroker(
    broker,
    (b) =>
      b.include(batchSubscriber(orders, {
        name: "bill",
        max: 10,
        group: "billing",
        concurrency: 4,
        timeoutMs: 1_000,
        orderBy: () => "",
        retry: { maxAttempts: 5 },
        reply: receipts,
        out: { audit: out(orders) },
        deadLetter: bytes("dead"),
        onExhausted: "stop",
      }, () => {})),
  );

  const { subscribers: [described], ...rest } = app.describe();
  const { settings, ...one } = described ?? assert.fail("none is there");

  assert.deepEqual([{ ...rest, subscribers: [one] }], [{
    title: "shop",
    version: "1.0.0",
    brokers: [{
      name: "fake",
      servers: [server],
      guarantees: strong,
      onLost: "stop",
    }],
    subscribers: [{
      name: "bill",
      broker: "fake",
      address: "orders.{tenant}",
      group: "billing",
      sharesWith: [],
      concurrency: 4,
      batch: 10,
      isOrdered: true,
      order: "keep",
      maxAttempts: 5,
      reply: "receipts",
      out: { audit: "orders.{tenant}" },
      deadLetter: "dead",
      undecodable: "dead-letter",
      onExhausted: "stop",
      timeoutMs: 1_000,
      support: {
        retry: "runtime",
        "delayed retry": "runtime",
        attempts: "native",
        "order by key": "runtime",
        "dead letter": "runtime",
        batches: "runtime",
        group: "native",
      },
      notes: ["order by key holds within one process, not across the group"],
    }],
  }]);
  assert.equal(settings.group.value, "billing");
  assert.deepEqual(broker.log, []);
});

test("RustStream.describe() says what holds where nothing was set", () => {
  const { support, notes, settings: _settings, ...rest } = describe();

  assert.deepEqual(rest, {
    name: "orders.{tenant}",
    broker: "fake",
    address: "orders.{tenant}",
    group: undefined,
    sharesWith: [],
    concurrency: 1,
    batch: undefined,
    isOrdered: false,
    order: "yield",
    maxAttempts: Infinity,
    reply: undefined,
    out: {},
    deadLetter: undefined,
    undecodable: "reject",
    onExhausted: "reject",
    timeoutMs: undefined,
  });
  assert.deepEqual(support, {
    retry: "native",
    "delayed retry": "native",
    attempts: "native",
  });
  assert.deepEqual(notes, [
    "what cannot be handled is dropped, with an error-level notice",
  ]);
});

const cap = { retry: { maxAttempts: 3 } };
const retries: readonly [
  string,
  Settings,
  Partial<Guarantees>,
  readonly [retry: string, delayed: string],
][] = [
  ["with a cap that the broker counts", cap, {}, ["native", "native"]],
  [
    "with a cap that the broker does not count",
    cap,
    { countsAttempts: false },
    ["runtime", "runtime"],
  ],
  [
    "where the broker cannot delay",
    {},
    { delayedRetry: false },
    ["native", "runtime"],
  ],
  [
    "that keep their order",
    { retry: { order: "keep" } },
    {},
    ["runtime", "runtime"],
  ],
  [
    "where the broker delivers nothing again",
    {},
    { redelivery: "none" },
    ["runtime, lost on crash", "runtime, lost on crash"],
  ],
  [
    "where the broker delivers again only when asked, and cannot delay",
    {},
    { redelivery: "on-retry", delayedRetry: false },
    ["native", "runtime, lost on crash"],
  ],
];

for (const [what, settings, guarantees, [retry, delayed]] of retries) {
  test(`RustStream.describe() says who does retries ${what}`, () => {
    const { support } = describe(settings, guarantees);

    assert.deepEqual([support["retry"], support["delayed retry"]], [
      retry,
      delayed,
    ]);
  });
}

test("RustStream.describe() says who counts attempts, orders by key and shares in a group", () => {
  const keyed = {
    group: "workers",
    orderBy: () => "",
    retry: { maxAttempts: 3 },
  };
  const native = describe(keyed, { ordering: "key" });
  const ours = describe(keyed, { countsAttempts: false });

  assert.equal(native.support["order by key"], "native");
  assert.equal(native.support["group"], "native");
  assert.equal(native.support["attempts"], "native");
  assert.equal(ours.support["order by key"], "runtime");
  assert.equal(ours.support["attempts"], "runtime, lost on crash");
});

test("RustStream.describe() shows what the broker refuses, and start() then says the same", async () => {
  const app = (settings: Settings, guarantees: Partial<Guarantees>) =>
    new RustStream(info).withBroker(
      new FakeBroker({ guarantees }),
      (b) => b.include(subscriber(orders, settings, () => {})),
    );
  const group = app({ group: "workers" }, { groups: false });
  const pattern = app({}, { patterns: false });
  const groupNote = 'it asks for group "workers", and "fake" has no groups';
  const patternNote =
    'it reads "orders.{tenant}", and a subscription of "fake" reads one address';

  assert.equal(group.describe().subscribers[0]?.support["group"], "refused");
  assert.equal(
    pattern.describe().subscribers[0]?.support["pattern"],
    "refused",
  );
  assert.equal(group.describe().subscribers[0]?.notes[0], groupNote);
  assert.equal(pattern.describe().subscribers[0]?.notes[0], patternNote);
  await assert.rejects(group.start(), {
    code: "unsupported",
    message: `Cannot start "orders.{tenant}": ${groupNote}`,
  });
  await assert.rejects(pattern.start(), {
    code: "unsupported",
    message: `Cannot start "orders.{tenant}": ${patternNote}`,
  });
});

const notes: readonly [string, Settings, Partial<Guarantees>, string][] = [
  [
    "blocks its key",
    { retry: { order: "keep" } },
    {},
    "a message that always fails blocks its key for ever",
  ],
  [
    "loses the count",
    cap,
    { countsAttempts: false },
    "a crash restarts the count of attempts",
  ],
  [
    "loses what is in hand",
    {},
    { redelivery: "none" },
    "what is in hand is lost on a crash",
  ],
  [
    "loses what is in hand, asked or not",
    {},
    { redelivery: "on-retry" },
    "what is in hand is lost on a crash",
  ],
];

for (const [what, settings, guarantees, note] of notes) {
  test(`RustStream.describe() notes a subscriber that ${what}`, () => {
    const described = describe(
      { deadLetter: bytes("dead"), ...settings },
      guarantees,
    );

    assert.deepEqual(described.notes, [note]);
    assert.deepEqual(describe({ deadLetter: bytes("dead") }).notes, []);
  });
}

test("RustStream.describe() notes subscribers that take messages from each other", () => {
  const take = (name: string, group?: string) =>
    subscriber(
      orders,
      { name, deadLetter: bytes("dead"), ...group && { group } },
      () => {},
    );
  const described = new RustStream(info).withBroker(
    new FakeBroker(),
    (b) =>
      b.include(take("bill", "shop"))
        .include(take("ship", "shop"))
        .include(take("count", "office"))
        .include(take("show")),
  ).describe();

  assert.deepEqual(
    described.subscribers.map(({ name, notes }) => [name, ...notes]),
    [
      [
        "bill",
        "it shares its group with ship: each message goes to one of them",
      ],
      [
        "ship",
        "it shares its group with bill: each message goes to one of them",
      ],
      ["count"],
      ["show"],
    ],
  );
});

test("RustStream.describe() names the subscribers that share a subscription", () => {
  const when = (): boolean => true;
  const described = new RustStream(info).withBroker(
    new FakeBroker(),
    (b) =>
      b.include(subscriber(receipts, { name: "a", when }, () => {}))
        .include(subscriber(receipts, { name: "b", when }, () => {}))
        .include(subscriber(receipts, { name: "c" }, () => {})),
  ).describe();

  assert.deepEqual(
    described.subscribers.map(({ name, sharesWith }) => [name, sharesWith]),
    [["a", ["b"]], ["b", ["a"]], ["c", []]],
  );
});
