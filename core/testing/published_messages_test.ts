import { out, RustStream, subscriber } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { audit, info, orders, receipts, service } from "./_kit_test.ts";
import { testApp } from "./test_app.ts";
import type { TestApp } from "./test_app_types.ts";

const tell = subscriber(
  orders,
  { name: "tell", out: { audit: out(audit) } },
  async ({ id }, ctx) => {
    await ctx.out.audit.publish({ what: `order ${id}` }, {
      params: { of: "acme" },
      headers: { "x-trace": ["a", "b"], "x-id": String(id) },
      key: "k",
    });
  },
);

async function told(...ids: readonly number[]): Promise<TestApp> {
  const app = new RustStream(info).withBroker(
    new MemoryBroker(),
    (b) => b.include(tell),
  );
  const t = await testApp(app);
  for (const id of ids) await t.publish(orders, { id });
  return t;
}

test("PublishedMessages holds or throws, for each of its assertions", async () => {
  await using one = await told(1);
  await using two = await told(1, 2);

  one.published(audit).once().times(1).once({ what: "order 1" }, {
    params: { of: "acme" },
    headers: { "X-Trace": ["a", "b"], "x-id": "1" },
    key: "k",
  });
  one.published(audit).once(undefined, { headers: { "x-id": "1" } });
  one.published(receipts).none();
  two.published(audit).times(2).with({ what: "order 2" });

  for (
    const assertion of [
      () => two.published(audit).once(),
      () => two.published(audit).none(),
      () => two.published(audit).times(3),
      () => two.published(audit).with({ what: "order 3" }),
      () => one.published(audit).once({ what: "order 2" }),
      () => one.published(audit).once(undefined, { headers: { "x-id": "2" } }),
      () => one.published(audit).once(undefined, { params: { of: "other" } }),
      () => one.published(audit).once(undefined, { key: "other" }),
      () => one.published(audit).once(undefined, { options: { ttlMs: 1 } }),
    ]
  ) assert.throws(assertion, { name: "AssertionError" });
});

test("PublishedMessages says what was published, by whom", async () => {
  await using t = await told(1);

  assert.throws(
    () =>
      t.published(audit).with({ what: "order 2" }, {
        headers: { "x-id": "2" },
      }),
    {
      message:
        `Expected a message { what: "order 2" } with { headers: { "x-id": "2" } } of audit.{of}, found 1
  message 1: at what expected "order 2", found "order 1"
  message 1: header x-id: expected "2", found "1"

Published:
  audit.acme slot audit of tell {"what":"order 1"}

The latest events:
       0 - orders sent
       0 tell orders #1 received
       0 tell orders #1 started
       0 tell audit.acme published, slot audit
       0 tell orders #1 returned
       0 tell orders #1 settled: ack`,
    },
  );
});

test("PublishedMessages gives plain data", async () => {
  await using t = await told(1);

  const [message] = t.published(audit).messages;

  const fields = [...message?.headers ?? []];
  const id = fields.pop();
  assert.equal(id?.[0], "message-id");
  assert.deepEqual({ ...message, headers: fields }, {
    payload: { what: "order 1" },
    address: "audit.acme",
    params: { of: "acme" },
    headers: [["x-trace", "a"], ["x-trace", "b"], ["x-id", "1"]],
    key: "k",
    body: new TextEncoder().encode('{"what":"order 1"}'),
    options: undefined,
    at: 0,
    broker: "memory",
    by: { subscriber: "tell", as: "slot", slot: "audit" },
  });
});

test("PublishedMessages counts what failed as not published", async () => {
  const big = subscriber(
    orders,
    { out: { receipts: out(receipts) }, retry: { maxAttempts: 1 } },
    async ({ id }, ctx) => {
      await ctx.out.receipts.publish({ id, pad: "x".repeat(100) } as never);
    },
  );
  const app = new RustStream(info).withBroker(
    new MemoryBroker({ maxBodyBytes: 50 }),
    (b) => b.include(big),
  );
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 });

  t.published(receipts).none();
  t.subscriber(big).rejected();
  assert.deepEqual(
    t.events.filter(({ kind }) => kind === "not published").map((e) =>
      e.address
    ),
    ["receipts"],
  );
});

test("PublishedMessages does not count what the test sent, nor what was given up in a transaction", async () => {
  const take = subscriber(
    orders,
    { out: { receipts: out(receipts).transactional() } },
    async ({ id }, ctx) => {
      const transaction = await ctx.out.receipts.begin();
      await transaction.publish({ id });
      await transaction.publish({ id: id + 1 });
      if (id === 1) await transaction.commit();
      await transaction[Symbol.asyncDispose]();
    },
  );
  await using t = await testApp(service(take as never));

  await t.publish(orders, { id: 1 });
  await t.publish(orders, { id: 5 });

  t.published(orders).none();
  assert.deepEqual(t.published(receipts).payloads, [{ id: 1 }, { id: 2 }]);
});
