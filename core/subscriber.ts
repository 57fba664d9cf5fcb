import { attempt } from "./attempt.ts";
import type { SubscribeOptions } from "./contract/broker.ts";
import type { AnyChannel } from "./contract/channel.ts";
import { MessagingError } from "./contract/errors.ts";
import type { Source } from "./contract/source.ts";
import type { Seekable, Subscription } from "./contract/subscription.ts";
import { Definition } from "./definition.ts";
import type {
  BatchSubscriberFn,
  Subscriber,
  SubscriberFn,
} from "./subscriber_types.ts";

/**
 * Makes a subscriber that needs no state.
 *
 * @example A handler returns how its delivery ends; nothing is an ack
 * ```ts
 * import assert from "node:assert/strict";
 * import { ack, channel, reject, subscriber } from "@ruststream/core";
 *
 * const orders = channel<{ id: number }>("orders");
 * const handle = subscriber(orders, (order) => order.id < 0 ? reject("no such order") : ack());
 * assert.equal(handle.name, "orders");
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 */
export const subscriber: SubscriberFn<unknown> = single;

/**
 * Makes a subscriber that is handed several elements at once, and needs no state.
 *
 * @example One outcome for each element
 * ```ts
 * import assert from "node:assert/strict";
 * import { ack, batchSubscriber, channel, retry } from "@ruststream/core";
 *
 * const orders = channel<{ id: number }>("orders");
 * const handle = batchSubscriber(orders, { max: 10 }, (batch) => batch.map((o) => o.payload.id > 0 ? ack() : retry()));
 * assert.equal(handle.name, "orders");
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 */
export const batchSubscriber: BatchSubscriberFn<unknown> = batched;

/** The two functions that make subscribers, bound to a state. */
export interface Subscribers<State> {
  /** Makes a subscriber. */
  readonly subscriber: SubscriberFn<State>;
  /** Makes a batch subscriber. */
  readonly batchSubscriber: BatchSubscriberFn<State>;
}

/**
 * Gives the functions that make subscribers which need a state, so that nobody annotates `ctx`.
 *
 * @example `ctx.state` is typed
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, subscribers } from "@ruststream/core";
 *
 * const { subscriber } = subscribers<{ seen: Set<number> }>();
 * const handle = subscriber(channel<{ id: number }>("orders"), (order, { state }) => {
 *   state.seen.add(order.id);
 * });
 * assert.equal(handle.name, "orders");
 * ```
 */
export function subscribers<State>(): Subscribers<State> {
  return { subscriber: single, batchSubscriber: batched };
}

/**
 * Opens a source at a position of its log; only where the source can seek. A subscription that is opened again after a loss begins there again.
 *
 * @example The channel stays
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, startAt } from "@ruststream/core";
 * import type { Seekable, Source, Subscription } from "@ruststream/core/contract";
 *
 * const orders = channel<{ id: number }>("orders");
 * declare const log: Source<unknown, typeof orders, Subscription & Seekable<number>>;
 * assert.equal(typeof startAt<unknown, typeof orders, number, Subscription & Seekable<number>>, "function");
 * ```
 */
export function startAt<
  C,
  Ch extends AnyChannel,
  const P,
  S extends Subscription & Seekable<P>,
>(source: Source<C, Ch, S>, position: P): Source<C, Ch, S> {
  const { channel, guarantees, bindings } = source;
  return Object.freeze({
    channel,
    guarantees,
    ...(bindings === undefined ? {} : { bindings }),
    async open(connection: C, options: SubscribeOptions = {}): Promise<S> {
      const subscription = await source.open(connection, options);
      const { signal } = options;
      try {
        if (typeof subscription.seek !== "function") {
          throw new MessagingError(
            "unsupported",
            `Cannot read "${channel.address}" from a position: its subscription has no "seek"`,
          );
        }
        await subscription.seek(
          position,
          signal === undefined ? undefined : { signal },
        );
        return subscription;
      } catch (error) {
        // The first error says more than one of the clean-up could.
        await attempt(() => subscription[Symbol.asyncDispose]())
          .catch(() => {});
        throw error;
      }
    },
  });
}

function single(
  from: unknown,
  ...rest: readonly unknown[]
): Subscriber<unknown, unknown, never, never> {
  const [options, handle] = rest.length > 1 ? rest : [{}, rest[0]];
  return new Definition(from, options, handle, false);
}

function batched(
  from: unknown,
  options: unknown,
  handle: unknown,
): Subscriber<unknown, unknown, never, never> {
  return new Definition(from, options, handle, true);
}
