import { RustStream, subscriber } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { info, orders, receipts, service } from "./_kit_test.ts";
import { faulty } from "./faulty.ts";
import { atLeastOnce, idempotent } from "./invariants.ts";
import { replay, simulate } from "./simulate.ts";
import type { SimulatedRun } from "./simulation.ts";
import type { SimulationError } from "./simulation_error.ts";

const shared = { group: "shop" } as const;
const take = subscriber(
  orders,
  { ...shared, reply: receipts },
  async ({ id }, { clock }) => {
    await clock.sleep(5);
    return { id };
  },
);
const app = service(take);
const send = [1, 2].map((id) => (t: SendTo) => t.send(orders, { id }));
type SendTo = Parameters<
  Parameters<typeof simulate<undefined>>[1]["send"][number]
>[0];
const holds = () => {};
const expectedHash = "bdfd9ec721c6c48a";
const hex = (hash: Uint8Array) =>
  [...hash.slice(0, 8)].map((b) => b.toString(16).padStart(2, "0")).join("");

test("simulate() makes the same runs by the same seed, event by event, on each runtime", async () => {
  const logOf = async (seed: number) => {
    let log = "";
    const note = (run: SimulatedRun) => {
      log += `${run.script.seed} ${run.script.steps}\n${run.transcript()}`;
    };
    await simulate(app, { runs: 30, seed, send, invariant: note });
    return log;
  };

  const log = await logOf(3);

  assert.equal(await logOf(3), log);
  assert.notEqual(await logOf(4), log);
  // Of the very bytes: the same number on Deno, Node and Bun.
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(log)),
  );
  assert.equal(hex(hash), expectedHash);
});

test("simulate() counts what really happened, and keeps to the faults it was given", async () => {
  const report = await simulate(app, {
    runs: 20,
    faults: ["loseAck"],
    send,
    invariant: [atLeastOnce, idempotent],
  });
  assert.equal(report.runs, 20);
  assert.ok(report.steps > 20 * send.length);
  assert.deepEqual(Object.keys(report.faults), ["loseAck"]);
  const none = await simulate(app, {
    runs: 5,
    faults: [],
    send,
    invariant: atLeastOnce,
  });
  assert.deepEqual(none.faults, {});
});

test("simulate() starts each run with a state of its own, and tears it down", async () => {
  const made: object[] = [];
  let torn = 0;
  const states = new Set<unknown>();
  const withState = new RustStream(info)
    .withState((stack) => {
      stack.defer(() => void torn++);
      const state = { n: made.length };
      made.push(state);
      return state;
    })
    .withBroker(new MemoryBroker(), (b) => b.include(take));
  await simulate(withState, {
    runs: 5,
    send: [(t) => t.send(orders, { id: 1 })],
    invariant: ({ state }) => void states.add(state),
  });
  assert.equal(states.size, 5);
  assert.equal(torn, made.length);
});

test("simulate() says what an invariant of one's own throws or rejects with, and reduces it", async () => {
  async function noTwo({ handled }: SimulatedRun): Promise<void> {
    await Promise.resolve();
    const [two] = handled.filter(({ message }) =>
      new TextDecoder().decode(message.body).includes("2")
    );
    if (two !== undefined) throw new Error("two came\nand more of it");
  }
  const error: SimulationError = await simulate(app, {
    runs: 50,
    seed: 1,
    send,
    invariant: [holds, noTwo],
  }).then(() => assert.fail("it holds"), (error) => error);

  assert.equal(error.broken, "noTwo");
  assert.deepEqual(error.script.steps, ["send 1"]);
  assert.match(
    error.message,
    /^Cannot keep "shop" right: "noTwo" does not hold in run \d+ of 50 by seed 1: Error: two came\n\nThe shortest script found:\nawait replay\(app, \{ seed: \d+, steps: \["send 1"\] \}, \{ send, invariant \}\);\n\nIts latest events:\n +0 - orders sent\n/,
  );
  assert.match(String(error.cause), /two came/);

  function bare(): Promise<void> {
    return Promise.reject(undefined);
  }
  await assert.rejects(
    simulate(app, { runs: 1, send, invariant: bare }),
    { name: "SimulationError", broken: "bare", cause: undefined },
  );
});

test("simulate() ends where a handler hangs for real, and says who", async () => {
  const hang = subscriber(orders, shared, () => new Promise<void>(() => {}));
  await assert.rejects(
    simulate(service(hang), {
      runs: 10,
      faults: [],
      withinMs: 100,
      send,
      invariant: holds,
    }),
    (error: SimulationError) => {
      assert.equal(error.broken, "run");
      assert.match(
        error.message,
        /a run fails in run 1 of 10 by seed 0: .*Cannot come to rest in 100 ms: .*orders orders #1: running/s,
      );
      return true;
    },
  );
});

test("simulate() ends an endless requeue, reduced to what begins it", async () => {
  const { retry } = await import("@ruststream/core");
  const round = subscriber(
    orders,
    shared,
    ({ id }) => id === 2 ? retry({ afterMs: 0 }) : undefined,
  );
  await assert.rejects(
    simulate(service(round), {
      runs: 10,
      maxSteps: 200,
      send,
      invariant: holds,
    }),
    (error: SimulationError) => {
      assert.deepEqual(error.script.steps, ["send 1"]);
      assert.match(error.message, /Cannot come to rest after 200 steps/);
      return true;
    },
  );
});

test("simulate() says when an application stops by itself", async () => {
  const stopping = subscriber(
    orders,
    { ...shared, retry: { maxAttempts: 1 }, onExhausted: "stop" },
    () => {
      throw new Error("never");
    },
  );
  await assert.rejects(
    simulate(service(stopping), { runs: 5, send, invariant: holds }),
    /a run fails in run 1 of 5 by seed 0: Error: Cannot go on: the policy of "orders" stops the service/,
  );
});

test("simulate() rejects with what the start rejects with", async () => {
  const failing = service(take);
  const reason = new Error("no start");
  failing.afterStart(() => {
    throw reason;
  });
  await assert.rejects(
    simulate(failing, { send, invariant: holds }),
    (error) => error === reason,
  );
  await assert.rejects(
    simulate({} as typeof app, { send, invariant: holds }),
    TypeError,
  );
});

test("simulate() obeys its signal: before it, between runs, and while a handler hangs", async () => {
  const reason = new Error("enough");
  await assert.rejects(
    simulate(app, {
      send,
      invariant: holds,
      signal: AbortSignal.abort(reason),
    }),
    (error) => error === reason,
  );
  const between = new AbortController();
  let runs = 0;
  const counts = () => {
    if (++runs === 3) between.abort(reason);
  };
  await assert.rejects(
    simulate(app, { send, invariant: counts, signal: between.signal }),
    (error) => error === reason,
  );
  assert.equal(runs, 3);
  let during = new AbortController();
  const hang = subscriber(orders, shared, () => {
    setTimeout(() => during.abort(reason), 20);
    return new Promise<void>(() => {});
  });
  await assert.rejects(
    simulate(service(hang), { send, invariant: holds, signal: during.signal }),
    (error) => error === reason,
  );
  during = new AbortController();
  await assert.rejects(
    replay(service(hang), { seed: 0, steps: ["send 0"] }, {
      send,
      invariant: holds,
      signal: during.signal,
    }),
    (error) => error === reason,
  );
});

test("simulate() refuses what it cannot do", async () => {
  const refused = async (options: object, name: string, text: RegExp) =>
    await assert.rejects(
      simulate(app, { send, invariant: holds, ...options } as never),
      (error: Error) => {
        assert.equal(error.name, name);
        assert.match(error.message, text);
        return true;
      },
    );
  await refused(
    { runs: 0 },
    "RangeError",
    /"runs" must be a whole number of at least 1, found 0/,
  );
  await refused({ seed: 1.5 }, "RangeError", /"seed"/);
  await refused(
    { faults: ["looseAck"] },
    "TypeError",
    /"faults" must be of loseAck, deliverTwice, .*refusePublish, found "looseAck"/,
  );
  await refused({ faults: "loseAck" }, "TypeError", /a list of names/);
  await refused({ fault: [] }, "TypeError", /no option "fault"/);
  await refused(
    { send: [] },
    "TypeError",
    /"send" must be a list of functions/,
  );
  await refused({ invariant: undefined }, "TypeError", /"invariant"/);
  await refused({ brokers: { memory: {} } }, "TypeError", /brokers\.memory/);
  await refused({ state: {} }, "TypeError", /"state"/);
  const alone = service(subscriber(orders, () => {}));
  await assert.rejects(
    simulate(alone, { send, invariant: holds, faults: ["crash"] }),
    { name: "MessagingError", code: "unsupported" },
  );
  const report = await simulate(alone, { runs: 30, send, invariant: holds });
  assert.deepEqual(
    Object.keys(report.faults).filter((name) =>
      !["disconnect", "refusePublish"].includes(name)
    ),
    [],
  );
});

test("simulate() knows of messages that its broker loses", async () => {
  await assert.rejects(
    simulate(app, {
      runs: 20,
      send,
      brokers: { memory: () => faulty(new MemoryBroker(), "acks-nothing") },
      invariant: atLeastOnce,
    }),
    { name: "SimulationError", broken: "atLeastOnce" },
  );
});

test("replay() does what the script says, and gives what happened", async () => {
  const run = await replay(
    app,
    {
      seed: 7,
      steps: ["send 0", "send 1", "crash", "tick", "loseAck", "advance 30000"],
    },
    { send, invariant: [atLeastOnce, idempotent] },
  );

  assert.deepEqual(run.handled.map(({ outcomes }) => outcomes.at(-1)), [
    "ack",
    "ack",
  ]);
  assert.deepEqual(run.pending, []);
  assert.equal(run.backlog, 0);
  assert.equal(
    run.faultless?.events.some(({ kind }) => kind === "fault"),
    false,
  );
  assert.match(run.transcript(), /fault: crash\n/);
});

test("replay() refuses a script that does not fit", async () => {
  const refused = async (steps: unknown, name: string, text: RegExp) =>
    await assert.rejects(
      replay(app, { seed: 0, steps: steps as string[] }, {
        send,
        invariant: holds,
      }),
      (error: Error) => {
        assert.equal(error.name, name);
        assert.match(error.message, text);
        return true;
      },
    );
  await refused(
    ["send 2"],
    "RangeError",
    /step "send 2": 2 are there to be sent, counted from 0/,
  );
  for (
    const step of [
      "send",
      "send x",
      "tack",
      "tick -1",
      "tick +1",
      "crash +1",
      "loseAck 1",
      "advance",
      "advance 1.5",
      "crash 1",
      "send 0 0",
      "",
      1,
      null,
      "constructor",
    ]
  ) {
    await refused(
      [step],
      "TypeError",
      /^Cannot replay step .*: expected "send 0", "tick", "advance 100" or one of loseAck, /,
    );
  }
  await refused("send 0", "TypeError", /"steps" must be a list/);
  const alone = service(subscriber(orders, () => {}));
  await assert.rejects(
    replay(alone, { seed: 0, steps: ["loseAck"] }, { send, invariant: holds }),
    { code: "unsupported" },
  );
});
