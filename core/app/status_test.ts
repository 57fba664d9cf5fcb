import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import {
  FakeBroker,
  type FakeConnection,
  gate,
  info,
  settleDown,
} from "./_kit_test.ts";
import { insidesOf } from "./insides.ts";
import { RustStream } from "./ruststream.ts";
import type { AppStatus } from "./status.ts";

function look(app: RustStream): AppStatus {
  return insidesOf(app).parts.status.look();
}

/** The state, whether it is live and ready, and its brokers in one line each. */
function shown(app: RustStream): readonly unknown[] {
  const { state, live, ready, brokers } = look(app);
  return [
    state,
    live,
    ready,
    brokers.map(({ name, state, since }) =>
      `${name} ${state} ${since.getTime()}`
    ),
  ];
}

/** A broker that connects when its gate opens. */
function gated(name: string) {
  const open = gate();
  const broker: FakeBroker = new FakeBroker({
    name,
    connect: async (make) => {
      await open.promise;
      return make();
    },
  });
  return { broker, open };
}

test("AppStatus goes with the application from before its start to its end", async () => {
  const clock = new VirtualClock();
  const [a, b] = [gated("a"), gated("b")];
  const app = new RustStream(info).withBroker(a.broker).withBroker(b.broker);
  const seen = [shown(app)];

  const starting = app.start({ clock, readyDelayMs: 50 });
  await settleDown();
  seen.push(shown(app));
  await clock.advance(10);
  a.open.resolve();
  await settleDown();
  seen.push(shown(app));
  await clock.advance(10);
  b.open.resolve();
  const running = await starting;
  seen.push(shown(app));
  const stopping = running.stop();
  seen.push(shown(app));
  await clock.advance(50);
  await stopping;
  await clock.advance(30);
  seen.push(shown(app));

  assert.deepEqual(seen, [
    ["not-started", true, false, []],
    ["starting", true, false, ["a connecting 0"]],
    ["starting", true, false, ["a connected 10", "b connecting 10"]],
    ["running", true, true, ["a connected 10", "b connected 20"]],
    ["stopping", true, false, ["a connected 10", "b connected 20"]],
    ["stopped", false, false, ["a closed 70", "b closed 70"]],
  ]);
});

/** A running application of one broker, whose connection the test changes. */
async function running() {
  const clock = new VirtualClock();
  const broker = new FakeBroker();
  const app = new RustStream(info).withBroker(broker);
  const started = await app.start({ clock });
  const connection: FakeConnection = broker.live;
  const change = (
    state: FakeConnection["state"],
    kind: "connected" | "disconnected",
  ) => {
    connection.state = state;
    connection.given.report?.({ kind });
  };
  return { app, clock, broker, started, change };
}

test("AppStatus says since when a broker is away, however often that is told, and is ready again with it", async () => {
  const { app, clock, change, started } = await running();
  const seen: unknown[] = [];

  await clock.advance(100);
  change("reconnecting", "disconnected");
  await clock.advance(100);
  change("reconnecting", "disconnected");
  seen.push(shown(app));
  await clock.advance(100);
  change("connected", "connected");
  await clock.advance(100);
  seen.push(shown(app));
  await started.stop();

  assert.deepEqual(seen, [
    ["running", true, false, ["fake reconnecting 100"]],
    ["running", true, true, ["fake connected 300"]],
  ]);
});

test("AppStatus of a service that lost its connection is failed once it has stopped", async () => {
  const { app, clock, broker, started } = await running();
  await clock.advance(7);

  broker.live.break(new Error("gone"));
  await started.stopped;

  assert.deepEqual(shown(app), ["failed", false, false, ["fake closed 7"]]);
});

test("AppStatus of a start that fails is failed, and of one that was given up stopped", async () => {
  const stop = new AbortController();
  const broken = new RustStream(info).afterStart(() => {
    throw new Error("no");
  });
  const left = new RustStream(info).afterStart(() => stop.abort());

  await assert.rejects(broken.start());
  await assert.rejects(left.start({ signal: stop.signal }));

  assert.deepEqual(shown(broken), ["failed", false, false, []]);
  assert.deepEqual(shown(left), ["stopped", false, false, []]);
});

test("AppStatus is that of the latest start, whatever becomes of those before", async () => {
  const app = new RustStream(info).withBroker(new FakeBroker());
  const first = await app.start();
  const second = await app.start();

  await first.stop();
  const between = look(app).state;
  await second.stop();

  assert.equal(between, "running");
  assert.equal(look(app).state, "stopped");
});
