import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "@ruststream/conformance/runner";
import {
  batchSubscriber,
  channel,
  type Middleware,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";

const orders = channel<{ id: number }>("orders");
const many = channel<{ id: number }>("many");

test("a context is printed in a few lines: what is of its delivery, what was added, and no state", async () => {
  const printed: string[] = [];
  const print = (...values: readonly unknown[]): void => {
    for (const value of values) printed.push(inspect(value, { depth: 10 }));
  };
  const adding: Middleware = (next) => (context) =>
    next(Object.create(context, {
      user: { value: "ann", enumerable: true },
    }));
  const one = subscriber(orders, { middleware: [adding] }, (_, context) => {
    print(context, context.delivery);
  });
  const batch = batchSubscriber(many, { max: 2 }, (_, context) => {
    print(context);
  });
  const app = new RustStream({
    title: "printing",
    version: "1.0.0",
  }).withState(() => ({ password: "s3cret" })).withBroker(
    new MemoryBroker(),
    (b) => {
      b.include(one);
      b.include(batch);
    },
  );
  await using t = await testApp(app);

  await t.publish(orders, { id: 7 });
  await t.publish(many, { id: 8 });

  assert.equal(printed.length, 3);
  assert.match(printed[0] ?? "", /id: 7[^]*user: 'ann'/);
  assert.match(printed[1] ?? "", /address: 'orders'/);
  assert.match(printed[2] ?? "", /id: 8/);
  for (const text of printed) {
    assert.ok(text.split("\n").length <= 20, text);
    assert.doesNotMatch(text, /s3cret/);
  }
});
