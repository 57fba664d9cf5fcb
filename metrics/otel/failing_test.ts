import * as installed from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import {
  ack,
  channel,
  out,
  type Outcome,
  RustStream,
  subscriber,
} from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { foreign, info, Sdk, traced } from "./_sdk_test.ts";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");
const bills = channel<Order>("bills");

function fail(): never {
  throw new Error("Not to be told to anybody");
}

/** What breaks: a part of the SDK, or what the user says of a broker. */
type Break = "fields" | "extract" | "inject" | "onStart" | "onEnd" | "system";
const breaks: readonly Break[] = [
  ...["fields", "extract", "inject"] as const,
  ...["onStart", "onEnd", "system"] as const,
];

function setUp(broken: Break): void {
  const propagator = new W3CTraceContextPropagator();
  installed.propagation.disable();
  installed.propagation.setGlobalPropagator({
    fields: broken === "fields" ? fail : () => propagator.fields(),
    extract: broken === "extract" ? fail : propagator.extract.bind(propagator),
    inject: broken === "inject" ? fail : propagator.inject.bind(propagator),
  });
  const nothing = (): Promise<void> => Promise.resolve();
  installed.trace.disable();
  installed.trace.setGlobalTracerProvider(
    new TracerProvider({
      spanProcessors: [{
        onStart: broken === "onStart" ? fail : () => {},
        onEnd: broken === "onEnd" ? fail : () => {},
        forceFlush: nothing,
        shutdown: nothing,
      }],
    }),
  );
}

for (const broken of breaks) {
  test(`tracing() lets each message through where ${broken} throws`, async () => {
    await using _sdk = new Sdk();
    setUp(broken);
    const runs: string[] = [];
    const charge = subscriber(
      orders,
      { out: { bill: out(bills) }, retry: { maxAttempts: 2 } },
      async (order, ctx): Promise<Outcome> => {
        runs.push(`charge ${order.id} at ${ctx.attempt}`);
        if (order.id === 2 && ctx.attempt === 1) throw new Error("No money");
        await ctx.out.bill.publish(order);
        return ack();
      },
    );
    const app = traced(
      new RustStream(info),
      broken === "system" ? { system: fail } : {},
    ).withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(charge)
          .include(subscriber(bills, ({ id }) => void runs.push(`bill ${id}`))),
    );
    await using service = await testApp(app);

    for (const id of [1, 2]) {
      const headers = { traceparent: foreign.header };
      await service.publish(orders, { id }, { headers });
    }
    await service.advance(1_000);

    assert.deepEqual(runs.sort(), [
      ...["bill 1", "bill 2"],
      ...["charge 1 at 1", "charge 2 at 1", "charge 2 at 2"],
    ]);
  });
}
