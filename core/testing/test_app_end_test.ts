import { retry, RustStream, subscriber } from "@ruststream/core";
import type { Broker } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info, orders, quotes, realWork, service } from "./_kit_test.ts";
import { testApp } from "./test_app.ts";

test("TestApp.stop() gives handlers that sleep their time, and reports what became of deliveries", async () => {
  const take = subscriber(
    orders,
    { concurrency: 2 },
    async ({ id }, { clock }) => {
      if (id === 2) return retry({ afterMs: 60_000 });
      await clock.sleep(5_000);
      return undefined;
    },
  );
  await using t = await testApp(service(take));
  await t.publish(orders, { id: 1 });
  await t.publish(orders, { id: 2 });

  const from = performance.now();
  const report = await t.stop();

  // Nobody waited for real time to pass.
  assert.ok(performance.now() - from < 5_000);
  assert.equal(t.now, 5_000);
  // The retry that waits at an ungrouped memory queue goes with it, and memory says so.
  assert.deepEqual(report, { settled: 2, returned: 0, lost: 1 });
  t.subscriber(take).calledWith({ id: 1 }).acked();
  t.subscriber(take).calledWith({ id: 2 }).retried();
});

test("TestApp.stop() cuts short what sleeps longer than the drain", async () => {
  let aborted = false;
  const take = subscriber(orders, async (_order, { clock, signal }) => {
    try {
      await clock.sleep(60_000, signal);
    } finally {
      aborted = signal.aborted;
    }
  });
  await using t = await testApp(service(take));
  await t.publish(orders, { id: 1 });

  const report = await t.stop({ drainMs: 1_000 });

  assert.deepEqual([t.now, aborted], [1_000, true]);
  assert.deepEqual(report, { settled: 0, returned: 0, lost: 1 });
  t.subscriber(take).ended("release");
});

test("TestApp.stop() lets real teardowns finish, and does not wait for ever for a handler that hangs", async () => {
  const done: string[] = [];
  const never = new Promise<void>(() => {});
  const hang = subscriber(orders, () => never);
  const app = new RustStream(info)
    .withState((stack) => {
      stack.defer(async () => {
        await realWork(30);
        done.push("torn down");
      });
      return {};
    })
    .withBroker(new MemoryBroker(), (b) => b.include(hang));
  const t = await testApp(app, { withinMs: 500 });
  await t.send(orders, { id: 1 });

  const report = await t.stop();

  assert.deepEqual(report, { settled: 0, returned: 0, lost: 1 });
  assert.deepEqual(done, ["torn down"]);
});

test("TestApp.stop() may be called again, and disposing is the same", async () => {
  let stopped = 0;
  const app = service(subscriber(orders, () => {}));
  app.afterStop(() => {
    stopped++;
  });
  const t = await testApp(app);
  await t.publish(orders, { id: 1 });

  const [first, second] = await Promise.all([t.stop(), t.stop()]);
  await t[Symbol.asyncDispose]();

  assert.equal(first, second);
  assert.deepEqual(first, { settled: 1, returned: 0, lost: 0 });
  assert.equal(stopped, 1);
});

test("TestApp refuses to go on after its stop, and can still be looked at", async () => {
  const take = subscriber(orders, () => {});
  const t = await testApp(service(take));
  await t.publish(orders, { id: 1 });
  await t.stop();

  const closed = {
    code: "closed",
    message: /^Cannot .*: "shop" under test has stopped$/,
  };
  await assert.rejects(t.publish(orders, { id: 2 }), closed);
  await assert.rejects(t.send(orders, { id: 2 }), closed);
  await assert.rejects(t.request(quotes, { sku: "a" }), closed);
  await assert.rejects(t.settle(), closed);
  await assert.rejects(t.advance(1), closed);
  t.subscriber(take).calledOnceWith({ id: 1 }).acked();
  assert.equal(t.now, 0);
});

test("TestApp says why an application stopped by itself", async () => {
  const take = subscriber(
    orders,
    { retry: { maxAttempts: 1 }, onExhausted: "stop" },
    () => {
      throw new Error("the disk is full");
    },
  );
  await using t = await testApp(service(take));
  assert.equal(t.failure, undefined);

  await t.publish(orders, { id: 1 });

  assert.match(String(t.failure), /the policy of "orders" stops the service/);
  await assert.rejects(t.publish(orders, { id: 2 }), {
    code: "closed",
    cause: t.failure,
  });
});

test("testApp() rejects where the application does not start, and leaves nothing open", async () => {
  const fault = new Error("no database");
  const torn: string[] = [];
  const app = new RustStream(info)
    .withState((stack): object => {
      stack.defer(() => void torn.push("state"));
      throw fault;
    })
    .withBroker(new MemoryBroker());
  const late = service(subscriber(orders, () => {}));
  late.afterStart(() => {
    throw fault;
  });

  await assert.rejects(testApp(app), fault);
  await assert.rejects(testApp(late), fault);
  assert.deepEqual(torn, ["state"]);
});

test("testApp() rejects where a start does not end", async () => {
  const app = new RustStream(info)
    .withState(() => new Promise<object>(() => {}))
    .withBroker(new MemoryBroker());

  await assert.rejects(testApp(app, { withinMs: 20 }), {
    name: "UnrestError",
    message: 'Cannot start "shop": it has not started after 20 ms',
  });
});

test("testApp() names a broker without an in-process form", async () => {
  const far: Broker = {
    name: "far",
    guarantees: new MemoryBroker().guarantees,
    describe: () => [],
    connect: () => Promise.reject(new Error("not here")),
  };
  const app = new RustStream(info).withBroker(far);

  await assert.rejects(testApp(app), {
    code: "unsupported",
    message:
      'Cannot test on broker "far": it has no in-process form; give one by the option "brokers", or say live: true',
  });
  await using t = await testApp(app, { brokers: { far: new MemoryBroker() } });
  assert.deepEqual(t.pending, []);
});

test("testApp() refuses what it does not know", async () => {
  const app = service();
  const wrong: readonly object[] = [
    { states: 1 },
    { withinMs: "1" },
    { live: "yes" },
    { deps: { db: 1 } },
    { brokers: { memory: {} } },
    { middleware: () => {} },
  ];

  for (const options of wrong) {
    await assert.rejects(testApp(app, options), TypeError);
  }
  await assert.rejects(testApp(app, { maxSteps: 0 }), RangeError);
  await assert.rejects(
    testApp({} as never),
    /^TypeError: Cannot look into an object: expected an application$/,
  );
});
