import { channel, subscriber } from "@ruststream/core";
import { systemClock } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");

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
          // The bound is there for when the timer never fires.
          if (!over && ran < 1_000_000) kit.push({ id: 1 });
          if (waits) return Promise.resolve();
        }),
      );
      const from = systemClock.mono();
      const fired = systemClock.sleep(10).then(() => {
        over = true;
        return systemClock.mono() - from;
      });
      for (let n = 0; n < 10; n++) kit.push({ id: 1 });

      const took = await fired;
      await kit.turns();

      assert.ok(took < 200, `the timer of 10 ms took ${took} ms`);
      assert.ok(ran > 10, `only ${ran} were handled meanwhile`);
    });
  }
}
