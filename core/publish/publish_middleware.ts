import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { checkMessage } from "../contract/check_message.ts";
import type { Clock } from "../contract/clock.ts";
import type { Delivery } from "../contract/delivery.ts";
import { isMessagingError } from "../contract/errors.ts";
import type { Message } from "../contract/message.ts";
import type {
  Publisher,
  RequestManyOptions,
  RequestOptions,
} from "../contract/publisher.ts";
import { untilAborted } from "../contract/until_aborted.ts";
import type { RawPublisher } from "./erased_publisher.ts";
import type { Observer, PublishedEvent } from "../observe.ts";

/** What a message is published for. */
export interface PublishTarget {
  /** By hand or a slot, an answer to a delivery, a dead letter, a request, or for later. */
  readonly kind: PublishedEvent["kind"];
  /** The address template that it is declared by. */
  readonly template: string;
  /** The broker's name. */
  readonly broker: string;
  /** The subscriber that publishes; absent where none does. */
  readonly subscriber?: string;
  /** What a reply, a dead letter or the message of a pipeline is made of: of a batch in a pipeline several. Absent for all that a function publishes itself. */
  readonly deliveries?: readonly Omit<Delivery, "settle" | "extend">[];
}

/** What a message is made of. */
export interface MadeOf {
  readonly deliveries: readonly Omit<Delivery, "settle" | "extend">[];
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
const publishOf: unique symbol = Symbol("publish of");
const refusals: unique symbol = Symbol("refusals");

interface Sending extends PublishTarget {
  readonly [deliver]: (message: Message) => Awaitable<unknown>;
}

/** The layers, and innermost one that tells an observer of each publish, where there is an observer that wants to know. */
export function observedLayers(
  layers: readonly PublishMiddleware[],
  observer: Observer | undefined,
  clock: Pick<Clock, "now">,
): readonly PublishMiddleware[] {
  return observer !== undefined && "published" in observer
    ? [...layers, observing(observer, clock)]
    : layers;
}

function observing(
  observer: Observer,
  clock: Pick<Clock, "now">,
): PublishMiddleware {
  return (next) => (message, to) => {
    // Those who want to know sometimes do not.
    if (observer.published === undefined) return next(message, to);
    return observed(next, message, to);
  };
  async function observed(
    next: Publish,
    message: Message,
    to: PublishTarget,
  ): Promise<unknown> {
    const from = clock.now();
    const tell = (failed: { readonly error?: unknown }): void => {
      const { template, kind, broker, subscriber } = to;
      observer.published?.({
        address: message.address,
        template,
        kind,
        broker,
        ...(subscriber !== undefined && { subscriber }),
        bytes: message.body.byteLength,
        ms: clock.now() - from,
        ...failed,
      });
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
  }
}

/** Puts layers around a publisher, with each capability that sends a message by itself. */
export type Around = (
  raw: RawPublisher,
  target: PublishTarget,
) => RawPublisher;

/**
 * Composes layers once, for all publishers and channels that they are around. Without any layer a publisher stays itself.
 *
 * @param layers The first outermost.
 * @throws {TypeError} If a layer makes anything but a function.
 */
export function composeLayers(layers: readonly PublishMiddleware[]): Around {
  if (layers.length === 0) return (raw) => raw;
  const chain = layers.reduceRight<Publish>((next, layer) => {
    const made: unknown = layer(next);
    if (typeof made === "function") return made as Publish;
    throw new TypeError(
      `Cannot compose a publish middleware: expected a function from publish to publish, which gave ${typeof made}`,
    );
  }, innermost);
  return (raw, target) => {
    const send: Send = (message, kind, how, of) => {
      const made = of === undefined ? {} : { deliveries: of.deliveries };
      const to: Sending = { ...target, kind, ...made, [deliver]: how };
      try {
        return chain(message, to);
      } catch (error) {
        return Promise.reject(error);
      }
    };
    return {
      ...publishing(raw, send, target.kind),
      ...asking(raw, send),
      ...later(raw, send),
    };
  };
}

function innermost(message: Message, to: PublishTarget): Awaitable<unknown> {
  const how = (to as Partial<Sending> | undefined)?.[deliver];
  if (how !== undefined) return how(message);
  throw new TypeError(
    `Cannot publish to "${message.address}": a publish middleware did not hand "to" on`,
  );
}

/** The error of a middleware that gives what nobody can use. */
function nonsense({ address }: Message, found: unknown): TypeError {
  return new TypeError(
    `Cannot request "${address}": a publish middleware gave ${typeof found} for what "next" gives`,
  );
}

type Send = (
  message: Message,
  kind: PublishTarget["kind"],
  how: (message: Message) => Awaitable<unknown>,
  of?: MadeOf,
) => Awaitable<unknown>;

/** A publisher with layers around it, which may want to know what a message is made of. */
interface Layered extends Publisher {
  readonly [publishOf]?: (message: Message, of: MadeOf) => Awaitable<unknown>;
  /** What the broker threw of messages that no layer had spoilt. */
  readonly [refusals]?: WeakSet<object>;
}

/** Publishes what is made of deliveries; says so where layers are. */
export function publishMade(
  to: Publisher,
  message: Message,
  of: MadeOf,
): Awaitable<unknown> {
  const layered: Layered = to;
  return layered[publishOf] === undefined
    ? to.publish(message)
    : layered[publishOf](message, of);
}

/**
 * Whether what a publish of something made of deliveries failed with says that the message is not lawful, now and later.
 *
 * A mistake of a layer says nothing of it: a throw of its own, or what no broker takes made of what any would.
 */
export function isUnlawful(to: Publisher, error: unknown): boolean {
  if (!(error instanceof TypeError || error instanceof RangeError)) {
    return false;
  }
  const layered: Layered = to;
  return layered[refusals]?.has(error) ?? true;
}

/** Whether no broker would refuse it for what it is. */
function isLawful(message: Message): boolean {
  try {
    checkMessage(message);
    return true;
  } catch (error) {
    return isMessagingError(error);
  }
}

function publishing(
  raw: Publisher,
  send: Send,
  kind: PublishTarget["kind"],
): Layered {
  const refused = new WeakSet<object>();
  const noting = (changed: Message, message: Message): Awaitable<unknown> => {
    const note = (error: unknown): never => {
      const isSpoilt = !isLawful(changed) && isLawful(message);
      if (error instanceof Error && !isSpoilt) refused.add(error);
      throw error;
    };
    try {
      const sent = raw.publish(changed);
      return isPromiseLike(sent) ? sent.then(undefined, note) : sent;
    } catch (error) {
      return note(error);
    }
  };
  return {
    confirms: raw.confirms,
    publish: (message, options) =>
      send(message, kind, (changed) => raw.publish(changed, options)),
    [publishOf]: (message, of) =>
      send(message, kind, (changed) => noting(changed, message), of),
    [refusals]: refused,
  };
}

function asking(raw: RawPublisher, send: Send): Partial<RawPublisher> {
  const { request, requestMany } = raw;
  return {
    ...(request && {
      async request(message: Message, options: RequestOptions) {
        const found = await send(
          message,
          "request",
          (changed) => request.call(raw, changed, options),
        ) as Partial<Message> | undefined;
        if (found?.body instanceof Uint8Array) return found as Message;
        throw nonsense(message, found);
      },
    }),
    ...(requestMany && {
      requestMany: (message: Message, options: RequestManyOptions) =>
        streamOf(
          message,
          send(
            message,
            "request",
            (changed) => requestMany.call(raw, changed, options),
          ),
          options.signal,
        ),
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

/** Replies that a middleware may have to be waited for. */
function streamOf(
  message: Message,
  found: Awaitable<unknown>,
  signal: AbortSignal | undefined,
): ReadableStream<Message> {
  if (found instanceof ReadableStream) return found;
  let reader: ReadableStreamDefaultReader<Message> | undefined;
  const opened = Promise.resolve(found).then((stream) => {
    if (!(stream instanceof ReadableStream)) throw nonsense(message, stream);
    return reader = stream.getReader();
  });
  const reading = untilAborted(() => opened, signal);
  // Whoever reads hears of it.
  for (const one of [opened, reading]) one.catch(() => {});
  return new ReadableStream<Message>({
    async pull(controller) {
      const { done, value } = await (await reading).read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      const ended = opened.then((late) => late.cancel(reason));
      if (reader !== undefined) return ended;
      // Not waited for: a middleware may never come back.
      ended.catch(() => {});
      return undefined;
    },
  }, { highWaterMark: 0 });
}
