import { insidesOf } from "../app/insides.ts";
import type { AppParts } from "../app/ground.ts";
import type { AddedBroker } from "../app/plan.ts";
import type { AppPlan } from "../app/planned.ts";
import { attempt } from "../attempt.ts";
import {
  checkKnown,
  foundText,
  milliseconds,
  refuseOption,
  wholeNumber,
} from "../check_settings.ts";
import type { Broker } from "../contract/broker.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Logger } from "../log.ts";
import { replaced } from "./faulty_replace.ts";
import type { Recorder } from "./_recorder.ts";
import type { TestAppOptions } from "./test_app_options.ts";
import { WatchedPlan } from "./_watched_plan.ts";

const where = "testApp";
const known = [
  "state",
  "deps",
  "brokers",
  "middleware",
  "logger",
  "startMs",
  "seed",
  "maxSteps",
  "withinMs",
  "live",
  "quietMs",
];

const silent: Logger = Object.freeze({
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
});

/** Checks what whoever writes plain JavaScript could get wrong. */
export function checkOptions(options: TestAppOptions<never>): void {
  checkKnown(where, options, known);
  const { deps = {}, brokers = {}, middleware = [], live } = options;
  for (const [name, make] of Object.entries(deps)) {
    if (typeof make === "function") continue;
    refuseOption(where, `deps.${name}`, "a function that makes it", make);
  }
  for (const [name, broker] of Object.entries(brokers)) {
    if (typeof broker?.connect === "function") continue;
    refuseOption(where, `brokers.${name}`, "a broker", broker);
  }
  if (!Array.isArray(middleware)) {
    refuseOption(where, "middleware", "a list of functions", middleware);
  }
  for (const layer of middleware) {
    if (typeof layer === "function") continue;
    refuseOption(where, "middleware", "a list of functions", layer);
  }
  if (live !== undefined && typeof live !== "boolean") {
    refuseOption(where, "live", "true or false", live);
  }
  const { maxSteps } = options;
  if (maxSteps !== undefined) wholeNumber(where, "maxSteps", maxSteps, 1);
  milliseconds(where, "withinMs", options.withinMs);
  milliseconds(where, "quietMs", options.quietMs);
}

/** An application, set up for a test: what its start is given. */
export interface SetUp {
  readonly parts: AppParts;
  /** As the application has it, on the brokers of the test. */
  readonly plan: AppPlan;
  /** The same, watched. */
  readonly watched: AppPlan;
}

/**
 * Puts in what stands in for parts of the application, and a watch around the rest.
 *
 * @throws {MessagingError} `unsupported`, if a broker has no in-process form and nothing stands in for it.
 * @throws {TypeError} If something is to stand in for what is not there, or the application cannot start as it is.
 */
export async function setUp(
  app: unknown,
  recorder: Recorder,
  options: TestAppOptions<never>,
): Promise<SetUp> {
  const { parts, brokers, plan } = insidesOf(app);
  const { title } = parts.info;
  checkNames(title, "broker", options.brokers, brokers.map(nameOf));
  const added: AddedBroker[] = [];
  for (const one of brokers) {
    added.push({ ...one, broker: await brokerOf(one.broker, options) });
  }
  const planned = plan(added);
  const around = {
    middleware: options.middleware ?? [],
    deps: options.deps ?? {},
  };
  checkNames(title, "dep", options.deps, depsOf(planned));
  return {
    parts: {
      ...parts,
      info: { ...parts.info, logger: options.logger ?? silent },
      makeState: stateOf(options) ?? parts.makeState,
      // First, so that what happened is there when the others are told.
      observers: [recorder.observer, ...parts.observers],
    },
    plan: planned,
    watched: new WatchedPlan(recorder, around).of(planned),
  };
}

function nameOf({ broker }: AddedBroker): string {
  return broker.name;
}

function depsOf({ brokers }: AppPlan): readonly string[] {
  return brokers.flatMap(({ subscriptions }) =>
    subscriptions.flat().flatMap(({ definition }) =>
      Object.keys(definition.options.deps ?? {})
    )
  );
}

function stateOf(
  options: TestAppOptions<never>,
): AppParts["makeState"] | undefined {
  if (!Object.hasOwn(options, "state")) return undefined;
  const state: unknown = options.state;
  return typeof state === "function"
    ? state as AppParts["makeState"]
    : () => state;
}

function checkNames(
  title: string,
  what: string,
  given: object = {},
  there: readonly string[],
): void {
  for (const name of Object.keys(given)) {
    if (there.includes(name)) continue;
    throw new TypeError(
      `Cannot stand in for ${what} "${name}": "${title}" has ${
        there.length === 0 ? "none" : `only ${there.join(", ")}`
      }`,
    );
  }
}

async function brokerOf(
  broker: Broker,
  { brokers = {}, live = false }: TestAppOptions<never>,
): Promise<Broker> {
  const { name } = broker;
  const { [name]: instead } = brokers;
  if (instead !== undefined) return replaced(instead, { name });
  if (live) return broker;
  if (typeof broker.inProcess !== "function") {
    throw new MessagingError(
      "unsupported",
      `Cannot test on broker "${name}": it has no in-process form; give one by the option "brokers", or say live: true`,
    );
  }
  const inside: unknown = await attempt(() => broker.inProcess?.());
  if (typeof (inside as Partial<Broker> | undefined)?.connect === "function") {
    return replaced(inside as Broker, { name });
  }
  throw new TypeError(
    `Cannot test on broker "${name}": its in-process form is ${
      foundText(inside)
    }`,
  );
}
