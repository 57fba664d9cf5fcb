import { retry } from "@ruststream/core";
import type { ClaimAnswer } from "@ruststream/core/middleware";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { named, Shop } from "./_dedupe_kit_test.ts";
import { gate } from "./_kit_test.ts";

const bad = () => {
  throw new Error("store is down");
};
const never = () => new Promise(() => {});

for (
  const [what, instead] of [
    ["throws", bad],
    ["rejects", () => Promise.reject(new Error("store is down"))],
    ["answers nonsense", () => "maybe"],
  ] as const
) {
  test(`deduplicate() handles a message all the same where the store's claim ${what}`, async () => {
    const shop = new Shop();
    await using kit = shop.kit;
    await shop.start();
    shop.store.instead = { claim: instead };

    await kit.publish([1, 2], named("a"));

    assert.deepEqual(shop.seen, [1, 2]);
    assert.equal(kit.said("error").length, 2);
    assert.deepEqual(await kit.stop(), { settled: 2, returned: 0, lost: 0 });
  });
}

test("deduplicate() has it retried where the store fails, if that is wanted", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({ onStoreError: "retry" });
  let failures = 3;
  shop.store.instead = { claim: () => failures-- > 0 ? bad() : undefined };

  await kit.publish([1], named("a"));
  await kit.clock.advance(100);

  assert.deepEqual([shop.seen, failures], [[1], -1]);
});

test("deduplicate() acks what was handled where the store cannot remember it", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start();
  shop.store.instead = { done: bad };

  await kit.publish([1], named("a"));

  assert.deepEqual(await kit.stop(), { settled: 1, returned: 0, lost: 0 });
  assert.deepEqual(
    kit.lines.map(({ level, fields }) => [level, fields["error"]]),
    [["warn", "Error: store is down"]],
  );
});

test("deduplicate() lets a failure be one where the store cannot take the claim back, and waits for it to end", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({ claimMs: 1_000 });
  shop.store.instead = { forget: bad };
  shop.handle = () => shop.seen.length === 1 ? bad() : undefined;

  await kit.publish([1], named("a"));
  await kit.clock.advance(999);
  const before = [...shop.seen];
  await kit.clock.advance(1);

  assert.deepEqual([before, shop.seen], [[1], [1, 1]]);
});

for (const method of ["claim", "done", "forget"] as const) {
  test(`deduplicate() waits for a store whose ${method} hangs no longer than the signal says, and loses nothing`, async () => {
    const shop = new Shop();
    await using kit = shop.kit;
    await shop.start({}, { timeoutMs: 100 });
    let hangs = true;
    shop.store.instead = {
      [method]: () => {
        const now = hangs ? never() : undefined;
        hangs = false;
        return now;
      },
    };
    shop.handle = () =>
      method === "forget" && shop.seen.length === 1 ? retry() : undefined;

    await kit.publish([1], named("a"));
    await kit.clock.advance(600_000);

    assert.deepEqual(shop.seen, method === "forget" ? [1, 1] : [1]);
    assert.equal(kit.clock.pending, 0);
  });
}

test("deduplicate() gives back a claim that comes when nobody waits for it any more", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start({}, { timeoutMs: 100, retry: { maxAttempts: 1 } });
  const claimed = gate<ClaimAnswer>();
  shop.store.instead = { claim: () => claimed.promise };
  await kit.publish([1], named("a"));
  await kit.clock.advance(100);

  claimed.resolve("claimed");
  await kit.turns();

  assert.deepEqual(shop.store.asked, [
    "0: claim orders a",
    "0: forget orders a",
  ]);
  assert.deepEqual(shop.seen, []);
});
