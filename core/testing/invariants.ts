import { AssertionError } from "./assertion_error.ts";
import { pendingLine } from "./pending.ts";
import type { HandledMessage, SimulatedRun } from "./simulation.ts";

function fail({ events }: SimulatedRun, message: string): never {
  throw new AssertionError(message, events);
}

function what({ subscriber, message, id, outcomes }: HandledMessage): string {
  return `a message was lost: ${
    id ?? "one"
  } to "${message.address}" at "${subscriber}" ended by ${
    outcomes.join(", ") || "nothing"
  }`;
}

function isDone({ outcomes }: HandledMessage): boolean {
  return outcomes.includes("ack") || outcomes.includes("dead-letter");
}

function deadOf({ handled }: SimulatedRun): readonly HandledMessage[] {
  return handled.filter(({ outcomes }) => outcomes.includes("dead-letter"));
}

function outputsOf({ published, output }: SimulatedRun): ReadonlySet<string> {
  return new Set(
    published.filter(({ by }) => by.as !== "dead-letter")
      .map(({ message }) => output(message)),
  );
}

function checkCalm(run: SimulatedRun): void {
  const { pending, backlog } = run;
  const [first] = pending;
  if (first !== undefined) {
    fail(
      run,
      `not all has ended: ${pending.length} wait, ${pendingLine(first)}`,
    );
  }
  if (backlog > 0) {
    fail(run, `not all has ended: brokers still have ${backlog}`);
  }
}

function checkDeadLetters(run: SimulatedRun): void {
  const dead = new Map<string, number>();
  for (const { subscriber } of deadOf(run)) {
    dead.set(subscriber, (dead.get(subscriber) ?? 0) + 1);
  }
  for (const [subscriber, count] of dead) {
    const left = run.published.filter(({ by }) =>
      by.as === "dead-letter" && by.subscriber === subscriber
    );
    if (left.length >= count) continue;
    fail(
      run,
      `dead letters were lost: ${count} of "${subscriber}" ended as such, and ${left.length} were published`,
    );
  }
}

/**
 * Ready invariant: at least once, never zero. Once nothing goes wrong any more, each message has ended, by an ack or as a dead letter that was published, and all that a run without faults publishes was published.
 *
 * A run that has more dead letters than the one without faults may lack what those would have published. A message that was only rejected is lost.
 *
 * @example A handler that answers before it has worked
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber, ack, out } from "@ruststream/core";
 * import { atLeastOnce, simulate } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const paid = channel<{ id: number }>("paid");
 * const handle = subscriber(
 *   orders,
 *   { group: "shop", out: { paid: out(paid) } },
 *   ({ id }, { out }) => ack().andAfter(async () => void await out.paid.publish({ id })),
 * );
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle));
 *
 * await assert.rejects(
 *   simulate(app, { runs: 100, send: [(t) => t.send(orders, { id: 1 })], invariant: atLeastOnce }),
 *   { name: "SimulationError", broken: "atLeastOnce" },
 * );
 * ```
 *
 * @throws {AssertionError} If it does not hold; the message says where.
 */
export function atLeastOnce(run: SimulatedRun): void {
  checkCalm(run);
  const [undelivered] = run.undelivered;
  if (undelivered !== undefined) {
    fail(
      run,
      `a message was lost: one to "${undelivered}" was never delivered`,
    );
  }
  const lost = run.handled.find((one) => !isDone(one));
  if (lost !== undefined) fail(run, what(lost));
  checkDeadLetters(run);
  const { faultless } = run;
  if (faultless === undefined) return;
  if (deadOf(run).length > deadOf(faultless).length) return;
  const there = outputsOf(run);
  for (const output of outputsOf(faultless)) {
    if (!there.has(output)) fail(run, `never published: ${output}`);
  }
}

/**
 * Ready invariant: what is published is the same whether a delivery is handled once or twice. Nothing may be published that a run without faults does not publish; how often does not matter, and dead letters do not count.
 *
 * A handler whose output depends on the order of messages, on the time or on chance does not keep it: leave such parts out by the option `output`, or the faults that change the order.
 *
 * @example A handler that counts a message twice
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscribers } from "@ruststream/core";
 * import { idempotent, simulate } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const { subscriber } = subscribers<{ total: number }>();
 * const payments = channel<{ cents: number }>("payments");
 * const totals = channel<{ total: number }>("totals");
 * const add = subscriber(payments, { group: "till", reply: totals }, ({ cents }, { state }) => {
 *   state.total += cents;
 *   return { total: state.total };
 * });
 * const app = new RustStream({ title: "till", version: "1.0.0" })
 *   .withState(() => ({ total: 0 }))
 *   .withBroker(new MemoryBroker(), (b) => b.include(add));
 *
 * await assert.rejects(
 *   simulate(app, { runs: 100, send: [(t) => t.send(payments, { cents: 5 })], invariant: idempotent }),
 *   { broken: "idempotent" },
 * );
 * ```
 *
 * @throws {AssertionError} If it does not hold; the message says where.
 */
export function idempotent(run: SimulatedRun): void {
  const { faultless } = run;
  if (faultless === undefined) return;
  const expected = outputsOf(faultless);
  for (const output of outputsOf(run)) {
    if (!expected.has(output)) {
      fail(run, `published only where something goes wrong: ${output}`);
    }
  }
}
