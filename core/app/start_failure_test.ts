import { test } from "@ruststream/conformance/runner";
import { isMessagingError, MessagingError } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { subscriber } from "../subscriber.ts";
import { Broken } from "./_broken_test.ts";
import { FakeBroker, info, never, settleDown, waits } from "./_kit_test.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<{ id: number }>("orders");
const boom = new Error("boom");

const fail = (): Promise<never> => Promise.reject(boom);

test("RustStream.start() undoes nothing but the state when the state throws", async () => {
  const broken = new Broken({ state: fail });

  await assert.rejects(broken.app.start({ clock: broken.clock }), boom);

  assert.deepEqual(broken.log, ["state gone"]);
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() undoes what was done when the second broker refuses", async () => {
  const broken = new Broken({ two: { connect: fail } });

  await assert.rejects(broken.app.start({ clock: broken.clock }), boom);

  assert.deepEqual(broken.log, ["connect one", "shutdown one", "state gone"]);
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() undoes what was done when a broker throws instead of rejecting", async () => {
  const broken = new Broken({
    two: {
      connect: () => {
        throw boom;
      },
    },
  });

  await assert.rejects(broken.app.start({ clock: broken.clock }), boom);

  assert.deepEqual(broken.log, ["connect one", "shutdown one", "state gone"]);
});

test("RustStream.start() undoes what was done when a sink fails", async () => {
  const broken = new Broken({ sink: fail });

  await assert.rejects(broken.app.start({ clock: broken.clock }), boom);

  assert.deepEqual(broken.log, [
    "connect one",
    "connect two",
    "shutdown two",
    "shutdown one",
    "state gone",
  ]);
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() undoes what was done when a subscription is refused", async () => {
  const broken = new Broken({ two: { subscribe: fail } });

  await assert.rejects(broken.app.start({ clock: broken.clock }), boom);

  assert.deepEqual(broken.log, [
    "connect one",
    "connect two",
    "subscribe orders",
    "dispose orders",
    "shutdown two",
    "shutdown one",
    "state gone",
  ]);
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() undoes everything when a hook throws", async () => {
  const broken = new Broken({ afterStart: fail });

  await assert.rejects(broken.app.start({ clock: broken.clock }), boom);

  assert.deepEqual(broken.log, [
    "connect one",
    "connect two",
    "subscribe orders",
    "subscribe refunds",
    "dispose refunds",
    "dispose orders",
    "shutdown two",
    "shutdown one",
    "state gone",
  ]);
  assert.deepEqual(broken.left, [0]);
  assert.deepEqual(broken.notices.all, []);
});

test("RustStream.start() tells what cannot be undone, and rejects with what it failed of", async () => {
  const worse = new Error("worse");
  const broken = new Broken({
    afterStart: fail,
    one: { shutdown: () => Promise.reject(worse) },
    teardown: () => Promise.reject(worse),
  });

  await assert.rejects(broken.app.start({ clock: broken.clock }), boom);

  assert.deepEqual(
    broken.notices.all.map(({ message, error }) => [
      message,
      error,
    ]),
    [
      ['Cannot end broker "one" in order: it failed', worse],
      ["Cannot end the state in order: it failed", worse],
    ],
  );
  assert.equal(broken.log.at(-1), "state gone");
});

test("RustStream.start() waits for what hangs while it is undone no longer than five seconds", async () => {
  const broken = new Broken({ afterStart: fail, two: { shutdown: never } });
  const starting = broken.app.start({ clock: broken.clock });
  const rejected = assert.rejects(starting, boom);

  assert.equal(await waits(starting), true);
  await broken.clock.advance(5_000);
  await rejected;

  assert.deepEqual(broken.notices.messages(), [
    'Cannot wait for broker "two" any longer: not done after 5000 ms',
  ]);
  assert.equal(broken.log.at(-1), "state gone");
  assert.equal(broken.clock.pending, 0);
});

test("RustStream.start() fails when a connection is lost meanwhile", async () => {
  const broken = new Broken({ afterStart: never });
  const starting = broken.app.start({ clock: broken.clock });
  await settleDown();

  broken.one.live.break(boom);

  await assert.rejects(starting, (error: Error) => {
    assert.equal(
      error.message,
      'Cannot go on: the connection of "one" is gone',
    );
    assert.equal(error.cause, boom);
    return true;
  });
  assert.deepEqual(broken.notices.codes(), ["connection-lost"]);
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() refuses an open subscription that promises less than the broker did", async () => {
  const broken = new Broken({
    two: { open: { redelivery: "on-retry", groups: false } },
  });

  await assert.rejects(
    broken.app.start({ clock: broken.clock }),
    (error) =>
      isMessagingError(error, "unsupported") &&
      error.message ===
        'Cannot start "refunds": its subscription promises less than "two" did (redelivery, groups)',
  );
  assert.equal(
    broken.log.filter((line) => line === "dispose refunds").length,
    1,
  );
  assert.deepEqual(broken.left, [0]);
});

test("RustStream.start() refuses what asks for too much before anything connects", async () => {
  const broker = new FakeBroker({
    guarantees: { groups: false, patterns: false },
  });
  const grouped = new RustStream(info).withBroker(
    broker,
    (b) => b.include(subscriber(orders, { group: "workers" }, () => {})),
  );

  await assert.rejects(
    grouped.start(),
    new MessagingError(
      "unsupported",
      'Cannot start "orders": it asks for group "workers", and "fake" has no groups',
    ),
  );
  assert.deepEqual(broker.log, []);
});

test("RustStream.start() refuses options that it does not know, and times that are none", async () => {
  const app = new RustStream(info);

  await assert.rejects(
    app.start({ drianMs: 5 } as object),
    /^TypeError: Cannot set the start of "shop": there is no option "drianMs"; the nearest is "drainMs"$/,
  );
  await assert.rejects(
    app.start({ drainMs: NaN }),
    /^RangeError: Cannot set the start of "shop": "drainMs" must be a number of at least 0, found NaN$/,
  );
  await assert.rejects(
    app.start({ readyDelayMs: Infinity }),
    /^RangeError: Cannot set the start of "shop": "readyDelayMs" must be a finite number of at least 0, found Infinity$/,
  );
});
