import { testApp } from "@ruststream/core/testing";
import { app, orders, receipts, type Shop, take } from "./shop.ts";

function till(silences: number): Shop {
  return {
    charge() {
      if (silences-- > 0) throw new Error("The till does not answer");
    },
  };
}

Deno.test("an order is charged again until the till answers", async () => {
  await using t = await testApp(app, { state: till(2) });

  await t.publish(orders, { id: 7 });
  t.subscriber(take).calledOnceWith({ id: 7 }).retried();
  t.published(receipts).none();
  await t.advance(1_000 + 2_000);

  t.subscriber(take).calledTimes(3).retried(2).acked(1);
  t.published(receipts).once({ id: 7, paid: true });
});
