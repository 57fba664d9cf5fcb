import { jsonCodec } from "./codecs.ts";
import { parseAddress } from "./contract/address.ts";
import { isPromiseLike } from "./contract/awaitable.ts";
import type { Message } from "./contract/message.ts";
import type { AnyChannel } from "./contract/channel.ts";
import type { AsyncCodec, Codec } from "./contract/codec.ts";
import type { Publisher } from "./contract/publisher.ts";
import { encodeMessage } from "./encode.ts";
import type {
  ChannelPublisher,
  PublishOptions,
  TypedPublisher,
} from "./publish_types.ts";

type AnyPublish = (
  payload: unknown,
  ...args: readonly AllOptions[]
) => Promise<unknown>;

/** Options of one publish, types of the address erased. */
export interface AllOptions extends PublishOptions {
  readonly params?: Readonly<Record<string, string>>;
}

/** A typed publisher of one channel, types erased. */
export interface ErasedPublisher {
  publish(payload: unknown, options?: AllOptions): Promise<unknown>;
}

/** Publishes the payloads of one channel by one raw publisher. */
export function publisherOf(
  raw: Publisher,
  channel: AnyChannel,
  fallback?: Codec | AsyncCodec,
): ErasedPublisher {
  const pattern = parseAddress(channel.address);
  const codec = channel.codec ?? fallback ?? jsonCodec;
  return Object.freeze({
    async publish(
      payload: unknown,
      options: AllOptions = {},
    ): Promise<unknown> {
      const { signal } = options;
      const message = encodeMessage(channel, pattern, codec, payload, options);
      return await raw.publish(
        isPromiseLike<Message>(message) ? await message : message,
        signal === undefined ? undefined : { signal },
      );
    },
  });
}

/**
 * Publishes typed payloads on a connection, in a service or anywhere else.
 *
 * @example A payload goes out as its channel says
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, publisher } from "@ruststream/core";
 *
 * const sent: string[] = [];
 * const connection = {
 *   publisher: { confirms: "sent" as const, publish: (m: { address: string }) => void sent.push(m.address) },
 * };
 * await publisher(connection).publish(channel<{ id: number }>("orders"), { id: 1 });
 * assert.deepEqual(sent, ["orders"]);
 * ```
 */
export function publisher<R>(
  connection: { readonly publisher: Publisher<never, R> },
): ChannelPublisher<R> {
  const opened = new WeakMap<AnyChannel, ErasedPublisher>();
  return Object.freeze({
    async publish(
      channel: AnyChannel,
      payload: unknown,
      options?: AllOptions,
    ): Promise<unknown> {
      let typed = opened.get(channel);
      if (typed === undefined) {
        typed = publisherOf(connection.publisher as Publisher, channel);
        opened.set(channel, typed);
      }
      return await typed.publish(payload, options);
    },
  }) as ChannelPublisher<R>;
}
