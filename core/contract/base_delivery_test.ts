import assert from "node:assert/strict";
import { BaseDelivery, type Guarantees } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import { guarantees } from "./_kit_test.ts";

interface From {
  readonly guarantees: Guarantees;
  closed: boolean;
  disposed: boolean;
}

class OwnDelivery extends BaseDelivery<From> {
  readonly message = { address: "orders", body: new Uint8Array() };
  carried = 0;

  protected carryOut(): void {
    this.carried++;
  }
}

function make(): { readonly from: From; readonly delivery: OwnDelivery } {
  const promised = { ...guarantees, redelivery: "none" } as const;
  const from = { guarantees: promised, closed: false, disposed: false };
  return { from, delivery: new OwnDelivery(from) };
}

test("BaseDelivery.settle() is carried out as long as its subscription is there", async () => {
  const { delivery } = make();

  await delivery.settle({ kind: "ack" });

  assert.equal(delivery.carried, 1);
});

test("BaseDelivery.settle() refuses what its subscription does not promise", async () => {
  const { delivery } = make();

  const settled = Promise.resolve(delivery.settle({ kind: "retry" }));

  await assert.rejects(settled, { code: "unsupported" });
  assert.equal(delivery.carried, 0);
});

test("BaseDelivery.settle() refuses once its subscription was disposed, and is closed with its connection", async () => {
  const { from, delivery } = make();

  from.disposed = true;
  const refused = Promise.resolve(delivery.settle({ kind: "ack" }));
  await assert.rejects(refused, { code: "refused" });
  from.closed = true;
  const closed = Promise.resolve(delivery.settle({ kind: "ack" }));
  await assert.rejects(closed, { code: "closed" });

  assert.equal(delivery.carried, 0);
});
