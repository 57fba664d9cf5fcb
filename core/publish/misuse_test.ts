// Mistakes that a type cannot show, or that plain JavaScript makes.
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { readable } from "../pipeline/readable.ts";
import { sinkTo } from "../pipeline/sink_to.ts";
import { subscriber } from "../subscriber.ts";
import { publisher } from "./publisher.ts";
import { writable } from "./writable.ts";

const orders = channel<{ id: number }>("orders");
const placed = channel("orders.{tenant}", {
  payload: {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value: unknown) =>
        typeof value === "number"
          ? { value }
          : { issues: [{ message: "expected a number" }] },
    },
  },
});

test("a transaction that was committed takes nothing more, and is not committed again", async () => {
  await using connection = await new MemoryBroker().connect();
  await using transaction = await publisher(connection).begin();
  await transaction.publish(orders, { id: 1 });
  await transaction.commit();

  await assert.rejects(transaction.commit(), { code: "closed" });
  await assert.rejects(transaction.publish(orders, { id: 2 }), {
    code: "closed",
  });
});

test("a transaction that was left takes nothing more", async () => {
  await using connection = await new MemoryBroker().connect();
  const transaction = await publisher(connection).begin();
  await transaction[Symbol.asyncDispose]();

  await assert.rejects(transaction.publish(orders, { id: 1 }), {
    code: "closed",
  });
  await assert.rejects(transaction.commit(), { code: "closed" });
});

test("a missing parameter and a payload that does not fit are errors of who publishes", async () => {
  await using connection = await new MemoryBroker().connect();
  const { publish } = publisher(connection) as unknown as {
    publish(...args: readonly unknown[]): Promise<unknown>;
  };

  await assert.rejects(publish(placed, 1), TypeError);
  await assert.rejects(publish(placed, 1, { params: {} }), TypeError);
  await assert.rejects(publish(placed, "1", { params: { tenant: "a" } }), {
    code: "schema",
  });
});

test("an address where a channel is meant is a TypeError that says so", async () => {
  await using connection = await new MemoryBroker().connect();
  const { publish, request, requestMany, schedule } = publisher(
    connection,
  ) as unknown as Record<string, (...args: readonly unknown[]) => never>;
  const address = "orders" as never;
  const refused = (deed: string) =>
    new TypeError(`Cannot ${deed}: expected a channel, found "orders"`);

  for (const send of [publish, request, schedule]) {
    await assert.rejects(
      async () => await send?.(address, {}, {}),
      refused("publish"),
    );
  }
  await assert.rejects(
    async () =>
      await (requestMany?.(address, {}, {}) as unknown as ReadableStream)
        .getReader().read(),
    refused("publish"),
  );
  assert.throws(() => writable(connection, address), refused("make a stream"));
  assert.throws(() => sinkTo(connection, address), refused("make a sink"));
  assert.throws(
    () => readable(connection, address),
    refused("make a pipeline"),
  );
  assert.throws(
    () => subscriber(address, (() => {}) as never),
    new TypeError(
      'Cannot make a subscriber: expected a channel or a source of one, found "orders"',
    ),
  );
});
