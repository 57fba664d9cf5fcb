import type { Awaitable } from "./contract/awaitable.ts";
import type {
  AddressOf,
  AddressParameters,
  AnyChannel,
  HeadersOf,
  PayloadOf,
} from "./contract/channel.ts";
import type { Clock } from "./contract/clock.ts";
import type { Delivery } from "./contract/delivery.ts";
import type { Message } from "./contract/message.ts";
import type { Subscription } from "./contract/subscription.ts";
import type { Logger } from "./log.ts";
import type { Outcome } from "./outcome.ts";
import type { Opened, Outs } from "./publish/out.ts";

/** What a handler sees beside the payload. It cannot settle: it returns. */
export interface Context<
  State = unknown,
  Ch extends AnyChannel = AnyChannel,
  O extends Outs = Outs,
  D extends Delivery = Delivery,
  V = unknown,
> {
  /** Where the message was sent. */
  readonly address: string;
  /** The parameters of the address. */
  readonly params: AddressParameters<AddressOf<Ch>>;
  /** The headers: as the channel's schema gives them, else as they came. */
  readonly headers: HeadersOf<Ch>;
  /** The message as it came. */
  readonly message: Message;
  /** The broker's own delivery: its sequence, stream and the like. */
  readonly delivery: Omit<D, "settle" | "extend">;
  /** 1 for the first run: the broker's count and the runs that this process made of the same delivery. */
  readonly attempt: number;
  /** What `withState` made. */
  readonly state: State;
  /** The declared destinations, open. */
  readonly out: Opened<O>;
  /** What `deps` made for this delivery. */
  readonly deps: V;
  /** Time; virtual in tests. */
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** Where to say what happens. */
  readonly log: Logger;
  /** Aborted when the handler should stop: its timeout, a lost delivery, the end of the drain. */
  readonly signal: AbortSignal;
  /** Stops the application, as soon as this handler and the others in hand have ended. At once and without a promise: a handler that waited for the stop would wait for itself. May be called again. */
  stop(): void;
}

/** A subscriber where it is mounted. */
export interface MountedSubscriber {
  /** Its name. */
  readonly subscriber: string;
  /** The address template that is read. */
  readonly template: string;
  /** The broker's name; empty where a pipeline reads a connection of its own. */
  readonly broker: string;
  /** Whom it shares its deliveries with, if it does. */
  readonly group?: string;
  /** What its handler is given at once: a delivery, several, or each into a pipeline. */
  readonly kind: "single" | "batch" | "pipeline";
}

/** What a middleware sees: a payload that it knows nothing of. For a batch it is the list of elements. */
export interface HandlerContext extends Context {
  /** The payload, or the elements of a batch. */
  readonly payload: unknown;
  /** What handles it: one object for all deliveries of a subscriber. */
  readonly mounted: MountedSubscriber;
  /** The delivery, or those of a batch. */
  readonly deliveries: readonly Omit<Delivery, "settle" | "extend">[];
  /** Set by a middleware that opens an asynchronous context around its handler: runs in that what is done for this delivery after the handler was called, as the stages of a pipeline are. Absent where none does. */
  readonly within?: <R>(run: () => R) => R;
}

/** What a middleware wraps. */
export type Handle = (ctx: HandlerContext) => Awaitable<Outcome>;

/**
 * A function from handler to handler, composed once at each start. It covers single and batch handlers alike, in the order application, broker, router, subscriber.
 *
 * A middleware may answer by itself, call `next` once, and look at what came of it. Calling `next` twice is an error. The context is derived, never written to.
 */
export type Middleware = (next: Handle) => Handle;

/** One element of a batch. */
export interface Element<Ch extends AnyChannel> {
  /** The payload. */
  readonly payload: PayloadOf<Ch>;
  /** The parameters of the address. */
  readonly params: AddressParameters<AddressOf<Ch>>;
  /** The headers: as the channel's schema gives them, else as they came. */
  readonly headers: HeadersOf<Ch>;
  /** Where the message was sent. */
  readonly address: string;
  /** 1 for the first run. */
  readonly attempt: number;
}

/** The delivery type of a subscription. */
export type DeliveryOf<S> = S extends Subscription<infer D> ? D : Delivery;
