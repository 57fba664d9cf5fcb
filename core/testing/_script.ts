import { foundText } from "../check_settings.ts";
import { type AppFault, appFaults } from "./app_faults.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** One step of a script, read. */
export interface Step {
  readonly kind: "send" | "tick" | "advance" | AppFault;
  /** Which, how long or how often. */
  readonly count: number;
  /** How many moments that fit pass first. */
  readonly after: number;
}

interface Rule {
  /** The least number that may stand behind it. Without one none may. */
  readonly least?: number;
  /** What it is without one. Where that is not there one must stand there. */
  readonly usual?: number;
  /** Whether moments may pass first. */
  readonly waits?: true;
}

const moment: Rule = { usual: 1, waits: true };
const rules: Readonly<Record<Step["kind"], Rule>> = {
  send: { least: 0 },
  tick: { least: 0, usual: 0 },
  advance: { least: 0 },
  loseAck: moment,
  deliverTwice: moment,
  reorder: moment,
  crash: { usual: 1 },
  crashBeforeSettle: moment,
  crashBeforePublish: moment,
  disconnect: { least: 0, usual: 1_000 },
  refusePublish: { least: 1, usual: 1, waits: true },
};

/**
 * Reads one step of a script.
 *
 * @throws {TypeError} If it is none.
 * @throws {RangeError} If it sends what is not there.
 */
export function readStep(step: unknown, sends: number): Step {
  const [, kind = "", count, after] =
    typeof step === "string" && /^(\w+)(?: (\d+))?(?: \+(\d+))?$/.exec(step) ||
    [];
  const rule = Object.hasOwn(rules, kind)
    ? rules[kind as Step["kind"]]
    : undefined;
  const value = count === undefined ? rule?.usual : Number(count);
  if (
    rule === undefined || value === undefined || value < (rule.least ?? 0) ||
    (count !== undefined && rule.least === undefined) ||
    (after !== undefined && !rule.waits)
  ) {
    throw new TypeError(
      `Cannot replay step ${
        foundText(step)
      }: expected "send 0", "tick", "advance 100" or one of ${
        appFaults.join(", ")
      }`,
    );
  }
  if (kind === "send" && value >= sends) {
    throw new RangeError(
      `Cannot replay step ${
        foundText(step)
      }: ${sends} are there to be sent, counted from 0`,
    );
  }
  return {
    kind: kind as Step["kind"],
    count: value,
    after: Number(after ?? 0),
  };
}

/** The seed of one run of several. */
export function seedOf(seed: number, run: number): number {
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) +
    Math.imul(run + 1, 0xc2b2ae35);
  return Math.floor(new VirtualClock({ seed: mixed }).random() * 2 ** 32);
}

const waits = [1, 10, 100, 1_000, 30_000];

/** Makes up a script: all that is to be sent, time that passes, and what goes wrong. */
export function scriptOf(
  seed: number,
  sends: number,
  faults: readonly AppFault[],
): readonly string[] {
  const dice = new VirtualClock({ seed });
  const below = (count: number): number => Math.floor(dice.random() * count);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  const open = Array.from({ length: sends }, (_, index) => index);
  const mixes = below(2) === 1;
  const steps: string[] = [];
  const fault = (): string => {
    const name = one(faults);
    if (name === "disconnect") return `${name} ${one(waits)}`;
    const step = name === "refusePublish" ? `${name} ${1 + below(4)}` : name;
    const isLater = rules[name].waits === true && below(3) === 0;
    return isLater ? `${step} +${1 + below(3)}` : step;
  };
  for (let left = sends + 2 + below(6); open.length > 0 || left > 0;) {
    const die = dice.random();
    if (die < 0.35 && open.length > 0) {
      steps.push(`send ${open.splice(mixes ? below(open.length) : 0, 1)[0]}`);
      continue;
    }
    left--;
    if (die < 0.6 && faults.length > 0) steps.push(fault());
    else if (die < 0.85) steps.push(below(4) === 0 ? "tick 1" : "tick");
    else steps.push(`advance ${one(waits)}`);
  }
  return steps;
}
