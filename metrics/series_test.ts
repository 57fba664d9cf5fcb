import {
  channel,
  type DeliveryEvent,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import { metrics } from "@ruststream/metrics";
import assert from "node:assert/strict";
import { readPage, shown } from "./_kit_test.ts";

function event(over: Partial<DeliveryEvent> = {}): DeliveryEvent {
  const address = over.address ?? "orders.1";
  return {
    subscriber: "mine",
    template: "orders.{id}",
    broker: "memory",
    address,
    attempt: 1,
    bytes: 10,
    at: 0,
    delivery: { message: { address, body: new Uint8Array() } },
    ...over,
  };
}

test("metrics() has as many series after a hundred thousand addresses as after one", async () => {
  const counted = metrics();
  const one = (id: number): void => {
    const told = event({ address: `orders.${id}` });
    counted.received?.(told);
    counted.started?.(told);
    counted.finished?.(told);
    counted.settled?.({ ...told, settlement: "ack" });
    counted.published?.({
      address: `receipts.${id}`,
      template: "receipts.{id}",
      kind: "reply",
      broker: "memory",
      bytes: 1,
      ms: 0,
    });
  };
  one(0);
  const before = readPage(await counted.text());

  for (let id = 1; id < 100_000; id++) one(id);

  const after = readPage(await counted.text());
  assert.deepEqual([...after.values.keys()], [...before.values.keys()]);
  assert.deepEqual(await shown(counted, "messages_received_total"), {
    '{broker="memory",subscriber="mine",template="orders.{id}"}': 100_000,
  });
});

test("metrics() shows no address of a message that an application handled", async () => {
  const orders = channel("orders.{id}", { payload: type<number>() });
  const counted = metrics();
  const app = new RustStream({ title: "shop", version: "0.1.0" })
    .observe(counted)
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(orders, { name: "mine" }, () => {})),
    );
  const running = await app.start();
  for (let id = 0; id < 200; id++) {
    await running.publisher.publish(orders, id, { params: { id: `x${id}` } });
  }
  await running.stop();

  const body = await counted.text();
  assert.doesNotMatch(body, /x\d/);
  assert.match(body, /messages_received_total\{.*\} 200\n/);
});

test("metrics() counts what is beyond its bound under _overflow, and tells it once", async () => {
  const told: string[] = [];
  const counted = metrics({
    maxSeries: 2,
    logger: { warn: (message) => void told.push(message) },
  });

  for (let n = 0; n < 5; n++) {
    counted.received?.(event({ subscriber: `s${n}` }));
    counted.published?.({
      address: "a",
      template: `t${n}`,
      kind: "publish",
      broker: "memory",
      bytes: 1,
      ms: 0,
    });
  }

  const received = await shown(counted, "messages_received_total");
  const published = await shown(counted, "messages_published_total");
  assert.deepEqual(Object.values(received), [1, 1, 3]);
  assert.equal(
    received[
      '{broker="_overflow",subscriber="_overflow",template="_overflow"}'
    ],
    3,
  );
  assert.deepEqual(Object.values(published), [1, 1, 3]);
  assert.equal(told.length, 2);
  assert.match(told[0] ?? "", /^Cannot show more than 2 label sets of deliv/);
});

test("metrics() counts by labels of the user's own, which are bounded too", async () => {
  const counted = metrics({
    maxSeries: 3,
    logger: { warn: () => {} },
    labels: {
      tenant: ({ address }) => address.split(".")[1] ?? "",
      size: ({ bytes }) => bytes > 5 ? "large" : "small",
    },
  });

  for (const address of ["o.a", "o.b", "o.a", "o.c", "o.d"]) {
    counted.received?.(event({ address }));
  }

  const of = (tenant: string, size: string) =>
    `{broker="memory",subscriber="mine",template="orders.{id}",tenant="${tenant}",size="${size}"}`;
  assert.deepEqual(await shown(counted, "messages_received_total"), {
    [of("a", "large")]: 2,
    [of("b", "large")]: 1,
    [of("_overflow", "_overflow")]: 2,
  });
});

test("metrics() counts also where a label cannot be read, cuts long values, and tells it once", async () => {
  const told: string[] = [];
  const counted = metrics({
    logger: { warn: (message) => void told.push(message) },
    labels: {
      tenant: ({ bytes }) => {
        if (bytes === 1) throw new Error("no");
        return "x".repeat(1_000);
      },
    },
  });

  counted.received?.(event({ bytes: 1 }));
  counted.received?.(event({ bytes: 1 }));
  counted.received?.(event());
  counted.received?.(event());

  const start =
    '{broker="memory",subscriber="mine",template="orders.{id}",tenant="';
  assert.deepEqual(await shown(counted, "messages_received_total"), {
    [`${start}"}`]: 2,
    [`${start}${"x".repeat(128)}"}`]: 2,
  });
  assert.deepEqual(told, ['Cannot read the label "tenant": it threw']);
});

test("metrics() tells twenty classes of errors apart, and no more", async () => {
  const counted = metrics();
  for (let n = 0; n < 30; n++) {
    const error =
      new ({ [`E${n}`]: class extends Error {} }[`E${n}`] as typeof Error)(
        "no",
      );
    const told = event();
    counted.started?.(told);
    counted.finished?.({ ...told, error });
  }

  const errors = await shown(counted, "handler_errors_total");
  assert.equal(Object.keys(errors).length, 21);
  assert.equal(
    errors[
      '{broker="memory",subscriber="mine",template="orders.{id}",error_type="_overflow"}'
    ],
    10,
  );
});

test("metrics() counts errors whatever their class says of itself", async () => {
  const Odd = class extends Error {
    static override readonly name: string = (() => "no") as never;
  };
  const Broken = class extends Error {
    static override get name(): string {
      throw new Error("no");
    }
  };
  const closed = new Proxy(new Error(), {
    get() {
      throw new Error("no");
    },
  });
  const counted = metrics();

  for (const error of [new Odd(), new Broken(), closed, null]) {
    const told = event();
    counted.started?.(told);
    counted.finished?.({ ...told, error });
  }

  const of = (type: string) =>
    `{broker="memory",subscriber="mine",template="orders.{id}",error_type="${type}"}`;
  assert.deepEqual(await shown(counted, "handler_errors_total"), {
    [of("Error")]: 3,
    [of("object")]: 1,
  });
});

test("metrics() writes each series once, also where labels are no lawful text", async () => {
  const counted = metrics({ labels: { tenant: ({ address }) => address } });

  const start = "x".repeat(127);
  for (const address of ["\ud800", "\ud801", `${start}😀`, `${start}\udfff`]) {
    counted.received?.(event({ address }));
  }

  const written = new TextEncoder().encode(await counted.text());
  const { values } = readPage(new TextDecoder().decode(written));
  const tenants = [...values].filter(([key]) => key.includes("received_total"));
  assert.deepEqual(tenants.map(([, value]) => value), [2, 2]);
});

test("metrics() tells the same subscriber of two brokers apart", async () => {
  const counted = metrics();
  for (const broker of ["left", "right", "left"]) {
    counted.received?.(event({ broker }));
  }

  const of = (broker: string) =>
    `{broker="${broker}",subscriber="mine",template="orders.{id}"}`;
  assert.deepEqual(await shown(counted, "messages_received_total"), {
    [of("left")]: 2,
    [of("right")]: 1,
  });
});
