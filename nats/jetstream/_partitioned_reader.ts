import {
  type Backlog,
  DeliveryBuffer,
  type Guarantees,
  onAbort,
} from "@ruststream/core/contract";
import type { Consumer } from "./_consumer.ts";
import type { PulledDelivery } from "./_delivery.ts";
import type { Hub, Opened } from "./_hub.ts";
import { PartitionMembers } from "./_partition_members.ts";
import { Reader } from "./_reader.ts";

/** Options for {@linkcode PartitionedReader}. */
export interface PartitionedReaderOptions {
  readonly hub: Hub;
  readonly stream: string;
  /** The name that the consumers of all partitions begin with. */
  readonly name: string;
  /** The consumer of each partition. */
  readonly consumers: readonly Consumer[];
  readonly guarantees: Guarantees;
  /** The partitions that are read here. Without it the processes that are there divide them. */
  readonly owned: readonly number[] | undefined;
  /** The group of clients of which the server serves one. */
  readonly group: string;
  readonly failoverMs: number;
  readonly prefetch: number;
  readonly expiresMs: number;
  readonly confirmed: boolean;
  /** Brings the stream back, where it is ours. */
  readonly restore: () => Promise<unknown>;
  /** Tells when the stream was made; undefined where nobody may look. */
  readonly whenStreamMade: () => Promise<string | undefined>;
  readonly signal: AbortSignal | undefined;
}

/** What several partitions of a stream bring, as one: a reader for each, and one buffer. */
export class PartitionedReader implements Opened {
  readonly options: PartitionedReaderOptions;
  readonly buffer: DeliveryBuffer<PulledDelivery>;
  readonly #readers = new Map<number, Reader>();
  readonly #ofConsumer = new Map<string, Reader>();
  readonly #active = new Set<Reader>();
  // Those that are another's now, as soon as they have nothing in hand.
  readonly #leaving = new Set<Reader>();
  readonly #members: PartitionMembers | undefined;
  readonly #forget: () => void;
  #paused = false;
  // What the read that waits was given, and a pause has taken from it.
  #owed = 0;
  #stopped: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor(options: PartitionedReaderOptions) {
    const { hub, owned, consumers, guarantees, stream, name } = options;
    const { settleDeadlineMs } = guarantees;
    this.options = options;
    this.buffer = new DeliveryBuffer<PulledDelivery>({
      handBack: (held) => this.#recall(held),
      onDemand: (count) => this.#want(count),
      onStop: () => this.stop(),
      clock: hub.session.clock,
      ...(settleDeadlineMs !== undefined && { settleDeadlineMs }),
    });
    for (const [number, consumer] of consumers.entries()) {
      if (owned !== undefined && !owned.includes(number)) continue;
      const reader = this.#makeReader(consumer);
      this.#readers.set(number, reader);
      this.#ofConsumer.set(consumer.name, reader);
      if (owned === undefined) reader.pause();
      else this.#active.add(reader);
    }
    hub.opened.add(this);
    this.#forget = onAbort(
      options.signal,
      () => void this.buffer.cancel().catch(() => {}),
    );
    if (owned !== undefined) return;
    this.#members = new PartitionMembers({
      session: hub.session,
      subject: `ruststream.partitions.${stream}.${name}`,
      failoverMs: options.failoverMs,
      onChange: () => this.#divide(),
    });
  }

  /** Takes no more. What was given stays the reader's. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Takes no more, and gives back all that is not settled. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Consumers of partitions outlive their readers: what waits for them is for the next. */
  async finish(): Promise<void> {}

  pause(): void {
    if (this.#paused || this.#stopped !== undefined) return;
    this.#paused = true;
    for (const reader of this.#active) reader.pause();
    const held = this.buffer.clear();
    this.#owed = held.length;
    this.#recall(held);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const reader of this.#active) reader.resume();
    this.#want(Math.max(this.#owed, this.buffer.demand));
  }

  async backlog(): Promise<Backlog> {
    const { size } = this.buffer;
    const states = await Promise.all(
      this.options.consumers.map((consumer) => consumer.state()),
    );
    let waiting = size;
    let unsettled = -size;
    for (const state of states) {
      waiting += state?.waiting ?? 0;
      unsettled += state?.unsettled ?? 0;
    }
    return { waiting, unsettled: Math.max(0, unsettled) };
  }

  #makeReader(consumer: Consumer): Reader {
    return new Reader({
      ...this.options,
      consumer,
      signal: undefined,
      into: {
        buffer: this.buffer,
        failed: () => void this.stop(),
        emptied: (reader) => {
          if (this.#leaving.has(reader)) this.#unpin(reader);
        },
      },
    });
  }

  /** Asks each partition for its share: whichever has something answers, and the others keep their request. */
  #want(count: number): void {
    if (count === 0 || this.#paused) return;
    const { prefetch } = this.options;
    const share = Math.ceil(
      (count + prefetch) / Math.max(1, this.#active.size),
    );
    for (const reader of this.#active) reader.want(share);
  }

  #divide(): void {
    if (this.#stopped !== undefined) return;
    let gained = false;
    for (const [number, reader] of this.#readers) {
      const mine = this.#members?.owns(number) === true;
      if (mine === this.#active.has(reader)) continue;
      if (mine) {
        gained = true;
        this.#leaving.delete(reader);
        this.#active.add(reader);
        if (!this.#paused) reader.resume();
      } else {
        this.#active.delete(reader);
        reader.pause();
        this.#unpin(reader);
      }
    }
    if (gained) this.#want(this.buffer.demand);
  }

  /** Lets another be served, once nothing is in hand; without it the server would wait until the owner has been silent for long. */
  #unpin(reader: Reader): void {
    const { hub: { api, session }, group } = this.options;
    if (reader.inHand > 0) return void this.#leaving.add(reader);
    this.#leaving.delete(reader);
    if (!session.connected) return;
    const { stream, name } = reader.options.consumer.plan;
    api.tell(`CONSUMER.UNPIN.${stream}.${name}`, { group });
  }

  #recall(held: readonly PulledDelivery[]): void {
    const ofReader = Map.groupBy(
      held,
      ({ consumer }) => this.#ofConsumer.get(consumer),
    );
    for (const [reader, deliveries] of ofReader) reader?.recall(deliveries);
  }

  async #stop(): Promise<void> {
    this.#forget();
    const readers = [...this.#readers.values()];
    await Promise.all(readers.map((reader) => reader.stop()));
    if (this.#members === undefined) return;
    for (const reader of this.#active) this.#unpin(reader);
    this.#members.leave();
  }

  async #end(): Promise<void> {
    await this.stop();
    await this.buffer.cancel();
    const readers = [...this.#readers.values()];
    await Promise.all(readers.map((reader) => reader.end()));
    this.options.hub.opened.delete(this);
  }
}
