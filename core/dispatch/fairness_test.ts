import { channel, subscriber } from "@ruststream/core";
import { systemClock } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
// Where the timer never fires, all ends here.
const most = 300_000;

for (const concurrency of [1, 8]) {
  for (const waits of [false, true]) {
    const how = waits ? "waits for a promise" : "returns at once";
    test(`a real timer of 10 ms fires while a broker always has more, the handler ${how}, concurrency ${concurrency}`, async () => {
      await using kit = new Kit();
      let over = false;
      let ran = 0;
      await kit.start(
        subscriber(orders, { concurrency }, (): Promise<void> | void => {
          ran++;
          if (!over && ran < most) kit.push({ id: 1 });
          if (waits) return Promise.resolve();
        }),
      );
      const fired = systemClock.sleep(10).then(() => {
        over = true;
        return ran;
      });
      for (let n = 0; n < 10; n++) kit.push({ id: 1 });

      const ranBefore = await fired;
      await kit.turns();

      assert.ok(ranBefore < most, "it fired when there was no more");
      assert.ok(ranBefore > 10, `only ${ranBefore} were handled meanwhile`);
    });
  }
}
