import { UsageError } from "./command.ts";

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a number of milliseconds above 0.
 *
 * @throws {UsageError} If it is none.
 */
export function readMs(
  option: string,
  value: string | undefined,
  otherwise: number,
): number {
  return value === undefined ? otherwise : readCount(option, value);
}

/**
 * Reads a whole number of at least 1.
 *
 * @throws {UsageError} If it is none.
 */
export function readCount(option: string, value: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(count) && count > 0) {
    return count;
  }
  throw new UsageError(
    `Cannot take "--${option} ${value}": expected a whole number of at least 1`,
  );
}

/**
 * Reads a time with its unit, `90s` or `2h`, in milliseconds.
 *
 * @throws {UsageError} If it is none.
 */
export function readAge(option: string, value: string): number {
  const [, count = "", unit = ""] = /^(\d+)(ms|s|m|h|d)$/.exec(value) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? Number.NaN);
  if (count !== "" && Number.isSafeInteger(ms)) return ms;
  throw new UsageError(
    `Cannot take "--${option} ${value}": expected a time as 500ms, 90s, 15m, 2h or 7d`,
  );
}
