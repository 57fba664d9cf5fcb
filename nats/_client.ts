import type {
  Msg,
  NatsConnection as NativeConnection,
  Subscription,
} from "@nats-io/nats-core";

/** The client of one connection, over whatever transport. */
export interface Client {
  readonly nc: NativeConnection;
  /** Bytes that were written and have not left this process, as far as is known. */
  readonly held: number;
  /** Whether shutting down closes it. */
  readonly owned: boolean;
  /** Whether all that is written in one turn of the event loop leaves in one write. */
  readonly corks: boolean;
  /** Writes one message, copied; false where it cannot leave. */
  write(
    subject: string,
    reply: string,
    headers: Uint8Array | undefined,
    body: Uint8Array,
  ): boolean;
  /** Takes the messages of a subscription before the client does, where that can be. What it returns ends it. */
  take?(
    subscription: Subscription,
    taker: (msg: Msg) => void,
  ): () => void;
  /** Sends UNSUB, and goes on taking what arrives. */
  mute(subscription: unknown): void;
  /** Puts what the client has collected before what is written next. */
  order(): void;
}

/** What the client has beside its interface. */
interface Insides {
  readonly protocol?: {
    unsub?(subscription: unknown): void;
    flushPending?(): void;
  };
}

/** Sends UNSUB for a subscription of the client, which goes on taking what arrives. */
export function muteBy(nc: NativeConnection, subscription: unknown): void {
  (nc as unknown as Insides).protocol?.unsub?.(subscription);
}

/** Sends what the client has collected in this turn. */
export function orderBy(nc: NativeConnection): void {
  (nc as unknown as Insides).protocol?.flushPending?.();
}
