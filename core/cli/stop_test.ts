import { test } from "@ruststream/conformance/runner";
import { channel, reject, retry, subscriber } from "@ruststream/core";
import { systemClock } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { quietApp, run, TestWorld } from "./_kit_test.ts";

const orders = channel<{ id: number }>("orders");
const never = Promise.withResolvers<void>().promise;

function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `{"id":${i + 1}}\n`).join("");
}

test("main() exits with 1 where the service stops by itself", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(
        orders,
        { group: "g", retry: { maxAttempts: 1 }, onExhausted: "stop" },
        ({ id }) => {
          if (id === 2) throw new Error("no stock");
        },
      )),
  );
  const world = new TestWorld("--feed orders=f --exit-when-idle --json")
    .file("f", lines(3));

  assert.equal(await run(world, app), 1);

  assert.match(
    world.stderr,
    /Cannot go on: the policy of "orders" stops .*no stock\n/,
  );
  assert.equal(world.json.stoppedBy, "failure");
  const { acked, notSettled } = world.json.deliveries;
  assert.deepEqual([acked, notSettled], [1, 2]);
});

test("main() exits with 1 where a service without feeds stops by itself", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(
        orders,
        { group: "g", onExhausted: "stop" },
        () => reject("no stock"),
      )),
  ).afterStart(async ({ publisher }) => {
    await publisher.publish(orders, { id: 1 });
  });
  const world = new TestWorld("run");

  assert.equal(await run(world, app), 1);

  assert.match(
    world.stderr,
    /stopped \(failure\): 0 settled, 1 returned, 0 lost\n$/,
  );
  assert.equal(world.stdout, "");
});

test("main() exits with 0 where a handler has the service stop", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(orders, { group: "g" }, ({ id }, ctx) => {
        if (id === 2) ctx.stop();
      })),
  );
  const world = new TestWorld("--feed orders=f --json").file("f", lines(2));

  assert.equal(await run(world, app), 0);

  assert.equal(world.json.stoppedBy, "application");
  assert.match(
    world.stderr,
    /stopped \(application\): 2 settled, 0 returned, 0 lost\n$/,
  );
});

for (
  const [who, order] of [["the broker", "yield"], [
    "the runtime",
    "keep",
  ]] as const
) {
  test(`main() counts a retry that waits with ${who} as retried and not settled`, async () => {
    const tried = Promise.withResolvers<void>();
    const app = quietApp().withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(subscriber(orders, { group: "g", retry: { order } }, () => {
          tried.resolve();
          return retry({ afterMs: 60_000 });
        })),
    );
    const world = new TestWorld("--feed orders=f --json").file("f", lines(1));
    const code = run(world, app);
    await tried.promise;
    await systemClock.turn();
    world.send("SIGINT");

    assert.equal(await code, 1);

    const { acked, retried, notSettled } = world.json.deliveries;
    assert.deepEqual([acked, retried, notSettled], [0, 1, 1]);
  });
}

test("main() exits with 1 where a delivery is lost", async () => {
  const started = Promise.withResolvers<void>();
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(orders, async () => {
        started.resolve();
        await never;
      })),
  );
  const world = new TestWorld("--feed orders=f --drain-ms 10 --json")
    .file("f", lines(1));
  const code = run(world, app);
  await started.promise;
  world.send("SIGINT");

  assert.equal(await code, 1);

  const { lost, notSettled } = world.json.deliveries;
  assert.deepEqual([lost, notSettled], [1, 1]);
});

test("main() ends a start that a signal comes into, and exits with 0", async () => {
  const starting = Promise.withResolvers<void>();
  const app = quietApp().withBroker(new MemoryBroker()).afterStart(async () => {
    starting.resolve();
    await never;
  });
  const world = new TestWorld("run");
  const code = run(world, app);
  await starting.promise;
  world.send("SIGTERM");

  assert.equal(await code, 0);

  assert.equal(world.stderr, "shop 0.1.0 stopped before it ran\n");
});

test("main() writes its summary where a signal comes into the start, and exits with 0", async () => {
  const starting = Promise.withResolvers<void>();
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  ).afterStart(async () => {
    starting.resolve();
    await never;
  });
  const world = new TestWorld("--feed orders=f --json").file("f", lines(3));
  const code = run(world, app);
  await starting.promise;
  world.send("SIGTERM");

  assert.equal(await code, 0);

  const { stoppedBy, lines: read, deliveries, feeds } = world.json;
  assert.equal(stoppedBy, "SIGTERM");
  assert.deepEqual([read.read, deliveries.notSettled], [0, 0]);
  assert.deepEqual(feeds.map(({ address, ended }) => [address, ended]), [
    ["orders", false],
  ]);
});

test("main() takes signals right after the first for the same wish, and a later one for another", async () => {
  const app = quietApp().withBroker(new MemoryBroker()).beforeStop(() => never);
  let now = 0;
  const world = new TestWorld("run --drain-ms 100", undefined, {
    ...systemClock,
    mono: () => now,
  });
  const code = run(world, app);
  await world.said(/runs: 0 subscribers on memory\n/);
  world.send("SIGINT");
  now = 199;
  world.send("SIGINT");
  now = 499;
  world.send("SIGTERM");
  assert.deepEqual(world.exits, []);

  now = 500;
  world.send("SIGTERM");
  world.send("SIGINT");

  assert.deepEqual(world.exits, [143, 130]);
  await code;
});

test("main() says why the service does not start, though its feed cannot be let go of", async () => {
  const world = new TestWorld("--feed orders=f").file("f", () => ({
    read: () => Promise.resolve(undefined),
    close: () => Promise.reject(new Error("no such handle")),
  }));
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, { group: "g" }, () => {})),
  ).afterStart(() => {
    throw new Error("no stock");
  });

  assert.equal(await run(world, app), 1);

  assert.equal(world.stderr, "no stock\n");
});
