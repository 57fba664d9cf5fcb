import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import { jetStream } from "./jet_stream.ts";
import { order, orders } from "./_kit_test.ts";
import { ordered } from "./ordered.ts";
import { jetStreamSink } from "./sink.ts";

const stream = { name: "ORDERS", subjects: ["orders.*"] };

for (
  const [name, source] of Object.entries({
    jetStream: jetStream(orders, { stream, deliver: "all" }),
    ordered: ordered(orders, { stream }),
  })
) {
  test(`a delivery of ${name}() is printed in a few lines, without the client beneath it`, async () => {
    const broker = await natsBroker().inProcess();
    await using connection = await broker.connect({
      clock: new VirtualClock(),
    });
    const sink = await jetStreamSink({ stream }).open(connection);
    await sink.publish(order(1));
    const { deliveries } = await source.open(connection);
    const reader = deliveries.getReader();
    const { value } = await reader.read();

    const printed = inspect(value, { depth: 10 });

    assert.ok(printed.split("\n").length <= 10, printed);
    assert.equal(value?.native.subject, "orders.1");
    await reader.cancel();
  });
}
