import { MessagingError } from "@ruststream/core/contract";

/** A configuration as the server's JSON has it. */
export type Wire = Readonly<Record<string, unknown>>;

/** How one setting of ours is written for the server. */
export interface Field {
  /** The server's name of it. */
  readonly wire: string;
  /** The first server that knows it, as `major.minor`. Without it all that we support do. */
  readonly since?: string;
  /** Our value in the server's form. Without it they are the same. */
  readonly write?: (value: unknown) => unknown;
}

/** Settings by our name. */
export type Fields = Readonly<Record<string, Field>>;

/** Milliseconds as the server's nanoseconds. */
export function nanos(value: unknown): number {
  const ms = value as number;
  if (typeof ms !== "number" || !(ms >= 0) || !Number.isFinite(ms)) {
    throw new RangeError(
      `Cannot use a duration: expected milliseconds of at least 0, found ${ms}`,
    );
  }
  return Math.round(ms * 1_000_000);
}

/** Writes an object by its fields; settings without a field are left out. */
export function write(fields: Fields): (value: unknown) => Wire {
  return (value) => {
    const wire: Record<string, unknown> = {};
    for (const [name, found] of Object.entries(value as object)) {
      const field = fields[name];
      if (field === undefined || found === undefined) continue;
      wire[field.wire] = field.write === undefined ? found : field.write(found);
    }
    return wire;
  };
}

/** Whether a server's version is so much or more. */
export function reaches(version: string, since: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = since.split(".").map(Number);
  return major > wantedMajor ||
    (major === wantedMajor && minor >= wantedMinor);
}

/**
 * Refuses settings that this server is too old for.
 *
 * @throws {MessagingError} `unsupported`, naming the first of them.
 */
export function checkVersion(
  deed: string,
  settings: object,
  fields: Fields,
  version: string,
): void {
  for (const [name, value] of Object.entries(settings)) {
    const { since } = fields[name] ?? {};
    if (since === undefined || value === undefined) continue;
    if (reaches(version, since)) continue;
    throw new MessagingError(
      "unsupported",
      `Cannot ${deed}: "${name}" needs a server of ${since}, found ${version}`,
    );
  }
}

/** A setting that is not as it was asked. */
export interface Difference {
  readonly name: string;
  readonly asked: unknown;
  readonly found: unknown;
}

// What the server leaves out of its answer, or fills in, where nothing was set.
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === false ||
    value === 0 || value === -1 || value === "" || value === "none" ||
    value === "default" || (Array.isArray(value) && value.length === 0);
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
}

function alike(asked: unknown, found: unknown): boolean {
  if (asked === found || (isNothing(asked) && isNothing(found))) return true;
  if (isTime(asked) && isTime(found)) {
    return Date.parse(asked) === Date.parse(found);
  }
  if (Array.isArray(asked)) {
    return Array.isArray(found) && asked.length === found.length &&
      asked.every((one, i) => alike(one, found[i]));
  }
  if (typeof asked !== "object" || asked === null) return false;
  if (typeof found !== "object" || found === null) return false;
  // The server adds fields of its own; ours must be among them.
  return Object.entries(asked).every(([name, value]) =>
    alike(value, (found as Record<string, unknown>)[name])
  );
}

/** What of all that was asked is not so. */
export function differences(
  asked: Wire,
  found: Wire,
): readonly Difference[] {
  return Object.entries(asked)
    .filter(([name, value]) => !alike(value, found[name]))
    .map(([name, value]) => ({ name, asked: value, found: found[name] }));
}

/** The differences in words, by our names. */
export function inWords(found: readonly Difference[], fields: Fields): string {
  const ours = new Map(
    Object.entries(fields).map(([name, { wire }]) => [wire, name]),
  );
  return found.map((one) =>
    `"${ours.get(one.name) ?? one.name}" was asked to be ${
      JSON.stringify(one.asked)
    } and is ${JSON.stringify(one.found) ?? "not there"}`
  ).join(", ");
}
