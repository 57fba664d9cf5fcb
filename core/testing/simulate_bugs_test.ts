// Bugs that a simulation must find, each time, and tell in a few steps.
import {
  ack,
  batchSubscriber,
  bytes,
  channel,
  out,
  RustStream,
  subscriber,
  subscribers,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info, type Order, orders, receipts } from "./_kit_test.ts";
import { atLeastOnce, idempotent } from "./invariants.ts";
import { replay, simulate } from "./simulate.ts";
import type { Invariant, ReplayOptions } from "./simulation.ts";
import type { SimulationError } from "./simulation_error.ts";

const dead = bytes("orders.dead");
const totals = channel<{ total: number }>("totals");
const retry = { maxAttempts: 3, backoff: { initialMs: 100, maxMs: 400 } };
const shared = { group: "shop" } as const;

interface Till {
  total: number;
}
const { subscriber: withTill } = subscribers<Till>();

const early = subscriber(
  orders,
  { ...shared, out: { receipts: out(receipts) } },
  ({ id }, { out }) =>
    ack().andAfter(async () => void await out.receipts.publish({ id })),
);
const forgetful = subscriber(
  orders,
  { ...shared, out: { receipts: out(receipts) } },
  ({ id }, { out, clock }) => {
    const work = async () => {
      await clock.sleep(10);
      await out.receipts.publish({ id });
    };
    work().catch(() => {});
  },
);
const uncapped = subscriber(orders, shared, ({ id }) => {
  if (id === 2) throw new Error("never");
});
const counting = withTill(
  orders,
  { ...shared, reply: totals },
  ({ id }, { state }) => {
    state.total += id;
    return { total: state.total };
  },
);
const giving = subscriber(
  orders,
  { ...shared, retry, deadLetter: dead },
  ({ id }) => {
    if (id === 2) throw new Error("never");
  },
);
const rejecting = subscriber(orders, { ...shared, retry }, ({ id }) => {
  if (id === 2) throw new Error("never");
});

function serviceOf(
  ...mounted: readonly (typeof early | typeof uncapped)[]
): RustStream<Till> {
  return new RustStream(info)
    .withState((): Till => ({ total: 0 }))
    .withBroker(new MemoryBroker(), (b) => {
      for (const one of mounted) b.include(one as typeof uncapped);
    });
}

const till = new RustStream(info)
  .withState((): Till => ({ total: 0 }))
  .withBroker(new MemoryBroker(), (b) => b.include(counting));
const swallowing = new RustStream(info)
  .withState((): Till => ({ total: 0 }))
  .withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(giving).usePublish((next) => async (message, to) => {
        try {
          return await next(message, to);
        } catch {
          return undefined;
        }
      }),
  );

const send: ReplayOptions<Till>["send"] = [1, 2, 3].map((id) => (t) =>
  t.send(orders, { id })
);

/** Finds it with each of several seeds, and again by its script. */
async function finds(
  app: RustStream<Till>,
  invariant: Invariant<Till>,
  cause: RegExp,
): Promise<readonly SimulationError[]> {
  const found: SimulationError[] = [];
  for (let seed = 0; seed < 3; seed++) {
    const error = await simulate(app, { runs: 200, seed, send, invariant })
      .then(() => undefined, (error: SimulationError) => error);
    assert.equal(error?.name, "SimulationError", `seed ${seed}: ${error}`);
    assert.match(String(error?.cause), cause);
    const { script, events } = error as SimulationError;
    assert.ok(script.steps.length <= 12, script.steps.join());
    await assert.rejects(
      replay(app, script, { send, invariant }),
      (again: SimulationError) => {
        assert.deepEqual(again.events, events);
        return again.broken === invariant.name;
      },
    );
    found.push(error as SimulationError);
  }
  return found;
}

test("simulate() finds a handler that acks before its side effect", async () => {
  await finds(serviceOf(early), atLeastOnce, /never published: receipts/);
  await finds(serviceOf(forgetful), atLeastOnce, /never published: receipts/);
});

test("simulate() finds a retry without a cap", async () => {
  const [first] = await finds(
    serviceOf(uncapped),
    atLeastOnce,
    /not all has ended: 1 wait, orders orders #\d+: retry until/,
  );
  assert.deepEqual(first?.script.steps, ["send 1"]);
});

test("simulate() finds a handler that is not idempotent", async () => {
  await finds(till, idempotent, /published only where something goes wrong/);
});

test("simulate() finds a lost dead letter", async () => {
  await finds(
    swallowing,
    atLeastOnce,
    /dead letters were lost: 1 of "orders" ended as such, and 0 were published/,
  );
  await finds(
    serviceOf(rejecting),
    atLeastOnce,
    /a message was lost: \d+ to "orders" at "orders" ended by .*reject/,
  );
});

test("simulate() finds nothing in a service that is right", async () => {
  const seen = new Set<number>();
  const first = subscriber(
    orders,
    { ...shared, reply: receipts, retry, deadLetter: dead, concurrency: 2 },
    async ({ id }, { clock, attempt }) => {
      await clock.sleep(id * 10);
      if (id === 2) throw new Error("never");
      if (id === 3 && attempt < 2) throw new Error("not yet");
      return { id };
    },
  );
  const shipped = channel<Order>("shipped");
  const second = subscriber(
    receipts,
    {
      ...shared,
      reply: shipped,
      orderBy: ({ id }) => String(id),
      retry,
      // Three faults in a row may refuse all its replies.
      deadLetter: dead,
    },
    ({ id }) => ({ id }),
  );
  const third = batchSubscriber(
    shipped,
    { ...shared, max: 2, waitMs: 50 },
    (some) => some.forEach(({ payload }) => seen.add(payload.id)),
  );
  const app = new RustStream(info)
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(first).include(second).include(third),
    );
  const report = await simulate(app, {
    runs: 60,
    send: [1, 2, 3, 4].map((id) => (t) => t.send(orders, { id })),
    invariant: [atLeastOnce, idempotent],
  });
  assert.equal(report.runs, 60);
  assert.deepEqual(Object.keys(report.faults).sort(), [
    "crash",
    "crashBeforePublish",
    "crashBeforeSettle",
    "deliverTwice",
    "disconnect",
    "loseAck",
    "refusePublish",
    "reorder",
  ]);
  assert.ok([1, 3, 4].every((id) => seen.has(id)));
});
