import type {
  Connection,
  Message,
  RequestOptions,
  Transaction,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";
import { replaced } from "./faulty_replace.ts";

/** How a request is made. */
export type Request = (
  message: Message,
  options: RequestOptions,
) => Promise<Message>;

/** How a transaction is begun. */
export type Begin = (
  options?: { readonly signal?: AbortSignal },
) => Promise<Transaction>;

/** How a message is scheduled. */
export type Schedule = (
  message: Message,
  at: Date,
  options?: { readonly signal?: AbortSignal },
) => Promise<void>;

/** A wait without an end. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/** A fault of one method, on the publisher and on the connection, where it is there. */
export function ofMethod<F extends (...given: never[]) => unknown>(
  method: string,
  breaks: string,
  change: (call: F, connection: Connection) => F,
): () => Fault {
  const on = (owner: object, connection: Connection): object => {
    const call: unknown = Reflect.get(owner, method, owner);
    return typeof call === "function"
      ? { [method]: change(call.bind(owner) as F, connection) }
      : {};
  };
  return () => ({
    breaks,
    publisher: on,
    connection: (connection) => on(connection, connection),
  });
}

/** A fault of an open transaction. */
export function transaction(
  breaks: string,
  change: (open: Transaction, connection: Connection) => object,
): () => Fault {
  return ofMethod<Begin>(
    "begin",
    breaks,
    (begin, connection) => async (options) => {
      const open = await begin(options);
      return replaced(open, change(open, connection));
    },
  );
}

/** A fault of one method of an open subscription. */
export function ofSubscription(
  method: string,
  breaks: string,
  change: (
    call: (...given: unknown[]) => unknown,
    connection: Connection,
  ) => unknown,
): () => Fault {
  return () => ({
    breaks,
    subscription: (subscription, { connection }) => {
      const call: unknown = Reflect.get(subscription, method, subscription);
      return typeof call === "function"
        ? { [method]: change(call.bind(subscription), connection) }
        : {};
    },
  });
}
