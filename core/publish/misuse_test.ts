// Mistakes that a type cannot show, or that plain JavaScript makes.
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { publisher } from "./publisher.ts";

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
