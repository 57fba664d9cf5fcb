import type { ParameterNames } from "./contract/address.ts";
import type {
  AddressOf,
  AddressParameters,
  AnyChannel,
  InputOf,
} from "./contract/channel.ts";
import type { HeadersInput } from "./contract/headers.ts";

/** Options of one publish. */
export interface PublishOptions {
  /** Fields beside the body. Those of a delivery may be given as they are: what is reserved is left out. By default there are none. */
  readonly headers?: HeadersInput;
  /** Ordering key, where the broker has one. By default there is none. */
  readonly key?: string;
  /** Gives up waiting when aborted; the message may still have gone out. By default the broker's own limits do. */
  readonly signal?: AbortSignal;
}

/** Arguments of a publish behind the payload: `params` are required where the address has parameters. */
export type PublishArgs<A extends string> = [ParameterNames<A>] extends [never]
  ? [options?: PublishOptions]
  : [options: PublishOptions & { readonly params: AddressParameters<A> }];

/** Publishes payloads of any channel on one connection. */
export interface ChannelPublisher<R = unknown> {
  /**
   * Checks, encodes and publishes one payload; resolves with the broker's receipt.
   *
   * Rejects with `schema` or `codec` if the payload does not fit, with a `TypeError` or a `RangeError` if parameters or headers do not, and with what the broker says.
   */
  publish<Ch extends AnyChannel>(
    channel: Ch,
    payload: InputOf<Ch>,
    ...args: PublishArgs<AddressOf<Ch>>
  ): Promise<R>;
}

/** Publishes payloads of one channel. */
export interface TypedPublisher<Ch extends AnyChannel, R = unknown> {
  /** Checks, encodes and publishes one payload; resolves with the broker's receipt. */
  publish(
    payload: InputOf<Ch>,
    ...args: PublishArgs<AddressOf<Ch>>
  ): Promise<R>;
}
