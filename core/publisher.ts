import { parseAddress } from "./contract/address.ts";
import { isPromiseLike } from "./contract/awaitable.ts";
import type { Message } from "./contract/message.ts";
import type { AnyChannel } from "./contract/channel.ts";
import type { AsyncCodec, Codec } from "./contract/codec.ts";
import type { Publisher } from "./contract/publisher.ts";
import { codecOf, encodeMessage } from "./encode.ts";
import type { ChannelPublisher, PublishOptions } from "./publish_types.ts";

/** Options of one publish, types of the address erased. */
export interface AllOptions extends PublishOptions {
  readonly params?: Readonly<Record<string, string>>;
}

/** A typed publisher of one channel, types erased. */
export interface ErasedPublisher {
  publish(payload: unknown, options?: AllOptions): Promise<unknown>;
}

/**
 * Publishes the payloads of one channel by one raw publisher.
 *
 * @param nearest The codec that is set around it, if one is.
 */
export function publisherOf(
  raw: Publisher,
  channel: AnyChannel,
  nearest?: Codec | AsyncCodec,
): ErasedPublisher {
  const pattern = parseAddress(channel.address);
  const codec = codecOf(channel, nearest);
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
  return channelPublisher(connection);
}

/** The same under a codec that is set around it: inside an application. */
export function channelPublisher<R>(
  connection: { readonly publisher: Publisher<never, R> },
  nearest?: Codec | AsyncCodec,
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
        typed = publisherOf(
          connection.publisher as Publisher,
          channel,
          nearest,
        );
        opened.set(channel, typed);
      }
      return await typed.publish(payload, options);
    },
  }) as ChannelPublisher<R>;
}
