import type { Message } from "../contract/message.ts";
import { Ledger } from "./_ledger.ts";
import { readStep, type Step } from "./_script.ts";
import { show } from "./_show.ts";
import type {
  ReplayOptions,
  SimulatedRun,
  SimulationScript,
} from "./simulation.ts";
import { type StartedTest, startTested } from "./_start_tested.ts";
import { typed } from "./_tested_app.ts";
import type { TestAppOptions } from "./test_app_options.ts";
import type { TestEvent } from "./test_event.ts";

/** What came of a run: what happened, and what the run itself failed with. */
export interface Simulated {
  readonly run: SimulatedRun;
  readonly failure: { readonly cause: unknown } | undefined;
}

/** How a run differs from an ordinary test. */
export type RunOptions = ReplayOptions<never>;

function outputOf({ address, key = "", body }: Message): string {
  return `${address} ${key} ${show(body.length)} ${
    new TextDecoder().decode(body)
  }`;
}

function optionsOf(
  { state, deps, middleware, brokers = {}, maxSteps = 10_000, withinMs }:
    RunOptions,
  seed: number,
): TestAppOptions<never> {
  return {
    seed,
    maxSteps,
    ...(state === undefined ? {} : { state }),
    ...(deps === undefined ? {} : { deps }),
    ...(middleware === undefined ? {} : { middleware }),
    ...(withinMs === undefined ? {} : { withinMs }),
    brokers: Object.fromEntries(
      Object.entries(brokers).map(([name, make]) => [name, make()]),
    ),
  };
}

/** One run of a script. */
class ScriptRun {
  readonly #app: StartedTest;
  readonly #options: RunOptions;
  #sent: Promise<unknown>[] = [];

  constructor(app: StartedTest, options: RunOptions) {
    this.#app = app;
    this.#options = options;
  }

  async do({ kind, count, after }: Step): Promise<void> {
    const { tested, parts: { line, rest } } = this.#app;
    this.#options.signal?.throwIfAborted();
    switch (kind) {
      case "send": {
        const sent = this.#options.send[count]?.(typed(tested));
        // Not waited for: what is sent next may come with it.
        const sending = Promise.resolve(sent);
        sending.catch(() => {});
        this.#sent.push(sending);
        return;
      }
      case "tick":
        await this.#rest();
        rest.step(undefined, count);
        return await this.#rest();
      case "advance":
        await this.#rest();
        return await tested.advance(count);
      case "crash":
        line.checkSuffers(kind);
        line.kill(kind);
        return await this.#rest();
      case "disconnect":
        return line.disconnect({ forMs: count });
      default:
        line.arm(kind, { times: count, after });
    }
  }

  /** Nothing goes wrong any more, and all has its time. */
  async calm(): Promise<void> {
    const { parts: { line, rest, lives, clock } } = this.#app;
    const { calmMs = 600_000, maxSteps = 10_000 } = this.#options;
    await this.#rest();
    line.calm();
    await this.#rest();
    const until = (clock?.now() ?? 0) + calmMs;
    for (let steps = 0; steps < maxSteps && rest.step(until); steps++) {
      await this.#rest();
    }
    const { failure } = lives;
    if (failure !== undefined) throw failure;
  }

  async #rest(): Promise<void> {
    const { rest } = this.#app.parts;
    this.#options.signal?.throwIfAborted();
    await rest.untilQuiet();
    for (const sent of this.#sent.splice(0)) await rest.untilDone(sent);
  }
}

/** Does what a script says on an application of its own, and lets that come to rest. */
export async function runScript(
  app: unknown,
  script: SimulationScript,
  options: RunOptions,
): Promise<Simulated> {
  const { seed, steps } = script;
  const { send, signal, output } = options;
  signal?.throwIfAborted();
  const read = steps.map((step) => readStep(step, send.length));
  const started = await startTested(app, optionsOf(options, seed), signal);
  const { parts } = started;
  const ledger = new Ledger();
  parts.recorder.onDelivery = (event, outcome) => ledger.note(event, outcome);
  let failure: Simulated["failure"];
  try {
    const running = new ScriptRun(started, options);
    for (const step of read) await running.do(step);
    await running.calm();
  } catch (cause) {
    failure = { cause };
  }
  const outputText = output === undefined
    ? outputOf
    : (message: Message) => show(output(message));
  const run = await lookAt(started, ledger, script, outputText);
  await parts.lives.abandon();
  await started.tested.closeConnections();
  signal?.throwIfAborted();
  return { run, failure };
}

async function lookAt(
  { tested, parts }: StartedTest,
  ledger: Ledger,
  script: SimulationScript,
  output: (message: Message) => string,
): Promise<SimulatedRun> {
  const { recorder, views, rest } = parts;
  return {
    script,
    state: tested.state,
    events: recorder.events,
    published: recorder.published,
    handled: ledger.handled,
    pending: tested.pending,
    backlog: await backlogOf(rest.dispatchers),
    undelivered: undeliveredOf(recorder.events, ledger)
      .filter((address) => views.isRead(address)),
    output,
    transcript: () => tested.transcript(),
  };
}

async function backlogOf(
  dispatchers: StartedTest["parts"]["rest"]["dispatchers"],
): Promise<number> {
  let sum = 0;
  for (const { subscription } of dispatchers) {
    const backlog = await subscription.backlog?.().catch(() => undefined);
    sum += (backlog?.waiting ?? 0) + (backlog?.unsettled ?? 0);
  }
  return sum;
}

function undeliveredOf(
  events: readonly TestEvent[],
  ledger: Ledger,
): readonly string[] {
  const sent = new Map<string, number>();
  for (const { kind, address = "" } of events) {
    if (kind === "sent") sent.set(address, (sent.get(address) ?? 0) + 1);
  }
  return [...sent].filter(([address, count]) => ledger.countAt(address) < count)
    .map(([address]) => address);
}
