import type { Clock } from "../contract/clock.ts";
import type { Observer, SettledEvent } from "../observe.ts";

/** How many deliveries ended how. One message to several subscribers is several deliveries. */
export class DeliveryCounts {
  acked = 0;
  /** Held, or given back to the broker, for another try. */
  retried = 0;
  rejected = 0;
  deadLettered = 0;
  /** Dropped by a broker, which said so. */
  dropped = 0;
  /** When the latest one ended, by the clock that only runs forward; undefined before the first. */
  lastAt: number | undefined = undefined;
  /** Told before the application's logger says something. */
  onNotice: () => void = () => {};
  readonly #clock: Clock;
  /** Of each address that is fed: the deliveries that ended, by the subscriber's name. */
  readonly #ended: ReadonlyMap<string, Map<string, number>>;
  /** Of each address that is fed: what the service itself published there. */
  readonly #published: Map<string, number>;
  readonly #broker: string | undefined;

  /** @param broker The one that is fed: the same address on another is another. */
  constructor(
    clock: Clock,
    broker: string | undefined,
    addresses: Iterable<string>,
  ) {
    this.#clock = clock;
    this.#broker = broker;
    const all = [...addresses];
    this.#ended = new Map(all.map((address) => [address, new Map()]));
    this.#published = new Map(all.map((address) => [address, 0]));
  }

  /** What counts. */
  get observer(): Observer {
    return {
      settled: (event) => this.#settled(event),
      held: () => void this.retried++,
      published: ({ address, broker, error }) => {
        const count = this.#published.get(address);
        if (count === undefined || error !== undefined) return;
        if (broker !== this.#broker) return;
        this.#published.set(address, count + 1);
      },
      broker: (event) => {
        if (event.kind === "dropped") this.dropped += event.count;
      },
      notice: () => this.onNotice(),
    };
  }

  /** Deliveries that ended for good. */
  get ended(): number {
    return this.acked + this.rejected + this.deadLettered;
  }

  /** Deliveries of one address that ended for good at one of these subscribers. */
  endedAt(address: string, subscribers: readonly string[]): number {
    const counts = this.#ended.get(address);
    return subscribers.reduce((sum, name) => sum + (counts?.get(name) ?? 0), 0);
  }

  /** Messages that the service itself published to an address that is fed. */
  publishedTo(address: string): number {
    return this.#published.get(address) ?? 0;
  }

  #settled({ settlement, address, subscriber }: SettledEvent): void {
    switch (settlement) {
      case "retry":
        this.retried++;
        return;
      case "release":
        return;
      case "ack":
        this.acked++;
        break;
      case "reject":
        this.rejected++;
        break;
      case "dead-letter":
        this.deadLettered++;
        break;
    }
    this.lastAt = this.#clock.mono();
    const counts = this.#ended.get(address);
    counts?.set(subscriber, (counts.get(subscriber) ?? 0) + 1);
  }
}
