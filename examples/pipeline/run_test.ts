import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { NatsServer } from "../../_tools/nats_server.ts";
import { killAndCount } from "./kill_and_count.ts";

test("packers that are killed in the middle of their work lose no item, and repeat what they had in hand at most", async () => {
  await using server = await NatsServer.start();

  const counts = await killAndCount(server.url, 3_000, 1);

  assert.equal(counts.items, 9_000);
  assert.equal(counts.lost, 0);
  assert.ok(
    counts.repeatedOrders <= counts.allowed,
    `${counts.repeatedOrders} orders came again, at most ${counts.allowed} may`,
  );
});
