import {
  checkKnown,
  foundText,
  milliseconds,
  refuseOption,
} from "../check_settings.ts";
import type { Plan } from "./plan.ts";
import type { Received } from "./received.ts";
import { StageStreams } from "./stage_streams.ts";

/**
 * A step of a pipeline: a Web Streams pair that our own ends recognise and fuse.
 *
 * Its streams are made when they are first asked for, and then it is used as such, once. Fused it is only a plan, and may stand in several pipelines.
 */
export interface Stage<in I, out O>
  extends ReadableWritablePair<Received<O>, Received<I>> {
  /** How it is fused. */
  readonly "~plan": unknown;
  /** Types only; nothing is there at run time. */
  readonly "~types"?: (payload: I) => O;
}

/** Options for a stage that calls a function. */
export interface StageOptions {
  /** What it is called in errors. By default the word for its kind. */
  readonly name?: string;
  /** How long the function may take for one payload before that fails, in milliseconds. A later result goes nowhere. Without one it may take for ever. */
  readonly timeoutMs?: number;
}

/** Makes a stage of its plan. */
export function stageOf<I, O>(of: Plan): Stage<I, O> {
  let streams: StageStreams | undefined;
  const made = (): StageStreams => streams ??= new StageStreams(of);
  const stage = {
    "~plan": () => streams === undefined ? of : undefined,
    get readable() {
      return made().readable as ReadableStream<Received<O>>;
    },
    get writable() {
      return made().writable as WritableStream<Received<I>>;
    },
  };
  return Object.freeze(stage);
}

/** The plan of a stage, unless it is somebody else's, or its streams are in use. */
export function planOf(stage: unknown): Plan | undefined {
  const found = (stage as { readonly "~plan"?: unknown } | null)?.["~plan"];
  return typeof found === "function" ? found() as Plan | undefined : undefined;
}

/**
 * The plan of a stage that is given to another one.
 *
 * @throws {TypeError} If it is none of ours, or its streams are in use.
 */
export function innerPlan(where: string, stage: unknown): Plan {
  const found = planOf(stage);
  if (found !== undefined) return found;
  throw new TypeError(
    `Cannot make ${where}: expected a stage whose streams are not in use, found ${
      foundText(stage)
    }`,
  );
}

/** Checks what each stage with a function is made of. */
export function checkStage(
  kind: string,
  run: unknown,
  options: StageOptions,
  own: readonly string[] = [],
): string {
  const where = `stage ${kind}`;
  if (typeof run !== "function") {
    throw new TypeError(
      `Cannot make ${where}: expected a function, found ${foundText(run)}`,
    );
  }
  checkKnown(where, options, ["name", "timeoutMs", ...own]);
  const { name = kind, timeoutMs } = options;
  if (typeof name !== "string" || name === "") {
    refuseOption(where, "name", "a string that is not empty", name);
  }
  milliseconds(where, "timeoutMs", timeoutMs);
  return name;
}
