import { replyOf } from "../channel.ts";
import type {
  AddressOf,
  AnyChannel,
  InputOf,
  PayloadOf,
  ReplyOf,
} from "../contract/channel.ts";
import type { HeadersInput, MessageHeaders } from "../contract/headers.ts";
import type {
  RequestOptions,
  Requests,
  Schedules,
  Transacts,
} from "../contract/publisher.ts";
import type {
  ParamsOf,
  PublishArgs,
  PublishOptions,
  TypedPublisher,
} from "./publish_types.ts";
import { constantHeaders } from "./given_headers.ts";

/** A declared destination of a handler, and the capability that its publisher must have. */
export interface Out<Ch extends AnyChannel = AnyChannel, Needs = unknown> {
  /** What is published there. */
  readonly channel: Ch;
  /** The capability by name; absent where a plain publisher will do. */
  readonly capability?: "request" | "begin" | "schedule";
  /** What requests are answered with; absent where none are sent. */
  readonly reply?: AnyChannel;
  /** Fields of every message; absent where there are none. */
  readonly headers?: MessageHeaders;
  /** Types only; nothing is there at run time. */
  readonly "~needs"?: Needs;
}

/** Declared destinations by slot. */
export type Outs = Readonly<Record<string, Out>>;

/** What the slots of a handler need of their publishers, by name. */
export type SlotNeeds = Readonly<Record<string, unknown>>;

/** What declared destinations need of their publishers. */
export type NeedsOf<O extends Outs> = {
  readonly [K in keyof O]: O[K] extends Out<AnyChannel, infer Needs> ? Needs
    : unknown;
};

/** Options for {@linkcode out}. */
export interface OutOptions {
  /** Fields of every message; a call's own of the same name stand in their place. By default there are none. */
  readonly headers?: HeadersInput;
}

/** A destination that may still ask for a capability. */
export interface PlainOut<Ch extends AnyChannel> extends Out<Ch> {
  /** Asks for a publisher that can request. The reply is the channel's own where that declares one. */
  requests<R extends AnyChannel = NonNullable<ReplyOf<Ch>>>(
    ...reply: [ReplyOf<Ch>] extends [AnyChannel] ? [reply?: R] : [reply: R]
  ): Out<Ch & { readonly reply: R }, Requests>;
  /** Asks for a publisher that has transactions. */
  transactional(): Out<Ch, Transacts>;
  /** Asks for a publisher that can send later. */
  schedules(): Out<Ch, Schedules>;
}

/** Payloads of one channel that go out together, or none of them. Leaving its block without {@linkcode TypedTransaction.commit} discards them. */
export interface TypedTransaction<Ch extends AnyChannel>
  extends TypedPublisher<Ch>, AsyncDisposable {
  /** Makes the messages visible, in order. Used after its end it rejects with `closed`. */
  commit(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** What a slot can do beside publishing, by the capability that it asks for. */
export type SlotOf<Ch extends AnyChannel, Needs> = unknown extends Needs
  ? TypedPublisher<Ch>
  : Needs extends Requests ? TypedPublisher<Ch> & {
      /** Sends a payload, and resolves with the payload of its reply. It rejects as {@linkcode ChannelRequests.request} does. */
      request(
        payload: InputOf<Ch>,
        options: RequestOptions & PublishOptions & ParamsOf<AddressOf<Ch>>,
      ): Promise<PayloadOf<ReplyOf<Ch>>>;
    }
  : Needs extends Transacts ? TypedPublisher<Ch> & {
      /** Opens a transaction. */
      begin(
        options?: { readonly signal?: AbortSignal },
      ): Promise<TypedTransaction<Ch>>;
    }
  : TypedPublisher<Ch> & {
    /** Checks and encodes a payload now, and has it published at a time. */
    schedule(
      payload: InputOf<Ch>,
      at: Date,
      ...optionsWithParams: PublishArgs<AddressOf<Ch>>
    ): Promise<void>;
  };

/** The destinations of a handler, open. */
export type Opened<O extends Outs> = {
  readonly [K in keyof O]: O[K] extends Out<infer Ch, infer Needs>
    ? SlotOf<Ch, Needs>
    : never;
};

/**
 * Declares a destination of a handler, so that the document, the tests and the types all know it.
 *
 * @example A slot of a subscriber
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, out } from "@ruststream/core";
 *
 * const audit = channel<{ what: string }>("audit");
 * assert.equal(out(audit, { headers: { "x-from": "billing" } }).channel, audit);
 * ```
 *
 * @throws {TypeError} If a header is not lawful, or its name is reserved or `message-id`.
 */
export function out<Ch extends AnyChannel>(
  channel: Ch,
  { headers }: OutOptions = {},
): PlainOut<Ch> {
  const plain: Out<Ch> = {
    channel,
    // Copied: each start reads them, and each transaction.
    ...(headers === undefined ? {} : {
      headers: constantHeaders(`publish to "${channel.address}"`, headers),
    }),
  };
  return Object.freeze({
    ...plain,
    requests(reply: AnyChannel | undefined = replyOf(channel)) {
      if (reply === undefined) {
        throw new TypeError(
          `Cannot ask on "${channel.address}": its channel declares no reply, and none is given`,
        );
      }
      return Object.freeze({
        ...plain,
        capability: "request" as const,
        reply,
      });
    },
    transactional: () =>
      Object.freeze({ ...plain, capability: "begin" as const }),
    schedules: () =>
      Object.freeze({ ...plain, capability: "schedule" as const }),
  }) as unknown as PlainOut<Ch>;
}
