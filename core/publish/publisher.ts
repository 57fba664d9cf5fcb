import type { AnyChannel } from "../contract/channel.ts";
import { systemClock } from "../contract/clock.ts";
import type {
  Publisher,
  RequestManyOptions,
  RequestOptions,
} from "../contract/publisher.ts";
import { checkKnown } from "../check_settings.ts";
import {
  type ErasedOptions,
  ErasedPublisher,
  type Ready,
} from "./erased_publisher.ts";
import { constantHeaders } from "./given_headers.ts";
import { type Naming, RandomIds } from "./message_id.ts";
import type { AllOptions } from "./prepare.ts";
import { orErrored } from "./request.ts";
import type { PublisherOf, PublisherOptions } from "./publish_types.ts";

const known = ["codec", "headers", "validate", "messageIds", "clock"];

/**
 * Publishes typed payloads on a connection, in a service or anywhere else, and does what else its publisher can: ask, begin transactions, schedule.
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
 *
 * @example A channel that declares its reply can be asked
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, publisher, RustStream, subscriber, type } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const prices = channel<{ cents: number }>("prices");
 * const quotes = channel("quotes", { payload: type<{ sku: string }>(), reply: prices });
 *
 * const broker = new MemoryBroker();
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(broker, (b) => b.include(subscriber(quotes, ({ sku }) => ({ cents: sku.length }))));
 * await using _running = await app.start();
 * await using connection = await broker.connect();
 * const price = await publisher(connection).request(quotes, { sku: "abc" }, { timeoutMs: 1_000 });
 * assert.deepEqual(price, { cents: 3 });
 * ```
 *
 * @throws {TypeError} If an option is unknown, or a header is not lawful, or its name is reserved or `message-id`.
 */
export function publisher<P extends Publisher<never, unknown>>(
  connection: { readonly publisher: P },
  options: PublisherOptions = {},
): PublisherOf<P> {
  checkKnown("a publisher", options, known);
  const { headers } = options;
  return channelPublisher(
    () => connection.publisher as unknown as Publisher,
    {
      ...options,
      naming: namingOf(options),
      // Copied: each channel reads them.
      ...headers && {
        headers: constantHeaders("make a publisher", headers),
      },
    },
  ) as PublisherOf<P>;
}

/** What names the messages of a publisher of its own. */
export function namingOf(
  { messageIds = true, clock = systemClock }: Pick<
    PublisherOptions,
    "messageIds" | "clock"
  >,
): Naming | undefined {
  return messageIds ? new RandomIds(clock) : undefined;
}

/** The same of a raw publisher that may not be there yet: inside an application. */
export function channelPublisher(
  raw: () => Publisher,
  options: ErasedOptions,
): object {
  const erased = new ErasedPublisher(raw, options);
  const ready = readied(erased);
  return Object.freeze({
    publish: publishing(erased, ready),
    request: async (
      channel: AnyChannel,
      payload: unknown,
      given: AllOptions & RequestOptions,
    ): Promise<unknown> => await erased.request(ready(channel), payload, given),
    requestMany: (
      channel: AnyChannel,
      payload: unknown,
      given: AllOptions & RequestManyOptions,
    ): ReadableStream<unknown> =>
      orErrored(() => erased.requestMany(ready(channel), payload, given)),
    schedule: async (
      channel: AnyChannel,
      payload: unknown,
      at: Date,
      given?: AllOptions,
    ): Promise<void> =>
      await erased.schedule(ready(channel), payload, at, given),
    async begin(given?: { readonly signal?: AbortSignal }): Promise<object> {
      const [inside, transaction] = await erased.begin(given);
      return Object.freeze({
        publish: publishing(inside, readied(inside)),
        commit: (one?: { readonly signal?: AbortSignal }) =>
          transaction.commit(one),
        [Symbol.asyncDispose]: () => transaction[Symbol.asyncDispose](),
      });
    },
  });
}

/** What is ready for each channel, made once. */
function readied(erased: ErasedPublisher): (channel: AnyChannel) => Ready {
  const made = new WeakMap<AnyChannel, Ready>();
  return (channel) => {
    let found = made.get(channel);
    if (found === undefined) {
      found = erased.ready(channel);
      made.set(channel, found);
    }
    return found;
  };
}

function publishing(
  erased: ErasedPublisher,
  ready: (channel: AnyChannel) => Ready,
) {
  return async (
    channel: AnyChannel,
    payload: unknown,
    given?: AllOptions,
  ): Promise<unknown> => await erased.publish(ready(channel), payload, given);
}
