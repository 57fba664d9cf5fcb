import { test } from "@ruststream/conformance/runner";
import { parseAddress } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { MemoryBroker } from "./mod.ts";

const message = { address: "orders", body: new Uint8Array(1) };
const odd = { dedupeId: "7" } as object;
const unknown = (deed: string) =>
  new TypeError(`Cannot ${deed}: there is no option "dedupeId"`);

test("the publisher of a memory broker refuses options that it does not know, and sends nothing", async () => {
  await using connection = await new MemoryBroker().connect();
  const subscription = await connection.subscribe(parseAddress("orders"));
  const { publisher } = connection;
  await using transaction = await publisher.begin();
  const asked = { timeoutMs: 1_000, ...odd };

  const ends = [
    [publisher.publish(message, odd), unknown('publish "orders"')],
    [
      publisher.request(message, asked),
      unknown('request "orders"'),
    ],
    [
      publisher.requestMany(message, asked).getReader().read(),
      unknown('request "orders"'),
    ],
    [
      publisher.schedule(message, new Date(0), odd),
      unknown('schedule "orders"'),
    ],
    [publisher.begin(odd), unknown("begin a transaction")],
    [
      transaction.publish(message, odd),
      unknown('publish to "orders" in a transaction'),
    ],
    [transaction.commit(odd), unknown("commit a transaction")],
  ] as const;
  for (const [end, error] of ends) {
    await assert.rejects(Promise.resolve(end), error);
  }
  await transaction.commit();

  assert.equal((await subscription.backlog()).waiting, 0);
});

test("the publisher of a memory broker takes what it knows, and an option that is not there", async () => {
  await using connection = await new MemoryBroker().connect();
  const subscription = await connection.subscribe(parseAddress("orders"));
  const { signal } = new AbortController();

  await connection.publisher.publish(message, { signal });
  await connection.publisher.publish(
    message,
    { dedupeId: undefined } as object,
  );

  assert.equal((await subscription.backlog()).waiting, 2);
});
