import type { Settlement } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, read, rejectsWith, tap, text, waits } from "./_kit_test.ts";

test("settle() acks and rejects for good", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  for (const body of ["1", "2"]) {
    await connection.publisher.publish(text("a", body));
  }
  const [one, two] = await orders.take(2);

  await one?.settle({ kind: "ack" });
  await two?.settle({ kind: "reject", reason: "no" });
  await kit.clock.advance(100_000);

  assert.deepEqual(await orders.subscription.backlog(), {
    waiting: 0,
    unsettled: 0,
  });
  assert.ok(await waits(orders.reader.read()));
});

for (const group of [undefined, "workers"]) {
  const options = group === undefined ? {} : { group };
  const who = group === undefined ? "subscription" : "group";

  test(`a retry comes back to its ${who}, its attempt one higher`, async () => {
    await using kit = new Kit();
    const connection = await kit.connect();
    const orders = await tap(connection, "a", options);
    await connection.publisher.publish(text("a", "1"));
    await connection.publisher.publish(text("a", "2"));
    const first = await orders.next();

    await first.settle({ kind: "retry" });
    const again = await orders.next();

    assert.equal(read(again), "1", "what comes back stands before the newer");
    assert.equal(again.attempt, 2);
    assert.equal(again.id, first.id);
    assert.deepEqual(again.publishedAt, first.publishedAt);
    assert.equal(read(await orders.next()), "2");
  });

  test(`a release comes back to its ${who} with the same attempt`, async () => {
    await using kit = new Kit();
    const connection = await kit.connect();
    const orders = await tap(connection, "a", options);
    await connection.publisher.publish(text("a"));
    await (await orders.next()).settle({ kind: "retry" });

    await (await orders.next()).settle({ kind: "release" });

    assert.equal((await orders.next()).attempt, 2);
  });

  test(`a delayed retry comes back to its ${who}, and not sooner`, async () => {
    await using kit = new Kit();
    const connection = await kit.connect();
    const orders = await tap(connection, "a", options);
    await connection.publisher.publish(text("a", "late"));
    await (await orders.next()).settle({ kind: "retry", afterMs: 1000 });
    const reading = orders.next();

    await kit.clock.advance(999);
    const early = await waits(reading);
    const { waiting } = await orders.subscription.backlog();
    await kit.clock.advance(1);

    assert.ok(early);
    assert.equal(waiting, 1);
    assert.equal((await reading).attempt, 2);
  });
}

test("delayed retries come back in the order of their times", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  for (const body of ["30", "10", "20"]) {
    await connection.publisher.publish(text("a", body));
  }
  for (const delivery of await orders.take(3)) {
    await delivery.settle({ kind: "retry", afterMs: Number(read(delivery)) });
  }
  const seen: string[] = [];

  for (let step = 0; step < 3; step++) {
    await kit.clock.advance(10);
    seen.push(read(await orders.next()));
  }

  assert.deepEqual(seen, ["10", "20", "30"]);
});

test("a delayed retry lets newer messages pass", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a", "1"));
  await (await orders.next()).settle({ kind: "retry", afterMs: 1000 });

  await connection.publisher.publish(text("a", "2"));

  assert.equal(read(await orders.next()), "2");
});

test("settle() twice rejects with settled", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));
  const delivery = await orders.next();

  await delivery.settle({ kind: "ack" });

  await rejectsWith("settled", delivery.settle({ kind: "retry" }));
  assert.equal((await orders.subscription.backlog()).waiting, 0);
});

test("of two settles at once, one wins", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));
  const delivery = await orders.next();

  const both = await Promise.allSettled([
    delivery.settle({ kind: "retry" }),
    delivery.settle({ kind: "retry" }),
  ]);

  assert.deepEqual(both.map(({ status }) => status), ["fulfilled", "rejected"]);
  assert.equal((await orders.subscription.backlog()).waiting, 1);
});

test("settle() rejects with closed after shutdown, settled before or not", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  for (let sent = 0; sent < 2; sent++) {
    await connection.publisher.publish(text("a"));
  }
  const [one, two] = await orders.take(2);
  await one?.settle({ kind: "ack" });

  await connection.shutdown();

  await rejectsWith("closed", one?.settle({ kind: "ack" }));
  await rejectsWith("closed", two?.settle({ kind: "ack" }));
});

test("settle() rejects what is no settlement, and leaves the claim open", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));
  const delivery = await orders.next();

  for (const lawless of [undefined, null, {}, { kind: "nack" }]) {
    await assert.rejects(
      Promise.resolve(delivery.settle(lawless as unknown as Settlement)),
      TypeError,
    );
  }
  for (const afterMs of [-1, NaN, Infinity]) {
    await assert.rejects(
      Promise.resolve(delivery.settle({ kind: "retry", afterMs })),
      RangeError,
    );
  }

  assert.equal(delivery.settle({ kind: "ack" }), undefined);
});

test("what was handed out can be settled after a cancel", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a", { group: "workers" });
  const other = await tap(connection, "a", { group: "workers" });
  for (const body of ["1", "2"]) {
    await connection.publisher.publish(text("a", body));
  }
  const [one, two] = await orders.take(2);
  await orders.reader.cancel();

  await one?.settle({ kind: "ack" });
  await two?.settle({ kind: "retry" });

  const again = await other.next();
  assert.deepEqual([read(again), again.attempt], ["2", 2]);
});

test("a retry is refused where the only subscription has ended", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));
  const delivery = await orders.next();
  await orders.reader.cancel();

  await rejectsWith("refused", delivery.settle({ kind: "retry" }));

  assert.equal(delivery.settle({ kind: "release" }), undefined);
});

test("a disposed subscription's deliveries are refused", async () => {
  await using kit = new Kit();
  const connection = await kit.connect();
  const orders = await tap(connection, "a");
  await connection.publisher.publish(text("a"));
  const delivery = await orders.next();

  await orders.subscription[Symbol.asyncDispose]();

  await rejectsWith("refused", delivery.settle({ kind: "ack" }));
  await rejectsWith("refused", delivery.settle({ kind: "ack" }));
});
