import type { AnyChannel } from "./contract/channel.ts";
import type { Requests, Schedules, Transacts } from "./contract/publisher.ts";
import type { TypedPublisher } from "./publish_types.ts";

/** A declared destination of a handler, and the capability that its publisher must have. */
export interface Out<Ch extends AnyChannel = AnyChannel, Needs = unknown> {
  /** What is published there. */
  readonly channel: Ch;
  /** The capability by name; absent where a plain publisher will do. */
  readonly capability?: "request" | "begin" | "schedule";
  /** Types only; nothing is there at run time. */
  readonly "~needs"?: Needs;
}

/** Declared destinations by slot. */
export type Outs = Readonly<Record<string, Out>>;

/** A destination that may still ask for a capability. */
export interface PlainOut<Ch extends AnyChannel> extends Out<Ch> {
  /** Asks for a publisher that can request. */
  requests(reply: AnyChannel): Out<Ch, Requests>;
  /** Asks for a publisher that has transactions. */
  transactional(): Out<Ch, Transacts>;
  /** Asks for a publisher that can send later. */
  schedules(): Out<Ch, Schedules>;
}

/** The destinations of a handler, open. */
export type Opened<O extends Outs> = {
  readonly [K in keyof O]: TypedPublisher<O[K]["channel"]>;
};

/**
 * Declares a destination of a handler, so that the document, the tests and the types all know it.
 *
 * @example A slot of a subscriber
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, out } from "@ruststream/core";
 *
 * const audit = channel<{ what: string }>("audit");
 * assert.equal(out(audit).channel, audit);
 * ```
 */
export function out<Ch extends AnyChannel>(channel: Ch): PlainOut<Ch> {
  return Object.freeze({
    channel,
    requests: () => Object.freeze({ channel, capability: "request" as const }),
    transactional: () =>
      Object.freeze({ channel, capability: "begin" as const }),
    schedules: () =>
      Object.freeze({ channel, capability: "schedule" as const }),
  });
}
