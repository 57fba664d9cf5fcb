import { channel, reject, retry, subscriber } from "@ruststream/core";
import { isMessagingError, MessagingError } from "@ruststream/core/contract";
import {
  deduplicate,
  MemoryDeduplicationStore,
} from "@ruststream/core/middleware";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { named, Noted, orders, Shop } from "./_dedupe_kit_test.ts";
import { atOnce, gate, Kit, type Order } from "./_kit_test.ts";

const receipts = channel<Order>("receipts");

test("deduplicate() acks a message unrun whose id was handled, by the header that publishers write", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start();

  await kit.publish([1], named("a"));
  await kit.publish([2], named("a"));
  await kit.publish([3], named("b"));

  assert.deepEqual(shop.seen, [1, 3]);
  assert.deepEqual(await kit.stop(), { settled: 3, returned: 0, lost: 0 });
});

test("deduplicate() goes by the broker's own id where the publisher wrote none", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start();

  await kit.publish([1, 2]);
  await kit.publish([3], named(""));

  assert.deepEqual(shop.seen, [1, 2, 3]);
  assert.equal(new Set(shop.store.asked).size, 6);
});

test("deduplicate() goes by an id of its own, and tells once of deliveries that have none", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({
    id: ({ payload }) => {
      const { id } = payload as Order;
      return id > 10 ? undefined : id > 5 ? "" : String(id);
    },
  });

  await kit.publish([1, 1, 6, 6, 11, 11]);

  assert.deepEqual(shop.seen.toSorted(), [1, 11, 11, 6, 6]);
  assert.deepEqual(kit.said("warn"), [
    'Cannot deduplicate a delivery of "orders": it has no id, and is handled without',
  ]);
});

for (
  const [what, end] of [
    ["throws", () => {
      throw new Error("no");
    }],
    ["rejects", () => Promise.reject(new Error("no"))],
    ["asks to retry", () => retry()],
  ] as const
) {
  test(`deduplicate() gives the claim back when the handler ${what}, and the next run handles it`, async () => {
    const shop = new Shop();
    await using kit = shop.kit;
    await shop.start();
    shop.handle = () => shop.seen.length < 3 ? end() : undefined;

    await kit.publish([1], named("a"));
    await kit.clock.advance(100);
    await kit.publish([2], named("a"));

    assert.deepEqual(shop.seen, [1, 1, 1]);
    assert.deepEqual(
      shop.store.asked.map((line) => line.split(" ")[1]),
      [
        ...["claim", "forget", "claim", "forget", "claim", "done"],
        "claim",
      ],
    );
  });
}

test("deduplicate() handles what was rejected again: it may come back from a dead letter", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start();
  shop.handle = () => shop.seen.length === 1 ? reject("no") : undefined;

  await kit.publish([1], named("a"));
  await kit.publish([2], named("a"));

  assert.deepEqual(shop.seen, [1, 2]);
});

for (
  const [what, fails, seen] of [["succeeds", false, [1]], ["fails", true, [
    1,
    2,
  ]]] as const
) {
  test(`deduplicate() has a duplicate wait for the run under way, which ${what}`, async () => {
    const shop = new Shop();
    await using kit = shop.kit;
    await shop.start({ pollMs: 10 }, { retry: { maxAttempts: 1 } });
    const first = gate();
    shop.handle = ({ id }) => id === 1 ? first.promise : undefined;

    await kit.publish([1], named("a"));
    await kit.publish([2], named("a"));
    await kit.clock.advance(95);
    assert.deepEqual(shop.seen, [1]);
    if (fails) first.reject(new Error("no"));
    else first.resolve();
    await kit.clock.advance(10);

    assert.deepEqual(shop.seen, seen);
    assert.deepEqual(await kit.stop(), { settled: 2, returned: 0, lost: 0 });
  });
}

test("deduplicate() gives a waiting duplicate back at the end of a drain", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({}, { group: "all" });
  shop.handle = (_order, signal) => kit.clock.sleep(60_000, signal);
  await kit.publish([1, 2], named("a"));

  const report = await kit.stop(1_000);

  assert.deepEqual(report, { settled: 0, returned: 2, lost: 0 });
  assert.deepEqual([shop.seen, kit.clock.pending], [[1], 0]);
});

test("deduplicate() fails a duplicate with a conflict that has waited long enough", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({ waitMs: 100 }, { retry: { maxAttempts: 1 } });
  const first = gate();
  shop.handle = () => first.promise;
  await kit.publish([1, 2], named("a"));

  await kit.clock.advance(100);
  first.resolve();
  await kit.turns();

  assert.equal(kit.notices.length, 1);
  assert.equal(isMessagingError(kit.notices[0]?.error, "conflict"), true);
  assert.deepEqual(shop.seen, [1]);
});

test("deduplicate() handles a message whose claim was left behind by a crash, once that is old", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({ claimMs: 1_000, pollMs: 100 });
  shop.store.inner.claim({
    id: "orders a",
    owner: "who crashed",
    claimMs: 1_000,
    at: 0,
  });

  await kit.publish([1], named("a"));
  await kit.clock.advance(999);
  const before = [...shop.seen];
  await kit.clock.advance(1);

  assert.deepEqual([before, shop.seen], [[], [1]]);
});

test("deduplicate() remembers what replies when its reply is out and its delivery settled", async () => {
  await using kit = new Kit();
  const store = new Noted();
  let down = 2;
  const told: number[] = [];
  const ran: number[] = [];
  await kit.start(
    [
      subscriber(orders, { reply: receipts, retry: atOnce }, ({ id }) => {
        ran.push(id);
        return { id };
      }),
      subscriber(receipts, ({ id }) => void told.push(id)),
    ],
    [(next) => (ctx) =>
      ctx.address === "orders" ? deduplicate({ store })(next)(ctx) : next(ctx)],
    [(next) => (message, to) => {
      if (to.kind === "reply" && down-- > 0) {
        store.asked.push("no reply");
        return Promise.reject(
          new MessagingError("denied", "Cannot publish: down"),
        );
      }
      return next(message, to);
    }],
  );

  await kit.publish([1], named("a"));
  await kit.clock.advance(100);
  const before = store.asked.filter((line) => line.includes("done"));
  down = 0;
  await kit.publish([2], named("b"));
  await kit.publish([3], named("b"));

  assert.deepEqual(before, []);
  assert.deepEqual([ran, told], [[1, 2], [2]]);
  assert.deepEqual(store.asked.slice(-3).map((line) => line.split(" ")[1]), [
    "claim",
    "done",
    "claim",
  ]);
  assert.deepEqual(await kit.stop(), { settled: 4, returned: 0, lost: 0 });
});

test("deduplicate() keeps subscribers apart that share a store, whatever their names", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const names = ["one", "other", "one b"];
  await kit.start(
    names.map((name) =>
      subscriber(orders, { name }, () => void seen.push(name))
    ),
    [deduplicate({ store: new MemoryDeduplicationStore() })],
  );

  await kit.publish([1, 2], named("c"));
  await kit.publish([3], named("b c"));

  assert.deepEqual(seen.sort(), [...names, ...names].sort());
});

for (
  const [what, options, name, message] of [
    ["no store", {}, "TypeError", /the store has no method "claim"/],
    [
      "half a store",
      { store: { claim() {}, done() {} } },
      "TypeError",
      /"forget"/,
    ],
    [
      "an id that is no function",
      { id: 1 },
      "TypeError",
      /id must be a function/,
    ],
    ["no claimMs", { claimMs: 0 }, "RangeError", /claimMs must be a finite/],
    ["no pollMs", { pollMs: 0 }, "RangeError", /pollMs must be a finite/],
    ["waitMs below 0", { waitMs: -1 }, "RangeError", /waitMs must be a finite/],
    ["another word", { onStoreError: "drop" }, "TypeError", /found drop/],
  ] as const
) {
  test(`deduplicate() refuses ${what}`, () => {
    const store = what === "no store"
      ? undefined
      : new MemoryDeduplicationStore();
    assert.throws(() => deduplicate({ store, ...options } as never), {
      name,
      message,
    });
  });
}
