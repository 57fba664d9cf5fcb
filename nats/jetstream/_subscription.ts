import type { Backlog, Guarantees } from "@ruststream/core/contract";
import type { JetStreamDelivery } from "./delivery.ts";
import type { Reader } from "./_reader.ts";
import type { JetStreamSubscription } from "./subscription.ts";

/** The user's side of a subscription. */
export class ConsumerSubscription implements JetStreamSubscription {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  get guarantees(): Guarantees {
    return this.#reader.options.guarantees;
  }

  get stream(): string {
    return this.#reader.options.consumer.plan.stream;
  }

  get consumer(): string {
    return this.#reader.options.consumer.name;
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
    await this.#reader.finish();
    await this.#reader.buffer.drain();
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
