import {
  ack,
  batchSubscriber,
  channel,
  type Outcome,
  reject,
  retry,
} from "@ruststream/core";
import {
  deduplicate,
  MemoryDeduplicationStore,
} from "@ruststream/core/middleware";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { atOnce, gate, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");

/** A service that handles batches, each message once: the id of an order is that of its message, its sign apart. */
class Shop {
  readonly kit: Kit = new Kit();
  readonly store: MemoryDeduplicationStore = new MemoryDeduplicationStore();
  readonly seen: (readonly number[])[] = [];
  readonly after: string[] = [];
  handle: (ids: readonly number[]) => unknown = () => {};

  async start(max: number, concurrency = 1): Promise<void> {
    const handle = batchSubscriber(
      orders,
      { max, waitMs: 10, concurrency, retry: { ...atOnce, maxAttempts: 3 } },
      (batch) => {
        const ids = batch.map(({ payload }) => payload.id);
        this.seen.push(ids);
        return this.handle(ids) as Outcome;
      },
    );
    const once = deduplicate({
      store: this.store,
      pollMs: 10,
      id: ({ payload }) => String(Math.abs((payload as Order).id)),
    });
    await this.kit.start(handle, [once]);
  }
}

test("deduplicate() gives a batch handler what was not handled before, each once", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start(4);

  await kit.publish([1, 2, -1, 3]);
  await kit.publish([-3, 4, -2, -1]);
  await kit.publish([-1, -2, -3, -4]);

  assert.deepEqual(shop.seen, [[1, 2, 3], [4]]);
  assert.deepEqual(await kit.stop(), { settled: 12, returned: 0, lost: 0 });
});

test("deduplicate() gives each element of a batch the outcome that was meant for it", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start(5);
  await kit.publish([2]);
  await kit.clock.advance(10);
  shop.handle = (ids) =>
    ids.map((id) => id === 3 ? reject("three") : id === 4 ? retry() : ack());

  await kit.publish([-2, 1, 3, 4, -1]);
  await kit.clock.advance(100);

  const [, whole, ...rest] = shop.seen;
  assert.deepEqual(whole, [1, 3, 4]);
  assert.deepEqual(rest.flat(), [4, 4]);
  assert.deepEqual(
    kit.notices.map(({ message }) => message.replace(/^.*\(/, "(")).sort(),
    ["(exhausted): the handler asked to retry", "(rejected): three"],
  );
});

test("deduplicate() gives all claims back when a batch throws, and its elements are handled one by one", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start(3);
  shop.handle = (ids) => {
    if (ids.length > 1) throw new Error("no");
  };

  await kit.publish([1, 2, -2]);
  await kit.clock.advance(100);

  assert.deepEqual(shop.seen[0], [1, 2]);
  assert.deepEqual(shop.seen.slice(1).flat().map(Math.abs), [1, 2]);
  assert.deepEqual(await kit.stop(), { settled: 3, returned: 0, lost: 0 });
});

test("deduplicate() takes a wrong number of outcomes for a throw, also where it would fit the whole batch", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start(3);
  shop.handle = (ids) =>
    ids.length > 1 ? [reject("x"), reject("x"), reject("x")] : undefined;

  await kit.publish([1, 2, -2]);
  await kit.clock.advance(100);

  assert.deepEqual(shop.seen[0], [1, 2]);
  assert.deepEqual(shop.seen.slice(1).flat().map(Math.abs), [1, 2]);
  assert.match(
    kit.notices.map(({ message }) => message).join(),
    /Cannot settle a batch of "orders": expected 2 outcomes, found 3/,
  );
});

test("deduplicate() has batches that share messages end, each message handled once", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start(2, 2);
  const first = gate();
  shop.handle = () => shop.seen.length === 1 ? first.promise : undefined;

  await kit.publish([1, 2, -2, -1]);
  await kit.clock.advance(50);
  assert.deepEqual(shop.seen, [[1, 2]]);
  first.resolve();
  await kit.clock.advance(10);

  assert.deepEqual(shop.seen, [[1, 2]]);
  assert.deepEqual(await kit.stop(), { settled: 4, returned: 0, lost: 0 });
});

test("deduplicate() keeps the work for after a batch", async () => {
  const shop = new Shop();
  await using kit = shop.kit;
  await shop.start(3);
  shop.handle = () => ack().andAfter(() => void shop.after.push("after"));

  await kit.publish([1, 2, -2]);

  assert.deepEqual([shop.seen, shop.after], [[[1, 2]], ["after"]]);
});
