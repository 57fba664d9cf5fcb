import {
  type AddressPattern,
  type KeepOptions,
  type Keeps,
  type KeptMessages,
  type KeptOptions,
  type Message,
  MessagingError,
} from "@ruststream/core/contract";
import type { Session } from "../session.ts";
import { subjectOf } from "../subjects.ts";
import { Hub } from "./_hub.ts";
import { StreamMessages } from "./_kept.ts";
import { StreamPublisher } from "./_publisher.ts";
import type { JetStreamReceipt } from "./publisher.ts";

/** Looks into the streams of one connection, and publishes to them. */
export class Keeper implements Keeps<JetStreamReceipt> {
  readonly #hub: Hub;
  readonly #publisher: StreamPublisher;

  constructor(session: Session) {
    this.#hub = Hub.of(session);
    this.#publisher = new StreamPublisher(this.#hub, {
      timeoutMs: 5_000,
      retries: 2,
      retryDelayMs: 250,
      maxInFlight: 1_024,
    });
  }

  async kept(
    address: AddressPattern,
    { signal }: KeptOptions = {},
  ): Promise<KeptMessages> {
    const { template } = address;
    const deed = `look at what is kept of "${template}"`;
    this.#hub.checkOpen(deed);
    signal?.throwIfAborted();
    const subject = subjectOf(address);
    const streams = await this.#hub.api.streamsOf(subject, signal);
    if (streams.length > 0) {
      return new StreamMessages(this.#hub, streams, address, subject);
    }
    throw new MessagingError(
      "refused",
      `Cannot ${deed}: no stream takes it`,
    );
  }

  keep(
    message: Message,
    { dedupeId, signal }: KeepOptions = {},
  ): Promise<JetStreamReceipt> {
    return this.#publisher.publish(message, {
      ...(dedupeId !== undefined && { id: dedupeId }),
      ...(signal !== undefined && { signal }),
    });
  }
}
