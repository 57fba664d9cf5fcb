import type { ParameterNames } from "./address.ts";
import type { AsyncCodec, Codec } from "./codec.ts";
import type { MessageHeaders } from "./headers.ts";
import type { Schema } from "./schema.ts";

/** A declared address: the contract that two services share. Plain, frozen data. */
export interface Channel<A extends string, In, Out, H> {
  /** The address template: literals, `{one}` token, `{many+}` tokens at the end. */
  readonly address: A;
  /** Checks payloads. Without it nothing is checked. */
  readonly payload?: Schema<In, Out>;
  /** Checks headers. Without it a handler sees them as they came. */
  readonly headers?: Schema<unknown, H>;
  /** Payload to bytes and back. Without it the nearest mount's codec, else JSON. */
  readonly codec?: Codec | AsyncCodec;
  /** A short name for documents. */
  readonly title?: string;
  /** One sentence for documents. */
  readonly summary?: string;
  /** Payloads as they may come, for documents. */
  readonly examples?: readonly In[];
  /** Types only; nothing is there at run time. */
  readonly "~types"?: {
    readonly in: (value: In) => void;
    readonly out: Out;
    readonly headers: H;
  };
}

/** A channel of whatever address, payload and headers. */
// deno-lint-ignore no-explicit-any -- the one alias that may hold `any`: a channel is invariant in its payload
export type AnyChannel = Channel<any, any, any, any>;
/** The address template of a channel. */
export type AddressOf<C> = C extends
  Channel<infer A, infer _I, infer _O, infer _H> ? A : never;
/** What a publisher of a channel takes. */
export type InputOf<C> = C extends
  Channel<infer _A, infer I, infer _O, infer _H> ? I : never;
/** What a handler of a channel gets. */
export type PayloadOf<C> = C extends
  Channel<infer _A, infer _I, infer O, infer _H> ? O : never;
/** The headers that a handler of a channel sees. */
export type HeadersOf<C> = C extends
  Channel<infer _A, infer _I, infer _O, infer H>
  ? (unknown extends H ? MessageHeaders : H)
  : never;
/** The channel that a channel's messages are answered with; undefined where none is declared. */
export type ReplyOf<C> = C extends
  { readonly reply: infer R extends AnyChannel } ? R
  : undefined;
/** The parameters of an address template, each as a string. */
export type AddressParameters<A extends string> = string extends A
  ? Readonly<Record<string, string>>
  : { readonly [K in ParameterNames<A>]: string };
