import * as installed from "@opentelemetry/api";
import {
  batchSubscriber,
  channel,
  type HandlerContext,
  out,
  type Publish,
  type PublishTarget,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import { tracing } from "@ruststream/metrics/otel";
import assert from "node:assert/strict";
import { info, Sdk, traced } from "./_sdk_test.ts";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const never = (): Promise<void> => new Promise(() => {});
const target: PublishTarget = {
  kind: "publish",
  template: "orders",
  broker: "memory",
};
const message = { address: "orders", body: new Uint8Array(3) };

test("tracing() ends the span of a handler that was given up", async () => {
  await using sdk = new Sdk();
  const settings = { timeoutMs: 100, abandonMs: 50 };
  const app = traced(
    new RustStream(info, { ...settings, onExhausted: "reject" }),
  )
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(subscriber(orders, { retry: { maxAttempts: 1 } }, never))
          .include(
            batchSubscriber(channel<Order>("lists"), {
              max: 2,
              retry: { maxAttempts: 1 },
            }, never),
          ),
    );
  const clock = new VirtualClock();
  await using running = await app.start({ clock, drainMs: 0 });

  await running.publisher.publish(orders, { id: 1 });
  await running.publisher.publish(channel<Order>("lists"), { id: 1 });
  await clock.advance(1);
  await clock.advance(150);

  for (const name of ["process orders", "process lists"]) {
    const { attributes, status } = sdk.span(name);
    assert.equal(attributes["error.type"], "DOMException");
    assert.equal(status.code, 2);
  }
});

test("tracing() ends the span of a publish that fails, with its code, and fails as it does", async () => {
  await using sdk = new Sdk();
  const app = traced(new RustStream(info))
    .withBroker(new MemoryBroker({ maxBodyBytes: 5 }));
  await using running = await app.start();

  await assert.rejects(running.publisher.publish(orders, { id: 1 }), {
    code: "too-large",
  });

  const { attributes, status } = sdk.span("send orders");
  assert.equal(attributes["error.type"], "too-large");
  assert.equal(status.code, 2);
});

test("tracing() ends the span of a request when its last reply has come, or nobody reads on", async () => {
  await using sdk = new Sdk();
  const prices = channel("prices", {
    payload: type<string>(),
    reply: channel<number>("amounts"),
  });
  const app = traced(new RustStream(info)).withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(prices, () => 7)),
  );
  await using running = await app.start();
  const asking = running.publisherOf(new MemoryBroker());
  const open = (): ReadableStreamDefaultReader<number> =>
    asking.requestMany(prices, "mug", { timeoutMs: 500, maxReplies: 1 })
      .getReader();
  const count = (): number =>
    sdk.spans.filter(({ name }) => name === "request prices").length;

  const whole = open();
  assert.equal((await whole.read()).value, 7);
  assert.equal((await whole.read()).done, true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(count(), 1);
  await open().cancel();
  await running.stop();
  assert.equal(count(), 2);
});

test("tracing() has spans of what is sent for later and in a transaction", async () => {
  await using sdk = new Sdk();
  const app = traced(new RustStream(info)).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(
        subscriber(
          orders,
          {
            out: {
              later: out(orders).schedules(),
              all: out(orders).transactional(),
            },
          },
          async (order, ctx) => {
            if (order.id > 0) return;
            await ctx.out.later.schedule({ id: 1 }, new Date(0));
            await using all = await ctx.out.all.begin();
            await all.publish({ id: 2 });
            await all.commit();
          },
        ),
      ),
  );
  await using running = await app.start();

  await running.publisher.publish(orders, { id: 0 });
  await running.stop();

  assert.deepEqual(sdk.tree().slice(0, 4), [
    "send orders",
    "  process orders",
    "    schedule orders",
    "      process orders",
  ]);
  assert.ok(sdk.tree().includes("    send orders"));
});

test("tracing() uses the API that it is given", () => {
  const asked: string[] = [];
  const api = {
    ...installed,
    trace: Object.assign(Object.create(installed.trace), {
      getTracer: (name: string) => {
        asked.push(name);
        return installed.trace.getTracer(name);
      },
    }),
  };
  const send: Publish = tracing({ api }).publishMiddleware(() => "sent");

  assert.equal(send(message, target), "sent");

  assert.deepEqual(asked, ["@ruststream/metrics"]);
});

test("tracing() hands a handler on what it throws, and what no outcome is", async () => {
  await using sdk = new Sdk();
  const fault = new RangeError("at once");
  const ctx = {
    mounted: { subscriber: "a", template: "a", broker: "", kind: "single" },
    deliveries: [{ message }],
    attempt: 1,
  } as unknown as HandlerContext;
  const { middleware } = tracing();

  assert.throws(
    () =>
      void middleware(() => {
        throw fault;
      })(ctx),
    fault,
  );
  assert.equal(
    await middleware(() => Promise.resolve("nonsense" as never))(ctx),
    "nonsense",
  );

  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(
    sdk.spans.map(({ attributes }) => attributes["error.type"]),
    ["RangeError", "string"],
  );
});

test("tracing() refuses options that cannot be meant", () => {
  for (
    const [options, message] of [
      [{ skp: 1 }, /Cannot make tracing with "skp": known are api/],
      [{ skip: 1 }, /"skip": expected a function, found number/],
      [{ api: null }, /"api": expected an? object, found null/],
      [{ relation: "child" }, /"relation": expected "parent" or "link"/],
    ] as const
  ) {
    assert.throws(() => tracing(options as never), {
      name: "TypeError",
      message,
    });
  }
});
