/** Options for {@linkcode MemoryBroker}. */
export interface MemoryBrokerOptions {
  /**
   * Tells brokers of one application apart.
   *
   * @default {"memory"}
   */
  readonly name?: string;
  /**
   * How many messages may wait in one queue (that of an ungrouped subscription, or of a group) before publishing waits.
   *
   * @default {65_536}
   */
  readonly capacity?: number;
  /**
   * The largest body. One byte more is refused with `too-large`.
   *
   * @default {1_048_576}
   */
  readonly maxBodyBytes?: number;
  /**
   * How long a publish waits for room before it rejects with `overloaded`, in milliseconds.
   *
   * @default {30_000}
   */
  readonly publishTimeoutMs?: number;
  /**
   * How long a group waits for a settlement before it delivers again, in milliseconds.
   *
   * @default {30_000}
   */
  readonly settleDeadlineMs?: number;
}

/** The options, each with a value. */
export type Settings = Required<MemoryBrokerOptions>;

const defaults: Settings = Object.freeze({
  name: "memory",
  capacity: 65_536,
  maxBodyBytes: 1_048_576,
  publishTimeoutMs: 30_000,
  settleDeadlineMs: 30_000,
});

function checkNumber(
  name: string,
  value: unknown,
  lawful: (value: number) => boolean,
  expected: string,
): void {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot use option "${name}": expected a number, found ${typeof value}`,
    );
  }
  if (!lawful(value)) {
    throw new RangeError(
      `Cannot use option "${name}": expected ${expected}, found ${value}`,
    );
  }
}

const isWhole = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 1;
const isTime = (value: number): boolean => Number.isFinite(value) && value > 0;

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} If an option is unknown, or a value is of the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function settingsOf(options: MemoryBrokerOptions): Settings {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new TypeError(
        `Cannot use option "${name}": a memory broker has only ${
          Object.keys(defaults).join(", ")
        }`,
      );
    }
  }
  const {
    name = defaults.name,
    capacity = defaults.capacity,
    maxBodyBytes = defaults.maxBodyBytes,
    publishTimeoutMs = defaults.publishTimeoutMs,
    settleDeadlineMs = defaults.settleDeadlineMs,
  } = options;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `Cannot use option "name": expected a string with something in it, found ${
        name === "" ? '""' : typeof name
      }`,
    );
  }
  const whole = "a whole number of at least 1";
  const time = "a finite number of milliseconds above 0";
  checkNumber("capacity", capacity, isWhole, whole);
  checkNumber("maxBodyBytes", maxBodyBytes, isWhole, whole);
  checkNumber("publishTimeoutMs", publishTimeoutMs, isTime, time);
  checkNumber("settleDeadlineMs", settleDeadlineMs, isTime, time);
  return Object.freeze({
    name,
    capacity,
    maxBodyBytes,
    publishTimeoutMs,
    settleDeadlineMs,
  });
}
