import type { AddressPattern } from "../contract/address.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Clock } from "../contract/clock.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Batches, Subscription } from "../contract/subscription.ts";
import type { Handle, MountedSubscriber } from "../context.ts";
import type { Logger } from "../log.ts";
import type { Notice, Observer } from "../observe.ts";
import type { Namer, SourceDelivery } from "../publish/message_id.ts";
import type { Candidate } from "../subscriber_types.ts";
import type { Budget } from "./budget.ts";
import type { Pipe } from "./pipe.ts";
import type { Policy } from "./policy.ts";

/** A channel that the runtime publishes to, opened. */
export interface Destination {
  readonly channel: AnyChannel;
  readonly pattern: AddressPattern;
  readonly codec: Codec | AsyncCodec;
  readonly publisher: Publisher;
  /** Gives what goes there ids. Absent where nobody does. */
  readonly namer?: Namer | undefined;
}

/** A mounted subscriber, everything merged and opened. */
export interface Route {
  readonly name: string;
  /** The same for whoever looks on. */
  readonly mounted: MountedSubscriber;
  /** What it reads, prefixes included. */
  readonly pattern: AddressPattern;
  readonly channel: AnyChannel;
  readonly codec: Codec | AsyncCodec;
  readonly policy: Policy;
  /** The middleware and the handler, composed. */
  readonly chain: Handle;
  readonly when:
    | ((payload: unknown, candidate: Candidate) => boolean)
    | undefined;
  readonly reply: Destination | undefined;
  readonly deadLetter: Destination | undefined;
  /** The broker's default publisher: for answers to whoever waits. */
  readonly answers: Publisher;
  /** Opens the slots of the handler for what it handles. */
  readonly out: (deliveries: readonly SourceDelivery[]) => unknown;
  readonly batch: { readonly max: number; readonly waitMs: number } | undefined;
  /** What its deliveries flow into, where it is a pipeline. */
  readonly pipe?: Pipe | undefined;
}

/** What a dispatcher is given by the application. */
export interface DispatchEnv {
  readonly clock: Clock;
  readonly budget: Budget;
  readonly state: unknown;
  readonly log: Logger;
  readonly guarantees: Guarantees;
  readonly observer: Observer | undefined;
  /** Tells what someone should know of. */
  notice(notice: Notice): void;
  /** Opens the subscription anew. Absent where a lost one stops the service. */
  readonly reopen: (() => Promise<Subscription & Partial<Batches>>) | undefined;
  /** Stops the service: a policy says so, or a subscription is gone for good. */
  fail(error: Error): void;
  /** Stops the service: a handler says so. */
  stop(): void;
}
