import { foundText } from "../check_settings.ts";

/** What a number must be. */
export interface Bounds {
  readonly least?: number;
  /** Must be above it. */
  readonly above?: number;
  readonly whole?: boolean;
}

/**
 * Checks a number of a middleware's options.
 *
 * @param deed What the middleware does, for the error.
 * @throws {RangeError} If it is not a finite number within its bounds.
 */
export function checkNumber(
  deed: string,
  name: string,
  value: unknown,
  { least, above, whole = false }: Bounds,
): void {
  const fits = typeof value === "number" && value < Infinity &&
    value >= (least ?? -Infinity) && value > (above ?? -Infinity) &&
    (!whole || Number.isInteger(value));
  if (fits) return;
  const kind = whole ? "whole" : "finite";
  const bound = above === undefined ? `of at least ${least}` : `above ${above}`;
  throw new RangeError(
    `Cannot ${deed}: ${name} must be a ${kind} number ${bound}, found ${
      foundText(value)
    }`,
  );
}

/**
 * Checks a function of a middleware's options.
 *
 * @throws {TypeError} If it is there and is none.
 */
export function checkFunction(
  deed: string,
  name: string,
  value: unknown,
): void {
  if (value === undefined || typeof value === "function") return;
  throw new TypeError(
    `Cannot ${deed}: ${name} must be a function, found ${foundText(value)}`,
  );
}
