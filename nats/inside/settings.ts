import { fault, notModelled } from "./fault.ts";
import type { Version } from "./versions.ts";

/** A configuration as the wire has it. */
export type Wire = Readonly<Record<string, unknown>>;

/** What a setting must be, and since when there is one. */
export interface Setting {
  /** Its kind, or the words that it may be. */
  readonly is:
    | "string"
    | "number"
    | "boolean"
    | "object"
    | "strings"
    | "numbers"
    | readonly string[];
  /** The first server that knows it. Without it all do. */
  readonly since?: string;
  /** Which values are only for real servers. Without it none is. */
  readonly not?: (value: unknown) => boolean;
}

/** Settings by their names. */
export type Settings = Readonly<Record<string, Setting>>;

/** Of any value but one that says nothing. */
export function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false &&
    value !== "" && value !== 0 &&
    !(Array.isArray(value) && value.length === 0);
}

/**
 * Reads an object as the server does.
 *
 * @throws {Fault} If it is none.
 */
export function parseJson(body: string, version: Version): object {
  // A newer server takes nothing for an empty object.
  if (body === "" && version.can("strictJson")) return {};
  let found: unknown;
  try {
    found = JSON.parse(body);
  } catch {
    throw fault("invalidJson");
  }
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw fault("invalidJson");
  }
  return found;
}

/**
 * What a server keeps of settings: those that it knows. Older ones drop the others without a word, newer ones refuse them.
 *
 * @throws {Fault} If a value is of the wrong kind, unknown where that matters, or only for real servers.
 */
export function readSettings(
  asked: unknown,
  settings: Settings,
  version: Version,
): Record<string, unknown> {
  if (typeof asked !== "object" || asked === null || Array.isArray(asked)) {
    throw fault("invalidJson");
  }
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(asked)) {
    const setting = settings[name];
    const known = setting !== undefined &&
      (setting.since === undefined || version.reaches(setting.since));
    if (!known && version.can("strictJson")) throw fault("invalidJson");
    if (!known || value === null) continue;
    if (!fits(value, setting.is)) throw fault("invalidJson");
    if (given(value) && setting.not?.(value)) throw notModelled(name);
    found[name] = value;
  }
  return found;
}

function fits(value: unknown, is: Setting["is"]): boolean {
  switch (is) {
    case "strings":
      return isListOf(value, "string");
    case "numbers":
      return isListOf(value, "number");
    case "object":
      return typeof value === "object";
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      return is.includes(value as string);
  }
}

function isListOf(value: unknown, type: string): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === type);
}
