import {
  type Awaitable,
  type Guarantees,
  type Message,
  type Settlement,
  SettleOnce,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { headersOf } from "../wire_headers.ts";
import { idHeader, readMessage } from "./_message.ts";
import type { Origin } from "./_origin.ts";
import type { JetStreamDelivery } from "./delivery.ts";

/** A message of a stream, as the client gave it and as its reply subject tells it. */
export abstract class StreamDelivery extends SettleOnce
  implements JetStreamDelivery {
  readonly origin: Origin;
  // It leads to the whole client, which who prints a delivery does not want to see.
  readonly #native: Msg;
  #message: Message | undefined;

  constructor(native: Msg, origin: Origin) {
    super();
    this.#native = native;
    this.origin = origin;
  }

  get native(): Msg {
    return this.#native;
  }

  get id(): string {
    const { stream, sequence } = this.origin;
    return headersOf(this.#native)?.get(idHeader) ?? `${stream}:${sequence}`;
  }

  get message(): Message {
    this.#message ??= readMessage(this.#native, this.likely, this.prefix);
    return this.#message;
  }

  /** Where most deliveries of its subscription are sent, if that is known. */
  protected get likely(): string | undefined {
    return undefined;
  }

  /** What stands before its address, if anything does. */
  protected get prefix(): string | undefined {
    return undefined;
  }

  get attempt(): number {
    return this.origin.attempt;
  }

  get publishedAt(): Date {
    return new Date(this.origin.storedAtMs);
  }

  get stream(): string {
    return this.origin.stream;
  }

  get sequence(): number {
    return this.origin.sequence;
  }

  get consumer(): string {
    return this.origin.consumer;
  }

  get pending(): number {
    return this.origin.pending;
  }
}

/** Whose delivery it is. */
export interface DeliveryOwner {
  readonly closed: boolean;
  readonly guarantees: Guarantees;
  /** Where most of its deliveries are sent. */
  readonly likely: string | undefined;
  /** What stands before their addresses. */
  readonly prefix: string | undefined;
  carryOut(delivery: PulledDelivery, settlement: Settlement): Awaitable<void>;
  extend(delivery: PulledDelivery): boolean;
  /** Whether the server has stopped waiting for it. */
  isLate(delivery: PulledDelivery): boolean;
}

/** In hand; being settled or settled; or not ours any more. */
export type DeliveryState = "given" | "settled" | "lost";

/** A delivery of a consumer that wants its messages settled. */
export class PulledDelivery extends StreamDelivery {
  state: DeliveryState = "given";
  /** When the server waits no longer, in milliseconds of the session's clock. */
  due: number;
  readonly #owner: DeliveryOwner;

  constructor(owner: DeliveryOwner, native: Msg, origin: Origin, due: number) {
    super(native, origin);
    this.#owner = owner;
    this.due = due;
  }

  // A stream that is made again counts from 1: when it stored the message tells the two apart.
  get dedupeId(): string {
    const { stream, sequence, consumer, storedAtMs } = this.origin;
    return `${stream}:${sequence}:${consumer}:${storedAtMs}`;
  }

  protected get guarantees(): Guarantees {
    return this.#owner.guarantees;
  }

  protected override get likely(): string | undefined {
    return this.#owner.likely;
  }

  protected override get prefix(): string | undefined {
    return this.#owner.prefix;
  }

  extend(): boolean {
    return this.#owner.extend(this);
  }

  protected isClosed(): boolean {
    return this.#owner.closed;
  }

  protected carryOut(settlement: Settlement): Awaitable<void> {
    return this.#owner.carryOut(this, settlement);
  }

  protected override lost(): string | undefined {
    if (this.state === "given" && !this.#owner.isLate(this)) return undefined;
    return "it is no longer this reader's, because its deadline passed, or its subscription was disposed or opened again";
  }
}
