import type { SimulationScript } from "./simulation.ts";
import type { TestEvent } from "./test_event.ts";

/** What a {@linkcode SimulationError} holds. */
export interface SimulationFinding {
  /** What does not hold: the name of the invariant, or `run` where the run itself failed. */
  readonly broken: string;
  /** The shortest script found. */
  readonly script: SimulationScript;
  /** What happened in it. */
  readonly events: readonly TestEvent[];
  /** What the invariant or the run threw. */
  readonly cause: unknown;
}

/**
 * A simulated run in which something does not hold, with the shortest script found that shows it.
 *
 * Its message holds a line that can be pasted as a test.
 *
 * @example What is broken, and by which steps
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { type SimulatedRun, simulate, SimulationError } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, { group: "shop" }, () => {})));
 *
 * function handledOnce({ handled }: SimulatedRun) {
 *   assert.ok(handled.every(({ outcomes }) => outcomes.length <= 1));
 * }
 * const error = await simulate(app, {
 *   send: [(t) => t.send(orders, { id: 1 })],
 *   invariant: handledOnce,
 * }).catch((error) => error);
 * assert.ok(error instanceof SimulationError);
 * assert.equal(error.broken, "handledOnce");
 * assert.ok(error.script.steps.length <= 4);
 * ```
 */
export class SimulationError extends Error {
  /** Tells it apart in each copy of this module. */
  override readonly name = "SimulationError";
  /** What does not hold: the name of the invariant, or `run` where the run itself failed. */
  readonly broken: string;
  /** The shortest script found: {@linkcode replay} does it again. */
  readonly script: SimulationScript;
  /** What happened in it. */
  readonly events: readonly TestEvent[];

  /** Keeps what was found beside the message. */
  constructor(message: string, finding: SimulationFinding) {
    super(message, { cause: finding.cause });
    this.broken = finding.broken;
    this.script = finding.script;
    this.events = finding.events;
  }
}
