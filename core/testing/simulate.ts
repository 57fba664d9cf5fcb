import type { RustStream } from "../app/ruststream.ts";
import {
  checkKnown,
  milliseconds,
  refuseOption,
  wholeNumber,
} from "../check_settings.ts";
import { errorText } from "../dispatch/error_text.ts";
import { type AppFault, appFaults } from "./app_faults.ts";
import { reduce } from "./_reduce.ts";
import { readStep, scriptOf, seedOf } from "./_script.ts";
import { checkFaults } from "./_setting_up.ts";
import { type RunOptions, runScript, type Simulated } from "./_simulated.ts";
import type {
  Invariant,
  ReplayOptions,
  SimulatedRun,
  SimulateOptions,
  SimulationReport,
  SimulationScript,
} from "./simulation.ts";
import { SimulationError } from "./simulation_error.ts";
import { startTested } from "./_start_tested.ts";
import { eventLine, type TestEvent } from "./test_event.ts";
import { systemClock } from "../contract/clock.ts";

const ofReplay = [
  "send",
  "invariant",
  "state",
  "deps",
  "middleware",
  "brokers",
  "output",
  "calmMs",
  "maxSteps",
  "withinMs",
  "signal",
];
const ofSimulate = [...ofReplay, "runs", "seed", "faults"];
const shownEvents = 30;

/** What does not hold after a run. */
interface Broken {
  readonly name: string;
  readonly cause: unknown;
}

/** Runs scripts of one application, and looks what holds. */
class Simulation {
  readonly #app: unknown;
  readonly #options: RunOptions;
  readonly #invariants: readonly Invariant<never>[];
  // By what is sent: it does not depend on the script.
  readonly #faultless = new Map<string, Simulated>();

  constructor(app: unknown, options: RunOptions) {
    this.#app = app;
    this.#options = options;
    this.#invariants = [options.invariant].flat();
  }

  /** Runs a script; what it does not keep is beside what happened. */
  async run(
    script: SimulationScript,
  ): Promise<{ readonly run: SimulatedRun; readonly broken?: Broken }> {
    const faultless = await this.#faultlessOf(script);
    if (faultless.failure !== undefined) return brokenBy(faultless);
    const simulated = await runScript(this.#app, script, this.#options);
    if (simulated.failure !== undefined) return brokenBy(simulated);
    const run = { ...simulated.run, faultless: faultless.run };
    for (const invariant of this.#invariants) {
      try {
        await invariant(run as SimulatedRun<never>);
      } catch (cause) {
        return { run, broken: { name: nameOf(invariant), cause } };
      }
      this.#options.signal?.throwIfAborted();
    }
    return { run };
  }

  /** The shortest script that still breaks the same in the same way. */
  async shortest(
    { seed, steps }: SimulationScript,
    found: Broken,
  ): Promise<SimulationScript> {
    const way = wayOf(found);
    const shows = async (shorter: readonly string[]): Promise<boolean> => {
      const { broken } = await this.run({ seed, steps: shorter });
      return broken !== undefined && wayOf(broken) === way;
    };
    return { seed, steps: await reduce(steps, shows) };
  }

  async #faultlessOf({ steps }: SimulationScript): Promise<Simulated> {
    const sends = steps.filter((step) => step.startsWith("send ")).sort((
      a,
      b,
    ) => Number(a.slice(5)) - Number(b.slice(5)));
    const key = sends.join();
    let known = this.#faultless.get(key);
    if (known === undefined) {
      const script = { seed: 0, steps: sends };
      known = await runScript(this.#app, script, this.#options);
      this.#faultless.set(key, known);
    }
    return known;
  }
}

function brokenBy(
  { run, failure }: Simulated,
): { readonly run: SimulatedRun; readonly broken: Broken } {
  return { run, broken: { name: "run", cause: failure?.cause } };
}

function nameOf({ name }: { readonly name: string }): string {
  return name === "" ? "invariant" : name;
}

// Assertions say more below it; all of that is in the cause.
function firstLineOf(cause: unknown): string {
  if (!(cause instanceof Error)) return errorText(cause);
  return `${cause.name}: ${cause.message}`.split("\n", 1)[0] ?? "";
}

// Which message it was, and how often, may differ in a shorter script.
function wayOf({ name, cause }: Broken): string {
  const [way = ""] = /^[^:]*(:[^:]*)?/.exec(firstLineOf(cause)) ?? [];
  return `${name} ${way.replace(/\d+/g, "0")}`;
}

function scriptText({ seed, steps }: SimulationScript): string {
  return `{ seed: ${seed}, steps: ${JSON.stringify(steps)} }`;
}

function errorOf(
  title: string,
  which: string,
  { name, cause }: Broken,
  script: SimulationScript,
  events: readonly TestEvent[],
): SimulationError {
  const lines = events.slice(-shownEvents).map(eventLine).join("\n");
  const message = `Cannot keep "${title}" right: ${
    name === "run" ? "a run fails" : `"${name}" does not hold`
  } in ${which}: ${firstLineOf(cause)}

The shortest script found:
await replay(app, ${scriptText(script)}, { send, invariant });

Its latest events:
${lines}`;
  return new SimulationError(message, { broken: name, script, events, cause });
}

function checkReplay(where: string, options: RunOptions): void {
  const { send, invariant, maxSteps, brokers = {}, state } = options;
  for (
    const [name, list] of [["send", send], [
      "invariant",
      [invariant].flat(),
    ]] as const
  ) {
    const isList = Array.isArray(list) && list.length > 0 &&
      list.every((one) => typeof one === "function");
    if (!isList) refuseOption(where, name, "a list of functions", list);
  }
  for (const [name, make] of Object.entries(brokers)) {
    if (typeof make === "function") continue;
    refuseOption(where, `brokers.${name}`, "a function that makes it", make);
  }
  if (state !== undefined && typeof state !== "function") {
    refuseOption(where, "state", "a function that makes it", state);
  }
  milliseconds(where, "calmMs", options.calmMs);
  milliseconds(where, "withinMs", options.withinMs);
  if (maxSteps !== undefined) wholeNumber(where, "maxSteps", maxSteps, 1);
}

/** What the application can suffer of what was asked for. */
async function faultsOf(
  app: unknown,
  options: RunOptions,
  asked: readonly AppFault[] | undefined,
): Promise<{ readonly title: string; readonly faults: readonly AppFault[] }> {
  const { tested, parts } = await startTested(app, {}, options.signal);
  const { line, lives, title } = parts;
  try {
    for (const fault of asked ?? []) line.checkSuffers(fault);
    const possible = appFaults.filter((one) => line.whyNot(one) === undefined);
    return { title, faults: asked ?? possible };
  } finally {
    await lives.abandon();
    await tested.closeConnections();
  }
}

/**
 * Tries many ways in which it could have happened: messages close together or far apart, timers in another order, and all that may go wrong between an application and its brokers, each run on an application of its own with a clock of its own.
 *
 * Each run follows from the seed: it sends all that is to be sent, lets time pass and things go wrong, and then has all the time it needs to come to rest; then the invariants are asked. The same seed makes the same runs, event by event, on each runtime, where the application depends on time and randomness by its clock only.
 *
 * Rejects with a {@linkcode SimulationError} where something does not hold, or a run fails by itself: with the shortest script found that shows it. With what the start of the application rejects with, where it does not start; with `unsupported` where a fault has no meaning on its brokers; with the signal's reason.
 *
 * @example An order that is told twice, and confirmed at least once
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { atLeastOnce, idempotent, simulate } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const receipts = channel<{ id: number }>("receipts");
 * const handle = subscriber(orders, { group: "shop", reply: receipts }, ({ id }) => ({ id }));
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle));
 *
 * const report = await simulate(app, {
 *   runs: 50,
 *   seed: 7,
 *   send: [(t) => t.send(orders, { id: 1 }), (t) => t.send(orders, { id: 2 })],
 *   invariant: [atLeastOnce, idempotent],
 * });
 * assert.equal(report.runs, 50);
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong type, a fault has no such name, or the application is none.
 * @throws {RangeError} If a number is out of range.
 */
export async function simulate<State>(
  app: RustStream<State>,
  options: SimulateOptions<NoInfer<State>>,
): Promise<SimulationReport> {
  const where = "simulate";
  checkKnown(where, options, ofSimulate);
  const { runs = 1_000, seed = 0, faults: asked, ...rest } = options;
  const own = rest as unknown as RunOptions;
  checkReplay(where, own);
  wholeNumber(where, "runs", runs, 1);
  wholeNumber(where, "seed", seed, -Number.MAX_SAFE_INTEGER);
  checkFaults(where, asked);
  own.signal?.throwIfAborted();
  const { title, faults } = await faultsOf(app, own, asked);
  const simulation = new Simulation(app, own);
  const happened = new Map<string, number>();
  let steps = 0;
  for (let index = 0; index < runs; index++) {
    const runSeed = seedOf(seed, index);
    const script = {
      seed: runSeed,
      steps: scriptOf(runSeed, own.send.length, faults),
    };
    const from = systemClock.mono();
    const { run, broken } = await simulation.run(script);
    if (broken !== undefined) {
      // What hangs for real would hang each time.
      const hangs = systemClock.mono() - from > (own.withinMs ?? 10_000);
      const short = hangs ? script : await simulation.shortest(script, broken);
      const again = hangs ? { run, broken } : await simulation.run(short);
      throw errorOf(
        title,
        `run ${index + 1} of ${runs} by seed ${seed}`,
        again.broken ?? broken,
        short,
        again.run.events,
      );
    }
    steps += script.steps.length;
    for (const event of run.events) {
      if (event.kind !== "fault") continue;
      happened.set(event.fault, (happened.get(event.fault) ?? 0) + 1);
    }
  }
  return { runs, seed, steps, faults: Object.fromEntries(happened) };
}

/**
 * Does once more what a simulated run did: what a {@linkcode SimulationError} shows, pasted as a test.
 *
 * Rejects as {@linkcode simulate} does; the script stays as it is.
 *
 * @example A script that must hold from now on
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { atLeastOnce, replay } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const handle = subscriber(orders, { group: "shop" }, () => {});
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle));
 *
 * const { handled } = await replay(
 *   app,
 *   { seed: 7, steps: ["loseAck", "send 0"] },
 *   { send: [(t) => t.send(orders, { id: 1 })], invariant: atLeastOnce },
 * );
 * assert.deepEqual(handled[0]?.outcomes, ["ack", "ack"]);
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong type, or a step is none.
 * @throws {RangeError} If a number is out of range, or a step sends what is not there.
 */
export async function replay<State>(
  app: RustStream<State>,
  script: SimulationScript,
  options: ReplayOptions<NoInfer<State>>,
): Promise<SimulatedRun<State>> {
  const where = "replay";
  checkKnown(where, options, ofReplay);
  const own = options as unknown as RunOptions;
  checkReplay(where, own);
  const { steps } = script;
  if (!Array.isArray(steps)) {
    refuseOption(where, "steps", "a list of steps", steps);
  }
  const read = steps.map((step) => readStep(step, own.send.length));
  const faults = read.map(({ kind }) => kind).filter((kind) =>
    appFaults.includes(kind as AppFault)
  ) as AppFault[];
  own.signal?.throwIfAborted();
  const { title } = await faultsOf(app, own, faults);
  const { run, broken } = await new Simulation(app, own).run(script);
  if (broken === undefined) return run as SimulatedRun<State>;
  throw errorOf(title, "a replay", broken, script, run.events);
}
