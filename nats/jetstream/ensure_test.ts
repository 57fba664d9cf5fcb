import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import { sessionOf } from "../session_of.ts";
import { jetStream } from "./jet_stream.ts";
import { orders } from "./_kit_test.ts";

test('ensure: "update" makes several filters of one, and one of several', async () => {
  const broker = await natsBroker().inProcess();
  await using connection = await broker.connect({ clock: new VirtualClock() });
  const found: unknown[] = [];

  for (
    const filters of [["orders.1"], ["orders.1", "orders.2"], ["orders.2"]]
  ) {
    await jetStream(orders, {
      stream: { name: "ORDERS", subjects: ["orders.>"] },
      durable: "billing",
      ensure: "update",
      filters,
    }).open(connection);
    const msg = await sessionOf(connection).ask(
      "$JS.API.CONSUMER.INFO.ORDERS.billing",
      new Uint8Array(),
      { timeoutMs: 1_000 },
    );
    const { config } = msg.json<{ readonly config: Record<string, unknown> }>();
    found.push([config["filter_subject"], config["filter_subjects"]]);
  }

  assert.deepEqual(found, [
    ["orders.1", undefined],
    [undefined, ["orders.1", "orders.2"]],
    ["orders.2", undefined],
  ]);
});
