import { subscriber } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { quotes, service } from "./_kit_test.ts";
import { testApp } from "./test_app.ts";

const backoff = { initialMs: 100, maxMs: 400, jitter: false };

test("TestApp.request() gives the reply, and moves time where the reply needs it", async () => {
  let asked = 0;
  const price = subscriber(
    quotes,
    { retry: { backoff, maxAttempts: 3 } },
    ({ sku }) => {
      if (++asked === 2) throw new Error("not now");
      return { cents: sku.length };
    },
  );
  await using t = await testApp(service(price));

  assert.deepEqual(await t.request(quotes, { sku: "abc" }), { cents: 3 });
  assert.equal(t.now, 0);
  assert.deepEqual(await t.request(quotes, { sku: "abcd" }), { cents: 4 });
  assert.equal(t.now, 100);
  t.subscriber(price).calledTimes(3).retried(1).acked(2);
  t.subscriber(price).replies.times(2);
});

test("TestApp.request() rejects where nobody listens, in time, and with what went wrong there", async () => {
  const late = subscriber(quotes, async (_quote, { clock }) => {
    await clock.sleep(60_000);
    return { cents: 1 };
  });
  const broken = subscriber(
    quotes,
    { retry: { maxAttempts: 1 } },
    () => {
      throw new Error("no price");
    },
  );
  await using nobody = await testApp(service());
  await using slow = await testApp(service(late));
  await using failing = await testApp(service(broken));

  await assert.rejects(nobody.request(quotes, { sku: "a" }), {
    code: "no-responder",
  });
  await assert.rejects(slow.request(quotes, { sku: "a" }, { timeoutMs: 300 }), {
    code: "timeout",
  });
  assert.equal(slow.now, 300);
  await assert.rejects(failing.request(quotes, { sku: "a" }), {
    code: "remote",
  });
});
