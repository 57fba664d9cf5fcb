import { channel, subscriber } from "@ruststream/core";
import type { AsyncCodec } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Gauge, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");

for (const concurrency of [1, 3, 16]) {
  test(`concurrency ${concurrency} runs so many handlers at once, and never more`, async () => {
    await using kit = new Kit();
    const gauge = new Gauge();
    await kit.start(subscriber(orders, { concurrency }, async ({ id }) => {
      gauge.enter();
      await kit.clock.sleep(1 + id % 7);
      gauge.leave();
    }));

    await kit.pushMany(100);
    await kit.clock.advance(1_000);

    assert.equal(gauge.most, concurrency);
    assert.equal(kit.settled.length, 100);
  });
}

test("concurrency is 1 by default: one at a time, in order of arrival", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  await kit.start(subscriber(orders, async ({ id }) => {
    seen.push(`in ${id}`);
    await kit.clock.sleep(10 - id);
    seen.push(`out ${id}`);
  }));

  await kit.pushMany(4);
  await kit.clock.advance(100);

  assert.deepEqual(seen, [
    ...["in 1", "out 1", "in 2", "out 2"],
    ...["in 3", "out 3", "in 4", "out 4"],
  ]);
});

test("a slot is free when the settlement is claimed, not when it is confirmed", async () => {
  await using kit = new Kit();
  kit.onSettle = () => kit.clock.sleep(1_000);
  const seen: number[] = [];
  await kit.start(subscriber(orders, ({ id }) => void seen.push(id)));

  await kit.pushMany(3);

  assert.deepEqual(seen, [1, 2, 3]);
  await kit.clock.advance(1_000);
});

for (const concurrency of [1, 4]) {
  test(`with concurrency ${concurrency} at most 64 are read ahead of the handlers`, async () => {
    await using kit = new Kit();
    let ran = 0;
    const gate = Promise.withResolvers<void>();
    await kit.start(subscriber(orders, { concurrency }, () => {
      ran++;
      return gate.promise;
    }));

    await kit.pushMany(500);
    const left = kit.subscriptions[0]?.buffer.size ?? 0;
    gate.resolve();
    await kit.turns();

    assert.ok(500 - left - concurrency <= 64, `${500 - left} were read`);
    assert.equal(ran, 500);
  });
}

test("with keys at most 64 are read ahead too, those behind a busy key included", async () => {
  await using kit = new Kit();
  const gate = Promise.withResolvers<void>();
  await kit.start(
    subscriber(orders, {
      orderBy: () => "a",
      concurrency: 4,
      retry: { maxAttempts: Infinity },
    }, () => gate.promise),
  );

  await kit.pushMany(500);
  const left = kit.subscriptions[0]?.buffer.size ?? 0;
  gate.resolve();
  await kit.turns();

  assert.ok(500 - left - 1 <= 64, `${500 - left} were read`);
  assert.equal(kit.settled.length, 500);
});

test("what was read ahead is given back at a stop, in order, and not run", async () => {
  await using kit = new Kit();
  const gate = Promise.withResolvers<void>();
  const ran: number[] = [];
  const running = await kit.start(subscriber(orders, ({ id }) => {
    ran.push(id);
    return gate.promise;
  }));
  await kit.pushMany(70);

  const stopping = running.stop();
  await kit.turns();
  gate.resolve();
  const report = await stopping;

  const released = Array.from({ length: 63 }, (_, n) => `${n + 2} release`);
  assert.deepEqual(kit.settled, [...released, "1 ack"]);
  assert.deepEqual(kit.handedBack, ["65", "66", "67", "68", "69", "70"]);
  assert.deepEqual(ran, [1]);
  assert.deepEqual(report, { settled: 1, returned: 63, lost: 0 });
});

test("where nothing is redelivered a stop handles what has arrived", async () => {
  await using kit = new Kit({ redelivery: "none" });
  const ran: number[] = [];
  const running = await kit.start(subscriber(orders, async ({ id }) => {
    await kit.clock.sleep(1);
    ran.push(id);
  }));
  await kit.pushMany(200);

  const [report] = await kit.stop();

  assert.equal(ran.length, 200);
  assert.deepEqual(report, { settled: 200, returned: 0, lost: 0 });
  assert.equal(running.failure, undefined);
});

for (const redelivery of ["until-settled", "none"] as const) {
  test(`a subscription without batches is read one by one, and stopped like any other, redelivery ${redelivery}`, async () => {
    await using kit = new Kit({ redelivery });
    kit.hasBatches = false;
    const gauge = new Gauge();
    await kit.start(subscriber(orders, { concurrency: 2 }, async () => {
      gauge.enter();
      await kit.clock.sleep(10);
      gauge.leave();
    }));
    await kit.pushMany(10);
    await kit.clock.advance(10);

    const [{ settled, returned, lost }] = await kit.stop();

    assert.equal(gauge.most, 2);
    assert.equal(settled + returned + kit.handedBack.length, 10);
    assert.equal(settled, redelivery === "none" ? 10 : 4);
    assert.equal(lost, 0);
  });
}

/** JSON that is decoded so many milliseconds later. */
function slow(kit: Kit, ms: (order: Order) => number): AsyncCodec {
  return {
    contentType: "application/json",
    waits: true,
    encode: (value) => ({ body: new TextEncoder().encode(String(value)) }),
    async decode({ body }) {
      const order = JSON.parse(new TextDecoder().decode(body));
      await kit.clock.sleep(ms(order));
      return order;
    },
  };
}

test("with concurrency 1 a slow decode is waited for, in order", async () => {
  await using kit = new Kit();
  const seen: number[] = [];
  const codec = slow(kit, ({ id }) => 100 - id);
  await kit.start(
    subscriber(orders, { codec }, ({ id }) => void seen.push(id)),
  );

  await kit.pushMany(5);
  await kit.clock.advance(1_000);

  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
});

test("with more, deliveries decode side by side, and each has a slot while it does", async () => {
  await using kit = new Kit();
  const gauge = new Gauge();
  const codec = slow(kit, ({ id }) => (gauge.enter(), id));
  await kit.start(
    subscriber(orders, { codec, concurrency: 3 }, () => gauge.leave()),
  );

  await kit.pushMany(30);
  await kit.clock.advance(1_000);

  assert.equal(gauge.most, 3);
  assert.equal(kit.settled.length, 30);
});

test("what decodes while a stop begins is given back unrun", async () => {
  await using kit = new Kit();
  let ran = 0;
  const codec = slow(kit, () => 50);
  await kit.start(
    subscriber(orders, { codec, concurrency: 3 }, () => void ran++),
  );
  await kit.pushMany(2);

  const [report, took] = await kit.stop();

  assert.equal(ran, 0);
  assert.deepEqual(kit.settled, ["1 release", "2 release"]);
  assert.deepEqual(report, { settled: 0, returned: 2, lost: 0 });
  assert.ok(took <= 50, `it took ${took} ms`);
});
