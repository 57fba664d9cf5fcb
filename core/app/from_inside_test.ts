// What handlers, hooks and mounts may say of the application that they are in.
import {
  batchSubscriber,
  channel,
  out,
  reply,
  Router,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { testApp, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info } from "./_kit_test.ts";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const audit = channel<string>("audit");
const answers = channel<string>("answers");
const asked = { ...channel<Order>("asked"), reply: answers };

test("ctx.stop() stops the application when its handler has ended, and may be called again", async () => {
  const seen: number[] = [];
  const running = await new RustStream(info)
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(subscriber(orders, ({ id }) => void seen.push(id)))
          .include(subscriber(channel<Order>("last"), async (_order, ctx) => {
            ctx.stop();
            ctx.stop();
            await Promise.resolve();
            seen.push(-1);
          })),
    )
    .start();

  await running.publisher.publish(orders, { id: 1 });
  await running.publisher.publish(channel<Order>("last"), { id: 2 });
  const report = await running.stopped;

  assert.deepEqual(report, { settled: 2, returned: 0, lost: 0 });
  assert.deepEqual(seen, [1, -1]);
  assert.equal(running.failure, undefined);
});

test("a hook publishes on any broker, sees the connections, and stops the application; an afterStart hook as soon as it runs", async () => {
  const first = new MemoryBroker();
  const second = new MemoryBroker({ name: "second" });
  const seen: unknown[] = [];
  const running = await new RustStream(info)
    .withBroker(first)
    .withBroker(
      second,
      (b) =>
        b.include(
          subscriber(audit, { group: "g" }, (what) => void seen.push(what)),
        ),
    )
    .afterStart(async ({ publisherOf, connections, stop }) => {
      seen.push([...connections.keys()]);
      await publisherOf(second).publish(audit, "started");
      assert.throws(
        () => publisherOf(new MemoryBroker({ name: "none" })),
        TypeError,
      );
      stop();
    })
    .start();

  await running.stopped;

  assert.deepEqual(seen[0], ["memory", "second"]);
});

test("a mount names its subscriber: one handler may be there twice, each with its name", async () => {
  const names: string[] = [];
  const handle = subscriber(orders, { name: "own" }, () => {});
  const app = new RustStream(info).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(handle)
        .include(handle, { name: "again" })
        .include(new Router().include(handle, { name: "routed" })),
  ).observe({ settled: ({ subscriber }) => void names.push(subscriber) });
  await using t = await testApp(app);
  await t.publish(orders, { id: 1 });

  assert.deepEqual(names.sort(), ["again", "own", "routed"]);
  assert.deepEqual(
    app.describe().subscribers.map(({ name }) => name),
    ["own", "again", "routed"],
  );
});

test("two subscribers of one name are refused, whoever gave it, and so is a name that is none", () => {
  const handle = subscriber(orders, { name: "own" }, () => {});
  const twice = new RustStream(info).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(handle).include(subscriber(audit, () => {}), { name: "own" }),
  );

  assert.throws(() => twice.describe(), /two subscribers are named "own"/);
  for (const name of ["", 7] as never[]) {
    assert.throws(
      () =>
        new RustStream(info).withBroker(
          new MemoryBroker(),
          (b) => b.include(handle, { name }),
        ),
      (error: Error) =>
        (error instanceof TypeError || error instanceof RangeError) &&
        error.message.includes('"name" must be'),
    );
  }
});

test("a stop waits for a request that is open, and its reply comes", async () => {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const answering = await new RustStream({ ...info, title: "other" })
    .withBroker(
      broker,
      (b) =>
        b.include(subscriber(asked, async ({ id }, ctx) => {
          await ctx.clock.sleep(100);
          return `answer ${id}`;
        })),
    )
    .start({ clock });
  const running = await new RustStream(info).withBroker(broker).start({
    clock,
  });

  const answer = running.publisherOf(broker).request(asked, { id: 1 }, {
    timeoutMs: 1_000,
  });
  await clock.advance(10);
  const stopped = running.stop();
  await clock.advance(200);

  assert.equal(await answer, "answer 1");
  await clock.advance(10_000);
  await stopped;
  const ended = answering.stop();
  await clock.advance(10_000);
  await ended;
});

test("a stop waits for an open request no longer than drainMs", async () => {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  await using other = await broker.connect({ clock });
  const silent = await other.subscribe({
    template: "asked",
    tokens: [{ kind: "literal", text: "asked" }],
  });
  const notices: string[] = [];
  const running = await new RustStream(info).withBroker(broker)
    .observe({ notice: ({ message }) => void notices.push(message) })
    .start({ clock });

  const answer = running.publisherOf(broker).request(asked, { id: 1 }, {
    timeoutMs: 60_000,
  });
  const rejected = assert.rejects(answer, { code: "closed" });
  await clock.advance(1);
  let isOver = false;
  const stopped = running.stop({ drainMs: 5_000 })
    .then(() => isOver = true);
  await clock.advance(4_900);
  const before = isOver;
  await clock.advance(10_000);
  await stopped;
  await rejected;
  await silent[Symbol.asyncDispose]();

  assert.equal(before, false);
  assert.match(notices.join(), /after 1000 ms 1 request is still open$/);
});

test("what a transactional batch publishes is told as of its slot or as its reply", async () => {
  const take = batchSubscriber(
    orders,
    {
      name: "take",
      max: 2,
      transactional: true,
      out: { audit: out(audit) },
      reply: answers,
    },
    async (batch, { out }) => {
      await out.audit.publish(`${batch.length}`);
      return batch.map(({ payload }) => reply(`${payload.id}`));
    },
  );
  await using t = await testApp(
    new RustStream(info).withBroker(new MemoryBroker(), (b) => b.include(take)),
  );
  await t.publish(orders, { id: 1 });

  assert.deepEqual(t.published(audit).messages.map(({ by }) => by), [
    { subscriber: "take", as: "slot", slot: "audit" },
  ]);
  assert.deepEqual(t.published(answers).messages.map(({ by }) => by), [
    { subscriber: "take", as: "reply" },
  ]);
});
