import {
  type AddressPattern,
  BaseConnection,
  checkSubscribe,
  type Guarantees,
  type KeepOptions,
  type KeptMessages,
  type KeptOptions,
  type Message,
  MessagingError,
  type RequestOptions,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import type { Bus } from "./_bus.ts";
import type { Queue } from "./_queue.ts";
import { grouped, least, logged } from "./_guarantees.ts";
import { RetainedMessages } from "./_kept.ts";
import { BusLogSubscription, lettersFrom } from "./_log_subscription.ts";
import type {
  MemoryConnection,
  MemoryLogSubscription,
  MemoryPublisher,
  MemoryReadLogOptions,
  MemorySubscription,
} from "./memory_connection.ts";
import { BusPublisher } from "./_publisher.ts";
import { isReplyAddress } from "./_requests.ts";
import type { RetainedLog } from "./_retained.ts";
import type { Session } from "./_session.ts";
import { BusSubscription, Reader } from "./_subscription.ts";

interface OpenOptions {
  readonly address: AddressPattern;
  readonly queue: Queue;
  readonly guarantees?: Guarantees;
  readonly signal: AbortSignal | undefined;
}

/** A way to a bus, with all that has to end when it ends. */
export class BusConnection extends BaseConnection implements MemoryConnection {
  readonly publisher: MemoryPublisher;
  readonly #bus: Bus;
  readonly #session: Session;
  readonly #readers = new Set<Reader>();

  constructor(bus: Bus, session: Session) {
    super(session);
    this.publisher = new BusPublisher(bus, session);
    this.#bus = bus;
    this.#session = session;
    bus.planner.open(session);
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async subscribe(
    address: AddressPattern,
    options: SubscribeOptions = {},
  ): Promise<MemorySubscription> {
    const { group, signal } = options;
    this.#check(address, signal);
    checkSubscribe(address, options, least);
    const bus = this.#bus;
    const reader = group === undefined
      ? this.#open({ address, queue: bus.open(address), signal })
      : this.#open({
        address,
        queue: bus.group(address, group),
        guarantees: grouped(bus.settings),
        signal,
      });
    return new BusSubscription(reader);
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async readLog(
    address: AddressPattern,
    options: MemoryReadLogOptions = {},
  ): Promise<MemoryLogSubscription> {
    const { from = "start", signal } = options;
    this.#check(address, signal);
    const bus = this.#bus;
    const letters = lettersFrom(bus, address, from, this.#session.clock.now());
    const queue = bus.open(address);
    queue.refill(letters);
    const reader = this.#open({ address, queue, guarantees: logged, signal });
    return new BusLogSubscription(reader, bus);
  }

  request(message: Message, options: RequestOptions): Promise<Message> {
    return this.publisher.request(message, options);
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async kept(
    address: AddressPattern,
    { signal }: KeptOptions = {},
  ): Promise<KeptMessages> {
    const deed = `look at what is kept of "${address.template}"`;
    this.checkOpen(deed);
    signal?.throwIfAborted();
    return new RetainedMessages(this.#log(deed), this.#session, address);
  }

  async keep(message: Message, { signal }: KeepOptions = {}): Promise<void> {
    const deed = `keep a message of "${message.address}"`;
    this.checkOpen(deed);
    this.#log(deed);
    await this.publisher.publish(message, signal && { signal });
  }

  override shutdown(): Promise<void> {
    // All that was made of the connection looks here, so this comes first.
    this.#session.closed = true;
    return super.shutdown();
  }

  #log(deed: string): RetainedLog {
    const { retained } = this.#bus;
    if (retained !== undefined) return retained;
    throw new MessagingError(
      "unsupported",
      `Cannot ${deed}: this broker keeps no log, it was made without the option "retain"`,
    );
  }

  #check(
    { template }: AddressPattern,
    signal: AbortSignal | undefined,
  ): void {
    this.checkOpen(`subscribe to "${template}"`);
    signal?.throwIfAborted();
    if (!isReplyAddress(template)) return;
    throw new MessagingError(
      "refused",
      `Cannot subscribe to "${template}": replies to requests go there`,
    );
  }

  #open({ address, queue, guarantees = least, signal }: OpenOptions): Reader {
    const reader: Reader = new Reader({
      address,
      queue,
      session: this.#session,
      guarantees,
      signal,
      onStop: () => queue.grouped || this.#bus.close(address, queue),
      onLeave: () => this.#readers.delete(reader),
    });
    this.#readers.add(reader);
    return reader;
  }

  protected override async end(): Promise<void> {
    this.#session.waits.endAll((wait) =>
      new MessagingError(
        "closed",
        `Cannot ${wait.deed}: the connection was shut down`,
      )
    );
    for (const opened of [...this.#session.opened]) opened.end();
    this.#bus.planner.close(this.#session);
    const readers = [...this.#readers];
    // First none of them takes more, so that what one gives back does not go to the next.
    for (const reader of readers) reader.stop();
    await Promise.all(readers.map((reader) => reader.dispose()));
  }
}
