import { checkOptions } from "@ruststream/core/contract";

/** What a memory broker keeps of what was published, by address. The newest message of an address always stays. At least one of the first three is to be given. */
export interface MemoryRetainOptions {
  /**
   * How many messages of one address are kept.
   *
   * @default {Infinity}
   */
  readonly messages?: number;
  /**
   * How many bytes of bodies are kept of one address.
   *
   * @default {Infinity}
   */
  readonly bytes?: number;
  /**
   * How old a message may become, in milliseconds.
   *
   * @default {Infinity}
   */
  readonly ageMs?: number;
  /**
   * How many addresses are kept. One more, and all of the address published to longest ago is forgotten, its newest message too.
   *
   * @default {4_096}
   */
  readonly addresses?: number;
}

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
  /** Keeps a log of what was published, for `log()` to read. By default nothing is kept, and there is no log. */
  readonly retain?: MemoryRetainOptions | undefined;
}

/** What is kept, each limit with a value. */
export type Retention = Required<MemoryRetainOptions>;

/** The options, each with a value. */
export interface Settings
  extends Required<Omit<MemoryBrokerOptions, "retain">> {
  readonly retain: Retention | undefined;
}

const defaults: Settings = Object.freeze({
  name: "memory",
  capacity: 65_536,
  maxBodyBytes: 1_048_576,
  publishTimeoutMs: 30_000,
  settleDeadlineMs: 30_000,
  retain: undefined,
});
const retainDefaults: Retention = Object.freeze({
  messages: Infinity,
  bytes: Infinity,
  ageMs: Infinity,
  addresses: 4_096,
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

const whole = "a whole number of at least 1";
const time = "a finite number of milliseconds above 0";
const isWhole = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 1;
const isTime = (value: number): boolean => Number.isFinite(value) && value > 0;

const orInfinity = (lawful: (value: number) => boolean) => (value: number) =>
  value === Infinity || lawful(value);

function retentionOf(options: MemoryRetainOptions): Retention {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot use option "retain": expected an object, found ${
        options === null ? "null" : typeof options
      }`,
    );
  }
  checkOptions('use option "retain"', options, Object.keys(retainDefaults));
  const {
    messages = retainDefaults.messages,
    bytes = retainDefaults.bytes,
    ageMs = retainDefaults.ageMs,
    addresses = retainDefaults.addresses,
  } = options;
  checkNumber("retain.messages", messages, orInfinity(isWhole), whole);
  checkNumber("retain.bytes", bytes, orInfinity(isWhole), whole);
  checkNumber("retain.ageMs", ageMs, orInfinity(isTime), time);
  checkNumber("retain.addresses", addresses, isWhole, whole);
  if (messages === Infinity && bytes === Infinity && ageMs === Infinity) {
    throw new RangeError(
      'Cannot use option "retain": expected an end by messages, bytes or ageMs, found none',
    );
  }
  return Object.freeze({ messages, bytes, ageMs, addresses });
}

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} If an option is unknown, or a value is of the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function settingsOf(options: MemoryBrokerOptions): Settings {
  checkOptions("make a memory broker", options, Object.keys(defaults));
  const {
    name = defaults.name,
    capacity = defaults.capacity,
    maxBodyBytes = defaults.maxBodyBytes,
    publishTimeoutMs = defaults.publishTimeoutMs,
    settleDeadlineMs = defaults.settleDeadlineMs,
    retain,
  } = options;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `Cannot use option "name": expected a string with something in it, found ${
        name === "" ? '""' : typeof name
      }`,
    );
  }
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
    retain: retain === undefined ? undefined : retentionOf(retain),
  });
}
