import {
  type AddressPattern,
  type Guarantees,
  type Message,
  MessagingError,
  type RequestOptions,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import type { Bus } from "./_bus.ts";
import type {
  MemoryConnection,
  MemoryPublisher,
  MemorySubscription,
} from "./memory_connection.ts";
import { BusPublisher } from "./_publisher.ts";
import { isReplyAddress } from "./_requests.ts";
import type { Session } from "./_session.ts";
import type { Settings } from "./_settings.ts";
import { BusSubscription, Reader } from "./_subscription.ts";

/** What every subscription to a memory broker promises. */
export const least: Guarantees = Object.freeze({
  ordering: "address",
  redelivery: "on-retry",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  persistence: "while-open",
  groups: true,
  patterns: true,
  headers: true,
});

/** A way to a bus, with all that has to end when it ends. */
export class BusConnection implements MemoryConnection {
  readonly publisher: MemoryPublisher;
  readonly closed: Promise<Error | undefined>;
  readonly #bus: Bus;
  readonly #session: Session;
  readonly #readers = new Set<Reader>();
  readonly #resolveClosed: (cause: undefined) => void;
  #ending: Promise<void> | undefined;

  constructor(bus: Bus, session: Session) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.publisher = new BusPublisher(bus, session);
    this.closed = promise;
    this.#bus = bus;
    this.#session = session;
    this.#resolveClosed = resolve;
  }

  get state(): "connected" | "closed" {
    return this.#session.closed ? "closed" : "connected";
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async subscribe(
    address: AddressPattern,
    options: SubscribeOptions = {},
  ): Promise<MemorySubscription> {
    const { group, signal } = options;
    if (this.#session.closed) {
      throw new MessagingError(
        "closed",
        `Cannot subscribe to "${address.template}": the connection is closed`,
      );
    }
    signal?.throwIfAborted();
    if (isReplyAddress(address.template)) {
      throw new MessagingError(
        "refused",
        `Cannot subscribe to "${address.template}": replies to requests go there`,
      );
    }
    if (group !== undefined && (typeof group !== "string" || group === "")) {
      throw new TypeError(
        `Cannot subscribe to "${address.template}": expected the group to be a string with something in it, found ${
          JSON.stringify(group)
        }`,
      );
    }
    return this.#open(address, group, signal);
  }

  request(message: Message, options: RequestOptions): Promise<Message> {
    return this.publisher.request(message, options);
  }

  shutdown(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #open(
    address: AddressPattern,
    group: string | undefined,
    signal: AbortSignal | undefined,
  ): MemorySubscription {
    const bus = this.#bus;
    const queue = group === undefined
      ? bus.open(address)
      : bus.group(address, group);
    const reader: Reader = new Reader({
      address,
      queue,
      session: this.#session,
      guarantees: group === undefined ? least : groupGuarantees(bus.settings),
      signal,
      onStop: () => group === undefined && bus.close(address, queue),
      onLeave: () => this.#readers.delete(reader),
    });
    this.#readers.add(reader);
    return new BusSubscription(reader);
  }

  async #end(): Promise<void> {
    this.#session.closed = true;
    this.#session.waits.endAll((wait) =>
      new MessagingError(
        "closed",
        `Cannot ${wait.deed}: the connection was shut down`,
      )
    );
    const readers = [...this.#readers];
    // First none of them takes more, so that what one gives back does not go to the next.
    for (const reader of readers) reader.stop();
    await Promise.all(readers.map((reader) => reader.dispose()));
    this.#resolveClosed(undefined);
  }
}

function groupGuarantees({ settleDeadlineMs }: Settings): Guarantees {
  return Object.freeze({
    ...least,
    redelivery: "until-settled",
    settleDeadlineMs,
  });
}
