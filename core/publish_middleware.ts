import { type Awaitable, isPromiseLike } from "./contract/awaitable.ts";
import type { Clock } from "./contract/clock.ts";
import type { Message } from "./contract/message.ts";
import type {
  Publisher,
  RequestManyOptions,
  RequestOptions,
} from "./contract/publisher.ts";
import type { RawPublisher } from "./erased_publisher.ts";
import type { Observer } from "./observe.ts";

/** What a message is published for. */
export interface PublishTarget {
  /** By hand or a slot, an answer to a delivery, a dead letter, a request, or for later. */
  readonly kind: "publish" | "reply" | "dead-letter" | "request" | "schedule";
  /** The address template that it is declared by. */
  readonly template: string;
  /** The broker's name. */
  readonly broker: string;
  /** The subscriber that publishes; absent where none does. */
  readonly subscriber?: string;
}

/** What a publish middleware wraps. It resolves with the broker's receipt, or the reply of a request. */
export type Publish = (
  message: Message,
  to: PublishTarget,
) => Awaitable<unknown>;

/**
 * A function from publish to publish, composed once for each publisher at a start. It covers what slots, `running.publisher`, replies, dead letters, requests, schedules and transactions send, in the order application, broker, router, subscriber.
 *
 * A middleware derives another message and never writes into the one it is given, hands `to` on as it is, and gives back what `next` gave. One that throws fails the publish; one that does not call `next` sends nothing.
 */
export type PublishMiddleware = (next: Publish) => Publish;

// What a chain ends in goes through it beside the target, so that a chain is composed once and not for each message.
const deliver: unique symbol = Symbol("deliver");

interface Sending extends PublishTarget {
  readonly [deliver]: (message: Message) => Awaitable<unknown>;
}

/** The layers, and innermost one that tells an observer of each publish, where there is an observer that wants to know. */
export function observedLayers(
  layers: readonly PublishMiddleware[],
  observer: Observer | undefined,
  clock: Pick<Clock, "now">,
): readonly PublishMiddleware[] {
  return observer?.published === undefined
    ? layers
    : [...layers, observing(observer, clock)];
}

function observing(
  observer: Observer,
  clock: Pick<Clock, "now">,
): PublishMiddleware {
  return (next) => async (message, to) => {
    const from = clock.now();
    const tell = (failed: { readonly error?: unknown }): void => {
      const { address } = message;
      const ms = clock.now() - from;
      observer.published?.({ address, template: to.template, ms, ...failed });
    };
    try {
      const sent = next(message, to);
      const receipt = isPromiseLike(sent) ? await sent : sent;
      tell({});
      return receipt;
    } catch (error) {
      tell({ error });
      throw error;
    }
  };
}

/**
 * A publisher with middleware around it, with each capability that sends a message by itself; itself without any layer.
 *
 * @param layers The first outermost.
 */
export function around(
  raw: RawPublisher,
  layers: readonly PublishMiddleware[],
  target: PublishTarget,
): RawPublisher {
  if (layers.length === 0) return raw;
  const chain = layers.reduceRight<Publish>(
    (next, layer) => layer(next),
    (message, to) => (to as Sending)[deliver](message),
  );
  const send = (
    message: Message,
    kind: PublishTarget["kind"],
    how: Sending[typeof deliver],
  ): Awaitable<unknown> => {
    try {
      return chain(message, { ...target, kind, [deliver]: how } as Sending);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return {
    ...publishing(raw, send, target.kind),
    ...asking(raw, send),
    ...later(raw, send),
  };
}

type Send = (
  message: Message,
  kind: PublishTarget["kind"],
  how: (message: Message) => Awaitable<unknown>,
) => Awaitable<unknown>;

function publishing(
  raw: Publisher,
  send: Send,
  kind: PublishTarget["kind"],
): Publisher {
  return {
    confirms: raw.confirms,
    publish: (message, options) =>
      send(message, kind, (changed) => raw.publish(changed, options)),
  };
}

function asking(raw: RawPublisher, send: Send): Partial<RawPublisher> {
  const { request, requestMany } = raw;
  return {
    ...(request && {
      async request(message: Message, options: RequestOptions) {
        return await send(
          message,
          "request",
          (changed) => request.call(raw, changed, options),
        ) as Message;
      },
    }),
    ...(requestMany && {
      requestMany: (message: Message, options: RequestManyOptions) =>
        streamOf(send(
          message,
          "request",
          (changed) => requestMany.call(raw, changed, options),
        ) as Awaitable<ReadableStream<Message>>),
    }),
  };
}

function later(raw: RawPublisher, send: Send): Partial<RawPublisher> {
  const { schedule } = raw;
  return schedule === undefined ? {} : {
    async schedule(
      message: Message,
      at: Date,
      options?: { readonly signal?: AbortSignal },
    ): Promise<void> {
      await send(
        message,
        "schedule",
        (changed) => schedule.call(raw, changed, at, options),
      );
    },
  };
}

/** A stream that may have to be waited for. */
function streamOf<T>(
  found: Awaitable<ReadableStream<T>>,
): ReadableStream<T> {
  if (!isPromiseLike<ReadableStream<T>>(found)) return found;
  const reading = Promise.resolve(found).then((stream) => stream.getReader());
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await (await reading).read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async (reason) => (await reading).cancel(reason),
  }, { highWaterMark: 0 });
}
