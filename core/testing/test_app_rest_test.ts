import { ack, out, retry, RustStream, subscriber } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info, orders, receipts, service } from "./_kit_test.ts";
import { testApp } from "./test_app.ts";
import { TestClock } from "./_test_clock.ts";

test("TestApp.publish() returns while a handler waits for room at a broker that has none before time moves", async () => {
  const take = subscriber(
    orders,
    { out: { receipts: out(receipts) } },
    async ({ id }, ctx) => {
      for (let copy = 0; copy < 5; copy++) {
        await ctx.out.receipts.publish({ id });
      }
    },
  );
  const slow = subscriber(receipts, async (_receipt, { clock }) => {
    await clock.sleep(100);
  });
  const app = new RustStream(info).withBroker(
    new MemoryBroker({ capacity: 1 }),
    (b) => b.include(take).include(slow),
  );
  await using t = await testApp(app, { withinMs: 5_000 });

  await t.publish(orders, { id: 1 });

  assert.deepEqual(t.subscriber(take).outcomes, [undefined]);
  assert.ok(
    t.pending.some(({ why, address }) =>
      why === "publish" && address === "receipts"
    ),
  );
  await t.advance(1_000);
  t.subscriber(take).calledOnce().acked();
  t.subscriber(slow).calledTimes(5).acked(5);
});

test("TestApp.publish() returns while work after a settlement sleeps on the clock", async () => {
  const done: number[] = [];
  const take = subscriber(
    orders,
    (_order, { clock }) =>
      ack().andAfter(async () => {
        await clock.sleep(50);
        done.push(clock.now());
      }),
  );
  await using t = await testApp(service(take), { withinMs: 5_000 });

  await t.publish(orders, { id: 1 });
  t.subscriber(take).acked();
  assert.deepEqual(done, []);
  await t.advance(50);

  assert.deepEqual(done, [50]);
});

test("TestApp counts as retried what a middleware has held", async () => {
  const take = subscriber(
    orders,
    {
      retry: { order: "keep", maxAttempts: 3 },
      middleware: [(next) => async (ctx) => {
        const outcome = await next(ctx);
        return ctx.attempt < 3 ? retry({ afterMs: 10 }) : outcome;
      }],
    },
    () => {},
  );
  await using t = await testApp(service(take));

  await t.publish(orders, { id: 1 });
  await t.advance(20);

  assert.deepEqual(t.subscriber(take).outcomes, ["retry", "retry", "ack"]);
});

test("TestApp lets others run, however long something goes round", async () => {
  const take = subscriber(orders, () => retry({ afterMs: 0 }));
  await using t = await testApp(service(take), { maxSteps: 10_000 });

  const published = t.publish(orders, { id: 1 }).catch((error) => error);
  const first = await Promise.race([
    published,
    new Promise((resolve) => setTimeout(resolve, 0, "a timer")),
  ]);

  assert.equal(first, "a timer");
  assert.match(String(await published), /UnrestError/);
});

test("TestClock.mono() does not depend on the machine", () => {
  const [one, other] = [new TestClock(), new TestClock()];

  assert.deepEqual([one.mono(), one.mono()], [other.mono(), other.mono()]);
});
