import type { Msg } from "@nats-io/nats-core";
import type { Client } from "./_client.ts";
import type { RawSubscription } from "./session_types.ts";

/** What is told of a subscription of the client. */
export interface SubscribeHandlers {
  /** Takes each message. */
  take(msg: Msg): void;
  /** The server did not permit it. */
  denied(error: Error): void;
  /** One of the others threw: the message is lost. */
  failed(cause: unknown): void;
}

/** Subscribes by the client, which hands over what its connection does not. */
export function subscribeBy(
  client: Client,
  subject: string,
  options: { readonly queue?: string },
  { take, denied, failed }: SubscribeHandlers,
): RawSubscription {
  // A throw in here would end the reading of the whole connection, in silence.
  const callback = (error: Error | null, msg: Msg): void => {
    try {
      if (!error) return take(msg);
      leave?.();
      denied(error);
    } catch (cause) {
      failed(cause);
    }
  };
  const native = client.nc.subscribe(subject, { ...options, callback });
  const leave = client.take?.(native, (msg) => callback(null, msg));
  client.order();
  return {
    unsubscribe: () => {
      leave?.();
      native.unsubscribe();
    },
    mute: () => client.mute(native),
  };
}
