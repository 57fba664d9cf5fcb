import { test } from "@ruststream/conformance/runner";
import { metrics } from "@ruststream/metrics";
import assert from "node:assert/strict";
import { shown, TestClock } from "./_kit_test.ts";

type Backlog = { readonly waiting: number; readonly unsettled: number };

const mine = {
  subscriber: "mine",
  template: "orders",
  broker: "memory",
  concurrency: 1,
};
const own = '{broker="memory",subscriber="mine",template="orders"}';

test("Metrics.page() shows what waits at the broker, and asks again when that is old", async () => {
  const clock = new TestClock();
  const counted = metrics({ clock, backlogMaxAgeMs: 1_000 });
  let asked = 0;
  const backlog = (): Promise<Backlog> =>
    Promise.resolve({ waiting: 10 * ++asked, unsettled: 3 });
  counted.subscribed?.({ ...mine, backlog });

  const first = await shown(counted, "subscription_waiting_messages");
  await clock.advance(999);
  const same = await shown(counted, "subscription_waiting_messages");
  await clock.advance(1);

  assert.deepEqual([first, same], [{ [own]: 10 }, { [own]: 10 }]);
  assert.deepEqual(await shown(counted, "subscription_waiting_messages"), {
    [own]: 20,
  });
  assert.deepEqual(await shown(counted, "subscription_unsettled_messages"), {
    [own]: 3,
  });
  assert.equal(clock.pending, 0);
});

test("Metrics.page() waits for slow brokers only so long, leaves them out, and asks once for all who scrape", async () => {
  const clock = new TestClock();
  const counted = metrics({ clock, backlogWithinMs: 200, backlogMaxAgeMs: 0 });
  const late = Promise.withResolvers<Backlog>();
  let asked = 0;
  counted.subscribed?.({
    ...mine,
    backlog: () => {
      asked++;
      return late.promise;
    },
  });
  const other = { ...mine, subscriber: "other" };
  counted.subscribed?.({
    ...other,
    backlog: () => Promise.resolve({ waiting: 1, unsettled: 0 }),
  });

  const scraped = shown(counted, "subscription_waiting_messages");
  const meanwhile = shown(counted, "subscription_waiting_messages");
  await clock.advance(200);

  const expected = {
    '{broker="memory",subscriber="other",template="orders"}': 1,
  };
  assert.deepEqual(await scraped, expected);
  assert.deepEqual(await meanwhile, expected);
  assert.equal(asked, 1);
  late.resolve({ waiting: 5, unsettled: 5 });
  await late.promise;
  await clock.advance(0);
  assert.equal(clock.pending, 0);
});

for (
  const [what, backlog] of [
    ["rejects", () => Promise.reject(new Error("away"))],
    ["throws", () => {
      throw new Error("away");
    }],
  ] as const
) {
  test(`Metrics.page() shows the rest where a broker ${what}`, async () => {
    const counted = metrics({ clock: new TestClock() });
    counted.subscribed?.({ ...mine, backlog });

    assert.deepEqual(
      await shown(counted, "subscription_waiting_messages"),
      {},
    );
    assert.deepEqual(await shown(counted, "messages_received_total"), {
      [own]: 0,
    });
  });
}
