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
import { appFaults } from "./app_faults.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Logger } from "../log.ts";
import { replaced } from "./faulty_replace.ts";
import type { TestAppOptions } from "./test_app_options.ts";
import { WatchedPlan } from "./_watched_plan.ts";
import type { Watch } from "./_watched_publisher.ts";

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
  "faults",
  "faultRate",
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
  checkFaults(where, options.faults);
  const { faultRate = 0 } = options;
  if (!(faultRate >= 0 && faultRate <= 1)) {
    refuseOption(where, "faultRate", "a number from 0 to 1", faultRate);
  }
  milliseconds(where, "quietMs", options.quietMs);
}

/**
 * Checks names of faults, where some are given.
 *
 * @throws {TypeError} If it is no list, or one is unknown.
 */
export function checkFaults(where: string, faults: unknown): void {
  if (faults === undefined) return;
  if (!Array.isArray(faults)) {
    refuseOption(where, "faults", "a list of names", faults);
  }
  for (const name of faults) {
    if (appFaults.includes(name)) continue;
    refuseOption(where, "faults", `of ${appFaults.join(", ")}`, name);
  }
}

/** What one start is given. */
export interface Startable {
  readonly parts: AppParts;
  readonly plan: AppPlan;
}

/** An application, set up for a test. */
export interface SetUp {
  /** As the application has it, on the brokers of the test. */
  readonly plan: AppPlan;
  /** What a process of it starts with: the same, watched. */
  of(watch: Watch, makeState?: AppParts["makeState"]): Startable;
}

/**
 * Puts in what stands in for parts of the application, and a watch around the rest.
 *
 * @throws {MessagingError} `unsupported`, if a broker has no in-process form and nothing stands in for it.
 * @throws {TypeError} If something is to stand in for what is not there, or the application cannot start as it is.
 */
export async function setUp(
  app: unknown,
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
  const makeOwn = stateOf(options) ?? parts.makeState;
  return {
    plan: planned,
    of: (watch, makeState = makeOwn) => ({
      parts: {
        ...parts,
        info: { ...parts.info, logger: options.logger ?? silent },
        makeState,
        // First, so that what happened is there when the others are told.
        observers: [
          watch.recorder.observerOf(watch.process),
          ...parts.observers,
        ],
      },
      plan: new WatchedPlan(watch, around).of(planned),
    }),
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
