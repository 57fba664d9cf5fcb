import { bytes, channel, RustStream, subscriber } from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import {
  channelNames,
  diagnostics,
  type DiagnosticsEvents,
} from "@ruststream/metrics/diagnostics";
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import process from "node:process";

interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");

function app(): RustStream {
  return new RustStream({ title: "shop", version: "1.0.0" }, {
    retry: {
      maxAttempts: 2,
      order: "keep",
      backoff: { initialMs: 1, maxMs: 1 },
    },
    deadLetter: bytes("dead"),
  }).observe(diagnostics()).withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(orders, { name: "take" }, ({ id }) => {
        if (id < 0) throw new RangeError("no");
      })),
  );
}

/** Who listens to all channels, until it is disposed of. */
function listening(): Disposable & { readonly told: [string, unknown][] } {
  const told: [string, unknown][] = [];
  const undo = Object.values(channelNames).map((name) => {
    const listen = (event: unknown): void => void told.push([name, event]);
    subscribe(name, listen);
    return () => unsubscribe(name, listen);
  });
  return {
    told,
    [Symbol.dispose]: () => undo.forEach((run) => run()),
  };
}

test("diagnostics() publishes each event on the channel of its hook", async () => {
  using listener = listening();
  await using t = await testApp(app());

  await t.publish(orders, { id: 1 });
  await t.publish(bytes("orders"), new TextEncoder().encode("{"));
  await t.send(orders, { id: -1 });
  await t.advance(10);
  await t.stop();

  const names = new Set(listener.told.map(([name]) => name));
  assert.deepEqual([...names].sort(), Object.values(channelNames).sort());
  const settled = listener.told
    .filter(([name]) => name === channelNames.settled)
    .map(([, event]) => event as DiagnosticsEvents["ruststream:settled"]);
  assert.deepEqual(settled.map(({ settlement }) => settlement), [
    "ack",
    "dead-letter",
    "dead-letter",
  ]);
});

test("diagnostics() begins to publish when somebody subscribes, and ends when nobody does", async () => {
  const observer = diagnostics();
  await using t = await testApp(app().observe(observer));
  assert.equal(observer.wants?.("settled"), false);

  await t.publish(orders, { id: 1 });
  const { told } = await (async () => {
    using listener = listening();
    assert.equal(observer.wants?.("settled"), true);
    await t.publish(orders, { id: 2 });
    return listener;
  })();
  const before = told.length;
  await t.publish(orders, { id: 3 });

  assert.equal(observer.wants?.("settled"), false);
  assert.ok(before > 0);
  assert.equal(told.length, before);
});

test("diagnostics() observes nothing where the runtime has no channels", () => {
  const { getBuiltinModule } = process;
  Object.assign(process, { getBuiltinModule: undefined });
  try {
    assert.deepEqual(Object.keys(diagnostics()), []);
  } finally {
    Object.assign(process, { getBuiltinModule });
  }
});
