import { systemClock } from "../contract/clock.ts";
import { FaultLine } from "./_fault_line.ts";
import { Lives } from "./_lives.ts";
import { Recorder } from "./_recorder.ts";
import { Rest } from "./_rest.ts";
import { checkOptions, setUp } from "./_setting_up.ts";
import { TestClock } from "./_test_clock.ts";
import { TestedApp, type UnderTest } from "./_tested_app.ts";
import type { TestAppOptions } from "./test_app_options.ts";
import { Views } from "./_views.ts";
import { waitsOf } from "./_waits.ts";

/** An application under test, with its parts. */
export interface StartedTest {
  readonly tested: TestedApp;
  readonly parts: UnderTest;
}

/** Starts an application for a test: what `testApp` does. */
export async function startTested(
  app: unknown,
  options: TestAppOptions<never>,
  signal?: AbortSignal,
): Promise<StartedTest> {
  checkOptions(options);
  const { maxSteps = 100_000, withinMs = 10_000, quietMs = 50 } = options;
  const { startMs = 0, seed = 0, live = false } = options;
  const { faults = [], faultRate: rate = 0.1 } = options;
  const virtual = live ? undefined : new TestClock({ startMs, seed });
  const clock = virtual ?? systemClock;
  const recorder = new Recorder(clock);
  const ready = await setUp(app, options);
  const { plan, plan: { info: { title } } } = ready;
  const rest: Rest = new Rest({
    recorder,
    clock: virtual,
    maxSteps,
    withinMs,
    quietMs,
    signal,
    pending: () => waitsOf(recorder, rest.dispatchers, clock.now()),
  });
  const line = new FaultLine({
    title,
    recorder,
    clock,
    isVirtual: !live,
    chance: faults.length === 0 ? undefined : { faults, rate, seed },
  });
  const lives = new Lives({
    title,
    setUp: ready,
    recorder,
    clock,
    line,
    rest,
    withinMs,
    signal,
  });
  await lives.start();
  const views = new Views(plan, recorder, () => clock.now());
  const parts = { title, lives, line, recorder, rest, views, clock: virtual };
  const tested = new TestedApp(parts);
  try {
    for (const fault of faults) line.checkSuffers(fault);
  } catch (refusal) {
    await tested.stop();
    throw refusal;
  }
  return { tested, parts };
}
