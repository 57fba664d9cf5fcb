import type {
  Backlog,
  DeliveryBuffer,
  Guarantees,
} from "@ruststream/core/contract";
import type { PulledDelivery } from "./_delivery.ts";
import type { Hub } from "./_hub.ts";
import type { JetStreamDelivery } from "./delivery.ts";
import type { JetStreamSubscription } from "./subscription.ts";

/** The broker's side of a subscription, over one consumer or several. */
interface ReadingSide {
  readonly buffer: DeliveryBuffer<PulledDelivery>;
  readonly options: { readonly hub: Hub; readonly guarantees: Guarantees };
  pause(): void;
  resume(): void;
  finish(): Promise<void>;
  backlog(): Promise<Backlog>;
  end(): Promise<void>;
}

/** The user's side of a subscription. */
export class ConsumerSubscription implements JetStreamSubscription {
  readonly stream: string;
  readonly consumer: string;
  readonly #reader: ReadingSide;

  constructor(stream: string, consumer: string, reader: ReadingSide) {
    this.stream = stream;
    this.consumer = consumer;
    this.#reader = reader;
  }

  get guarantees(): Guarantees {
    return this.#reader.options.guarantees;
  }

  get deliveries(): ReadableStream<JetStreamDelivery> {
    return this.#reader.buffer.deliveries;
  }

  batches(max: number): ReadableStream<readonly JetStreamDelivery[]> {
    return this.#reader.buffer.batches(max);
  }

  pause(): void {
    this.#checkOpen("pause");
    this.#reader.pause();
  }

  resume(): void {
    this.#checkOpen("resume");
    this.#reader.resume();
  }

  async drain(): Promise<void> {
    this.#checkOpen("drain");
    try {
      await this.#reader.finish();
    } finally {
      await this.#reader.buffer.drain();
    }
  }

  async backlog(): Promise<Backlog> {
    this.#checkOpen("look into");
    return await this.#reader.backlog();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.end();
  }

  #checkOpen(verb: string): void {
    const { hub } = this.#reader.options;
    hub.checkOpen(`${verb} the subscription to "${this.consumer}"`);
  }
}
