import {
  type AddressPattern,
  type AnyChannel,
  parseAddress,
} from "@ruststream/core/contract";
import { subjectOf } from "../subjects.ts";
import type { SubjectTransform } from "./stream_options.ts";

/** How a stream's messages are divided, so that each key has one reader at a time. */
export interface Partitions {
  /** How many there are. Changing it later needs an empty stream. */
  readonly count: number;
  /** The parameter of the channel's address that is the key: messages that have it in common are in one partition. */
  readonly token: string;
}

/** Who reads which partition, and who takes over. */
export interface PartitionOptions extends Partitions {
  /** The partitions that are read here, and nobody else's business: a list that somebody keeps. By default the processes that are there divide them, which needs a server of 2.11. */
  readonly owned?: readonly number[];
  /**
   * How long the owner of a partition may be silent before another takes over, in milliseconds. Nobody waits for one that stops by itself.
   *
   * @default {5_000}
   */
  readonly failoverMs?: number;
  /**
   * Who divides: the stream, by a subject transform (a server of 2.10), or the server's own `mappings`, which its operator has set up before the stream.
   *
   * @default {"stream"}
   */
  readonly transform?: "stream" | "server";
}

const mostPartitions = 1_024;
const leastFailoverMs = 500;
const mostFailoverMs = 3_600_000;

function refuse(what: string, expected: string, found: unknown): never {
  throw new RangeError(
    `Cannot use option "partitions.${what}": expected ${expected}, found ${found}`,
  );
}

function checkNumber(
  what: string,
  value: number,
  least: number,
  most: number,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  refuse(what, `a whole number from ${least} to ${most}`, value);
}

/** Refuses partitions that cannot be. */
export function checkPartitions(
  address: AddressPattern,
  options: PartitionOptions,
): void {
  const { count, owned, failoverMs = leastFailoverMs } = options;
  checkNumber("count", count, 1, mostPartitions);
  checkNumber("failoverMs", failoverMs, leastFailoverMs, mostFailoverMs);
  if (owned?.length === 0) refuse("owned", "one partition or more", "none");
  for (const one of owned ?? []) checkNumber("owned", one, 0, count - 1);
  if (new Set(owned).size !== (owned ?? []).length) {
    refuse("owned", "each partition once", owned?.join(", "));
  }
  transformOf(address, options);
}

function transformOf(
  address: AddressPattern,
  { count, token }: Partitions,
): SubjectTransform {
  const places = address.tokens.filter(({ kind }) => kind === "one");
  const place = places.findIndex((one) => "name" in one && one.name === token);
  if (place < 0) {
    throw new TypeError(
      `Cannot divide "${address.template}" by ${
        JSON.stringify(token)
      }: that is no parameter of it that stands for one token`,
    );
  }
  let wildcards = 0;
  const rest = address.tokens.map((one) =>
    one.kind === "literal"
      ? one.text
      : one.kind === "one"
      ? `{{wildcard(${++wildcards})}}`
      : ">"
  );
  return {
    from: subjectOf(address),
    to: [`{{partition(${count},${place + 1})}}`, ...rest].join("."),
  };
}

/**
 * The transform that divides a stream, for its declaration: those who publish to a stream and those who read it declare it alike.
 *
 * A message is stored under its subject with the number of its partition before it, and read by its own address.
 *
 * @example One declaration for all
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, type } from "@ruststream/core";
 * import { jetStream, jetStreamSink, partitionTransform } from "@ruststream/nats";
 *
 * const orders = channel("orders.{shop}", { payload: type<{ id: number }>() });
 * const partitions = { count: 8, token: "shop" };
 * const subjectTransform = partitionTransform(orders, partitions);
 * const stream = { name: "ORDERS", subjects: ["orders.*"], subjectTransform };
 *
 * assert.equal(subjectTransform.to, "{{partition(8,1)}}.orders.{{wildcard(1)}}");
 * const source = jetStream(orders, { stream, durable: "billing", partitions });
 * assert.equal(source.guarantees.ordering, "key");
 * assert.equal(typeof jetStreamSink({ stream }).open, "function");
 * ```
 *
 * @throws {TypeError} If the token is no parameter of the address that stands for one token.
 * @throws {RangeError} If the count is not a whole number from 1 to 1,024.
 */
export function partitionTransform(
  channel: AnyChannel,
  partitions: Partitions,
): SubjectTransform {
  const address = parseAddress(channel.address);
  checkPartitions(address, partitions);
  return transformOf(address, partitions);
}
