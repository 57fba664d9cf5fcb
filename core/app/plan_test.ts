import { test } from "@ruststream/conformance/runner";
import type { Source } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { bytes, channel, type } from "../channel.ts";
import { jsonCodec } from "../codecs.ts";
import { out } from "../publish/out.ts";
import { publisher } from "../publish/publisher.ts";
import type { Settings } from "../settings.ts";
import { batchSubscriber, subscriber } from "../subscriber.ts";
import { FakeBroker, info, Kit, Notices, strong } from "./_kit_test.ts";
import { Router } from "./router.ts";
import { RustStream } from "./ruststream.ts";
import type { Subscriber } from "../subscriber_types.ts";

const orders = channel<{ id: number }>("orders");
const placed = channel("orders.{tenant}.placed", {
  payload: type<{ id: number }>(),
});
const any = channel("orders.{rest+}", { payload: type<{ id: number }>() });
const nothing = (): void => {};

function log(of: { readonly channel: typeof orders }): Source<never> {
  return { ...of, guarantees: strong, open: () => Promise.reject(new Error()) };
}

/** Applications of one broker are refused when they are described and when they start. */
async function refuses(app: RustStream, why: RegExp): Promise<void> {
  assert.throws(() => app.describe(), why);
  await assert.rejects(app.start(), why);
}

function names(app: RustStream): readonly string[] {
  return app.describe().subscribers.map(({ name }) => name);
}

function on(
  ...subscribers: readonly Subscriber<never, never>[]
): RustStream {
  return new RustStream(info).withBroker(new FakeBroker(), (b) => {
    for (const one of subscribers) b.include(one as never);
  });
}

test("RustStream.start() refuses two subscribers of one name, on one broker or on two", async () => {
  const one = subscriber(orders, { name: "mail" }, nothing);
  const two = subscriber(placed, { name: "mail" }, nothing);
  const message =
    /^TypeError: Cannot start "shop": two subscribers are named "mail"$/;

  await refuses(on(one, two), message);
  await refuses(
    new RustStream(info)
      .withBroker(new FakeBroker({ name: "one" }), (b) => b.include(one))
      .withBroker(new FakeBroker({ name: "two" }), (b) => b.include(one)),
    message,
  );
});

test("RustStream.start() refuses two brokers of one name", async () => {
  const { memory } = new Kit();
  const app = new RustStream(info).withBroker(memory).withBroker(memory);

  await refuses(
    app,
    /^TypeError: Cannot start "shop": two brokers are named "memory"; give one a name of its own$/,
  );
});

test("RustStream.describe() numbers the names that it makes of addresses, around those that were given", () => {
  const plain = subscriber(orders, nothing);
  const given = subscriber(placed, { name: "orders#2" }, nothing);

  assert.deepEqual(names(on(plain, plain, given, plain)), [
    "orders",
    "orders#3",
    "orders#2",
    "orders#4",
  ]);
});

test("RustStream mounts one definition on two brokers of one kind", async () => {
  const clock = new Kit().clock;
  const one = new Kit({ name: "one" }).memory;
  const two = new Kit({ name: "two" }).memory;
  const seen: number[] = [];
  const handle = subscriber(orders, ({ id }) => void seen.push(id));
  const app = new RustStream(info)
    .withBroker(one, (b) => b.include(handle))
    .withBroker(two, (b) => b.include(handle));
  const running = await app.start({ clock });
  for (const [name, connection] of running.connections) {
    await publisher(connection).publish(orders, { id: name.length });
  }
  await running.stop();

  assert.deepEqual(names(app), ["orders", "orders#2"]);
  assert.deepEqual(seen, [3, 3]);
});

for (
  const [how, subscribers] of [
    ["at its address", [
      subscriber(orders, { deadLetter: bytes("orders") }, nothing),
    ]],
    ["within its pattern", [
      subscriber(bytes("{all+}"), { deadLetter: bytes("dead") }, nothing),
    ]],
    ["over another", [
      subscriber(bytes("a"), { deadLetter: bytes("b") }, nothing),
      subscriber(bytes("b"), { deadLetter: bytes("a") }, nothing),
    ]],
  ] as const
) {
  test(`RustStream.start() refuses dead letters that come back to who sent them, ${how}`, async () => {
    await refuses(
      on(...subscribers),
      /^TypeError: Cannot mount ".*" on "fake": its dead letters to ".*" would come back to it, and never come to an end$/,
    );
  });
}

test("RustStream.start() refuses a dead letter whose parameters cannot be filled", async () => {
  await refuses(
    on(subscriber(orders, { deadLetter: bytes("dead.{tenant}") }, nothing)),
    /^TypeError: Cannot mount "orders" on "fake": the parameter "tenant" of its dead letter address "dead\.\{tenant\}" cannot be filled from "orders"$/,
  );
  await refuses(
    on(subscriber(any, { deadLetter: bytes("dead.{rest}") }, nothing)),
    /^TypeError: .*the parameter "rest" of its dead letter address "dead\.\{rest\}" cannot be filled from "orders\.\{rest\+\}"$/,
  );
});

test("RustStream.describe() takes a dead letter whose parameters can be filled", () => {
  const app = on(
    subscriber(placed, { deadLetter: bytes("dead.{tenant}") }, nothing),
    subscriber(placed, { deadLetter: bytes("dead.{tenant+}") }, nothing),
    subscriber(any, { deadLetter: bytes("dead.{rest+}") }, nothing),
  );

  assert.deepEqual(
    app.describe().subscribers.map(({ deadLetter }) => deadLetter),
    ["dead.{tenant}", "dead.{tenant+}", "dead.{rest+}"],
  );
});

const contradictions: readonly [string, Settings, RegExp][] = [
  [
    "dead-letters what does not decode without a dead letter",
    { undecodable: "dead-letter" },
    /undecodable is "dead-letter" and no deadLetter channel is declared$/,
  ],
  [
    "keeps the order of keys without saying how often",
    { orderBy: () => "" },
    /retry\.maxAttempts must be written, Infinity if it is meant$/,
  ],
  [
    "may run longer than it is held",
    { timeoutMs: 2_000, maxHoldMs: 1_000 },
    /timeoutMs 2000 is longer than maxHoldMs 1000$/,
  ],
];

for (const [what, settings, why] of contradictions) {
  test(`RustStream.start() refuses a subscriber that ${what}`, async () => {
    await refuses(on(subscriber(orders, settings, nothing)), why);
  });
}

test("RustStream.start() refuses a batch subscriber with a when", async () => {
  await refuses(
    on(batchSubscriber(orders, { max: 2, when: () => true }, nothing)),
    /^TypeError: Cannot mount "orders" on "fake": a batch subscriber takes all messages, so it has no when$/,
  );
});

test("RustStream.start() refuses a source under a prefix, and a mount's source that is none", async () => {
  const prefixed = new Router({ prefix: "shop" })
    .include(subscriber(log({ channel: orders }), nothing) as never);
  const wrong = new RustStream(info).withBroker(
    new FakeBroker(),
    (b) =>
      b.include(subscriber(orders, nothing), {
        source: () => orders as never,
      }),
  );

  await refuses(
    new RustStream(info).withBroker(
      new FakeBroker(),
      (b) => b.include(prefixed),
    ),
    /^TypeError: Cannot mount "orders" under the prefix "shop": it reads a source, which has its own address$/,
  );
  await refuses(
    wrong,
    /^TypeError: Cannot mount "orders": its source must give a source, found an object$/,
  );
});

test("RustStream.start() refuses a sink for dead letters that there are none of", async () => {
  const app = new RustStream(info).withBroker(
    new FakeBroker(),
    (b) =>
      b.include(subscriber(orders, nothing), {
        deadLetterSink: { open: ({ publisher }) => Promise.resolve(publisher) },
      }),
  );

  await refuses(
    app,
    /^TypeError: Cannot mount "orders" on "fake": it has a deadLetterSink and no dead letter$/,
  );
});

test("RustStream.start() refuses subscribers of one subscription that differ in what holds before one is chosen", async () => {
  const when = (): boolean => true;
  const first = subscriber(orders, { when }, nothing);

  for (
    const [settings, found] of [
      [{ concurrency: 2 }, "concurrency is 1, and asks for 2"],
      [{ maxHeld: 5 }, "maxHeld is 1000, and asks for 5"],
      [{ maxBodyBytes: 5 }, "maxBodyBytes is Infinity, and asks for 5"],
      [{ maxAgeMs: 5 }, "maxAgeMs is Infinity, and asks for 5"],
      [{ onUnmatched: "ack" }, "onUnmatched is reject, and asks for ack"],
      [{ undecodable: "stop" }, "undecodable is reject, and asks for stop"],
    ] as readonly [Settings, string][]
  ) {
    await refuses(
      on(first, subscriber(orders, { when, ...settings }, nothing)),
      new RegExp(
        `^TypeError: Cannot mount "orders#2": it shares a subscription with "orders", whose ${found}$`,
      ),
    );
  }
  await refuses(
    on(
      first,
      subscriber(orders, { when, codec: { ...jsonCodec } }, nothing),
    ),
    /, and their codecs differ$/,
  );
});

test("RustStream subscribes once for subscribers of one address with a when, and apart for other groups", async () => {
  const broker = new FakeBroker();
  const when = (): boolean => true;
  await using _running = await new RustStream(info).withBroker(broker, (b) =>
    b
      .include(subscriber(orders, { when }, nothing))
      .include(subscriber(orders, { when }, nothing))
      .include(subscriber(orders, { when, group: "a" }, nothing))
      .include(subscriber(orders, nothing))).start();

  assert.deepEqual(
    broker.live.subscriptions.map(({ options }) => options.group),
    [undefined, "a", undefined],
  );
});

const server = { host: "broker:4222", protocol: "fake" };

test("RustStream.start() warns of a missing group once for each subscriber of a broker with servers", async () => {
  const notices = new Notices();
  const handle = subscriber(orders, nothing);
  const weak = { redelivery: "on-retry" } as const;
  const live = new FakeBroker({ servers: [server], guarantees: weak });
  const inside = new FakeBroker({ name: "inside", guarantees: weak });
  await using _running = await new RustStream(info).observe(notices)
    .withBroker(live, (b) =>
      b.include(handle)
        .include(handle, { fanOut: true })
        .include(handle, { group: "workers" })
        .include(handle, {
          source: () => ({
            channel: orders,
            guarantees: { ...strong, ...weak },
            open: (connection) =>
              connection.subscribe({ template: "orders", tokens: [] }),
          }),
        }))
    .withBroker(inside, (b) => b.include(handle))
    .start();

  assert.deepEqual(notices.all, [{
    level: "warn",
    code: "no-group",
    subscriber: "orders",
    message:
      'Cannot share the deliveries of "orders" among replicas: it has no group, so each gets each message; say fanOut: true if that is meant',
  }]);
});

test("RustStream.start() does not warn of a missing group where a subscription turns out to be kept", async () => {
  const notices = new Notices();
  const broker = new FakeBroker({
    servers: [server],
    guarantees: { redelivery: "on-retry" },
    open: { redelivery: "until-settled" },
  });
  await using _running = await new RustStream(info).observe(notices)
    .withBroker(broker, (b) => b.include(subscriber(orders, nothing)))
    .start();

  assert.deepEqual(notices.all, []);
});

test("RustStream.start() refuses a dead letter that is not stored, unless that is said to do", async () => {
  const dead = bytes("dead");
  const make = (deadLetter: Settings["deadLetter"] & object): RustStream =>
    new RustStream(info).withBroker(
      new FakeBroker({ confirms: "received" }),
      (b) => b.include(subscriber(orders, { deadLetter }, nothing)),
    );

  await assert.rejects(
    make(dead).start(),
    /^MessagingError: Cannot start "orders": its dead letters would be confirmed as "received" only; say \{ channel, unconfirmed: true \} if that will do$/,
  );
  await (await make({ channel: dead, unconfirmed: true }).start()).stop();
});

test("RustStream.start() warns of a dead letter channel that is not one of bytes", async () => {
  const notices = new Notices();
  await using _running = await new RustStream(info).observe(notices)
    .withBroker(
      new FakeBroker(),
      (b) =>
        b.include(subscriber(orders, { deadLetter: placed }, nothing), {
          deadLetter: channel<{ id: number }>("dead"),
        }).include(subscriber(orders, { deadLetter: bytes("dead") }, nothing)),
    )
    .start();

  assert.deepEqual(notices.codes(), ["dead-letter-codec"]);
});

test("RustStream.start() refuses a slot whose publisher lacks what it asks for", async () => {
  const app = on(
    subscriber(
      orders,
      { out: { ledger: out(orders).transactional() } },
      nothing,
    ),
  );

  await assert.rejects(
    app.start(),
    /^MessagingError: Cannot open slot "ledger" of "orders" on "fake": its publisher lacks "begin"$/,
  );
});
