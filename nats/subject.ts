import {
  type AnyChannel,
  type Bindings,
  checkOptions,
  type Connection,
  type Guarantees,
  parseAddress,
  type Sink,
  type Source,
} from "@ruststream/core/contract";
import { coreGuarantees } from "./_guarantees.ts";
import { CoreSubscription } from "./_core_subscription.ts";
import { CorePublisher } from "./_publisher.ts";
import type { NatsPublisher } from "./publisher.ts";
import { sessionOf } from "./session_of.ts";
import type {
  CoreSinkOptions,
  NatsSubscription,
  SubjectOptions,
  SubjectSettings,
} from "./subject_types.ts";

const names: readonly string[] = ["group", "capacity", "overflow"];

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} If an option is unknown, or a value is of the wrong kind.
 * @throws {RangeError} If the capacity is not a whole number of at least 1.
 */
function settingsOf(address: string, options: SubjectOptions): SubjectSettings {
  const deed = `subscribe to "${address}"`;
  checkOptions(deed, options, names);
  const { capacity = 65_536, overflow = "drop-new" } = options;
  if (!Number.isSafeInteger(capacity) || capacity < 1) {
    throw new RangeError(
      `Cannot ${deed}: expected the capacity to be a whole number of at least 1, found ${capacity}`,
    );
  }
  if (!["drop-new", "drop-old", "close"].includes(overflow)) {
    throw new TypeError(
      `Cannot ${deed}: expected the overflow drop-new, drop-old or close, found ${
        JSON.stringify(overflow)
      }`,
    );
  }
  return { capacity, overflow };
}

/**
 * Reads a channel by core NATS, with what a bare channel cannot say.
 *
 * @example What to do when reading is too slow
 * ```ts
 * import assert from "node:assert/strict";
 * import { subject } from "@ruststream/nats";
 *
 * const prices = subject({ address: "prices.{symbol}" }, { capacity: 1_000, overflow: "drop-old" });
 * assert.equal(prices.guarantees.redelivery, "none");
 * ```
 *
 * @throws {TypeError} If an option is unknown, or a value is of the wrong kind.
 * @throws {RangeError} If the capacity is not a whole number of at least 1.
 */
export function subject<Ch extends AnyChannel>(
  channel: Ch,
  options: SubjectOptions = {},
): Source<Connection, Ch, NatsSubscription> {
  const address = parseAddress(channel.address);
  const settings = settingsOf(address.template, options);
  const { group } = options;
  const operation: Bindings = {
    nats: { ...(group !== undefined && { queue: group }) },
  };
  return Object.freeze(
    {
      channel,
      guarantees: coreGuarantees as Guarantees,
      bindings: Object.freeze({ operation }),
      open: (connection, { group: shared, ...rest } = {}) => {
        const queue = group ?? shared;
        return CoreSubscription.open(sessionOf(connection), address, {
          ...rest,
          ...settings,
          ...(queue !== undefined && { group: queue }),
        });
      },
    } satisfies Source<Connection, Ch, NatsSubscription>,
  );
}

/**
 * Publishes by core NATS, with what the connection's own publisher does not do.
 *
 * @example A publish that resolves once the server has it
 * ```ts
 * import assert from "node:assert/strict";
 * import { coreSink } from "@ruststream/nats";
 *
 * const sink = coreSink({ confirms: "received" });
 * assert.equal(typeof sink.open, "function");
 * ```
 *
 * @throws {TypeError} If `confirms` is neither.
 */
export function coreSink(
  options: CoreSinkOptions = {},
): Sink<Connection, NatsPublisher> {
  checkOptions("make a sink of core NATS", options, ["confirms"]);
  const { confirms = "sent" } = options;
  if (confirms !== "sent" && confirms !== "received") {
    throw new TypeError(
      `Cannot make a sink: expected it to confirm "sent" or "received", found ${
        JSON.stringify(confirms)
      }`,
    );
  }
  return Object.freeze({
    // deno-lint-ignore require-await -- what is thrown must reject
    open: async (connection: Connection) =>
      new CorePublisher(sessionOf(connection), confirms),
  });
}
