import type { Awaitable } from "./contract/awaitable.ts";
import type { Connection } from "./contract/broker.ts";
import type {
  AnyChannel,
  Channel,
  PayloadOf,
  ReplyOf,
} from "./contract/channel.ts";
import type { MessageHeaders } from "./contract/headers.ts";
import type { Source } from "./contract/source.ts";
import type { Subscription } from "./contract/subscription.ts";
import type { Context, DeliveryOf, Element, Middleware } from "./context.ts";
import type { NeedsOf, Outs } from "./publish/out.ts";
import type { Outcome } from "./outcome.ts";
import type { PublishMiddleware } from "./publish/publish_middleware.ts";
import type { Settings } from "./settings.ts";

/** Functions that make a value for each delivery. A value with `Symbol.asyncDispose` or `Symbol.dispose` is disposed of when the handler has returned. */
export type Deps = Readonly<Record<string, (ctx: Context) => unknown>>;
/** What {@linkcode Deps} make. */
export type Made<V extends Deps> = {
  readonly [K in keyof V]: Awaited<ReturnType<V[K]>>;
};
/** What a `when` sees beside the payload. */
export interface Candidate {
  /** Where the message was sent. */
  readonly address: string;
  /** The headers as they came. */
  readonly headers: MessageHeaders;
}

/** Options for a subscriber: its settings, and what belongs to it alone. */
export interface SubscriberOptions<
  Ch extends AnyChannel,
  O extends Outs,
  R extends AnyChannel | undefined,
  V extends Deps = Deps,
> extends Settings<Ch> {
  /** Tells subscribers apart. By default the address, numbered where it is there twice. */
  readonly name?: string;
  /** What the handler answers with. By default the reply that its channel declares; without one the handler returns no value. */
  readonly reply?: R;
  /** Destinations that the handler publishes to. By default there are none. */
  readonly out?: O;
  /** Values made for each delivery. By default there are none. */
  readonly deps?: V & Deps;
  /** Around the handler, the first outermost. By default there is none. */
  readonly middleware?: readonly Middleware[];
  /** Around what the handler's replies, slots and dead letters send, the first outermost. By default there is none. */
  readonly publishMiddleware?: readonly PublishMiddleware[];
  /** Takes only some messages: those for which it says true, decoded and not checked yet. Subscribers of one address and group with a `when` share one subscription, and the first that says true takes the message. By default all are taken. */
  readonly when?: (payload: unknown, candidate: Candidate) => boolean;
}

/** Options for a batch subscriber. */
export interface BatchOptions<
  Ch extends AnyChannel,
  O extends Outs,
  R extends AnyChannel | undefined,
  V extends Deps = Deps,
> extends SubscriberOptions<Ch, O, R, V> {
  /** The most elements of one batch. */
  readonly max: number;
  /**
   * How long to wait for more after the first element, in milliseconds.
   *
   * @default {0}
   */
  readonly waitMs?: number;
  /**
   * Whether what a batch publishes by its slots and replies is visible together, once all its elements are acked. An element that is not acked, or a throw, discards all of it, and the batch goes on one by one. Dead letters, and replies that somebody waits for, are never part of it; a crash between the commit and the acks repeats the batch.
   *
   * @default {false}
   */
  readonly transactional?: boolean;
}

/** What a handler may return. */
export type Returned<R> = R extends
  Channel<infer _A, infer In, infer _O, infer _H> ? In | Outcome
  : Outcome | void;
/** What a batch handler may return: one outcome for all, or one for each element. */
export type ReturnedOfBatch = Outcome | readonly Outcome[] | void;
/** What a batch handler sees beside the elements. */
export type BatchContext<State, Ch extends AnyChannel, O extends Outs, V> =
  Pick<
    Context<State, Ch, O, DeliveryOf<Subscription>, V>,
    "state" | "out" | "deps" | "signal" | "log" | "clock"
  >;

/** What can be mounted, a subscriber or a router, by what it needs of the broker and of the application. */
export interface Mountable<
  in Needs = never,
  in State = never,
  Slots = unknown,
> {
  /** Types only; nothing is there at run time. */
  readonly "~needs"?: (needs: Needs) => void;
  /** Types only; nothing is there at run time. */
  readonly "~state"?: (state: State) => void;
  /** Types only: what each slot needs of its publisher. Nothing is there at run time. */
  readonly "~slots"?: Slots;
}

/** What a subscriber takes and gives, for tests of it. Types only. */
export interface Handles<Payload = unknown, O = unknown, R = unknown> {
  /** What the handler is called with; of a batch, a list. */
  readonly payload: Payload;
  /** Its slots. */
  readonly out: O;
  /** The channel of its replies. */
  readonly reply: R;
}

/** A handler, and what it needs of the broker and of the application. */
export interface Subscriber<
  in Needs = never,
  in State = never,
  Slots = unknown,
  out H extends Handles = Handles,
> extends Mountable<Needs, State, Slots> {
  /** Tells subscribers apart. */
  readonly name: string;
  /** Types only; nothing is there at run time. */
  readonly "~handles"?: H;
}

/**
 * Makes a subscriber from a channel, read in the broker's default way, or from a broker's own source of one.
 *
 * One signature for each number of arguments: with more, what is wrong in one argument would be told as "no overload matches".
 */
export interface SubscriberFn<State> {
  /** Without options. */
  <
    Ch extends AnyChannel,
    C = Connection,
    S extends Subscription = Subscription,
  >(
    from: Ch | Source<C, Ch, S>,
    handle: (
      payload: PayloadOf<Ch>,
      // deno-lint-ignore ban-types -- no slots
      ctx: Context<State, Ch, {}, DeliveryOf<S>>,
    ) => Awaitable<Returned<ReplyOf<Ch>>>,
  ): Subscriber<C, State, never, Handles<PayloadOf<Ch>, unknown, ReplyOf<Ch>>>;
  /** With options. */
  <
    Ch extends AnyChannel,
    C = Connection,
    S extends Subscription = Subscription,
    // deno-lint-ignore ban-types -- no slots
    O extends Outs = {},
    R extends AnyChannel | undefined = ReplyOf<Ch>,
    // deno-lint-ignore ban-types -- no deps
    V extends Deps = {},
  >(
    from: Ch | Source<C, Ch, S>,
    options: SubscriberOptions<Ch, O, R, V>,
    handle: (
      payload: PayloadOf<Ch>,
      ctx: Context<State, Ch, O, DeliveryOf<S>, Made<V>>,
    ) => Awaitable<Returned<R>>,
  ): Subscriber<
    C,
    State,
    NeedsOf<O>,
    Handles<PayloadOf<Ch>, O, R>
  >;
}

/** Makes a subscriber that is handed several elements at once, from a channel or a source. */
export interface BatchSubscriberFn<State> {
  /** There is one way to call it: a batch has at least its `max`. */
  <
    Ch extends AnyChannel,
    C = Connection,
    S extends Subscription = Subscription,
    // deno-lint-ignore ban-types -- no slots
    O extends Outs = {},
    R extends AnyChannel | undefined = ReplyOf<Ch>,
    // deno-lint-ignore ban-types -- no deps
    V extends Deps = {},
  >(
    from: Ch | Source<C, Ch, S>,
    options: BatchOptions<Ch, O, R, V>,
    handle: (
      batch: readonly Element<Ch>[],
      ctx: BatchContext<State, Ch, O, Made<V>>,
    ) => Awaitable<ReturnedOfBatch>,
  ): Subscriber<
    C,
    State,
    NeedsOf<O>,
    Handles<readonly PayloadOf<Ch>[], O, R>
  >;
}
