import type {
  Connection,
  ConnectOptions,
  Delivery,
  SubscribeOptions,
  Subscription,
} from "../contract/mod.ts";
import type { Fault, FaultySubscription, OpenBatches } from "./fault.ts";
import { replaced } from "./faulty_replace.ts";
import { faultyStream } from "./faulty_stream.ts";

/** Breaks a connection: what a fault that has its own `connect` ends with. */
export function faultyConnection(
  fault: Fault,
  connection: Connection,
  made: ConnectOptions,
): Connection {
  const publisher = replaced(
    connection.publisher,
    fault.publisher?.(connection.publisher, connection) ?? {},
  );
  const changes = fault.connection?.(connection, made) ?? {};
  const subscribe = (changes as Partial<Connection>).subscribe ??
    ((address, options) => connection.subscribe(address, options));
  const opens = replaced(connection, {
    ...otherWays(fault, connection),
    publisher,
  });
  return replaced(replaced(opens, changes), {
    subscribe: async (
      ...[address, options = {}]: Parameters<Connection["subscribe"]>
    ) => {
      const opened = await subscribe(address, options);
      return faultySubscription(fault, connection, opened, options);
    },
  });
}

const ownMethods: ReadonlySet<string> = new Set([
  "constructor",
  "request",
  "shutdown",
  "subscribe",
]);

/** A broker's own ways to subscribe, of a log or of a durable: what they open is broken too. */
function otherWays(fault: Fault, connection: Connection): object {
  const ways: Record<string, unknown> = {};
  const { prototype: end } = Object;
  for (
    let at: object = connection;
    at !== null && at !== end;
    at = Object.getPrototypeOf(at)
  ) {
    for (
      const [name, { value }] of Object.entries(
        Object.getOwnPropertyDescriptors(at),
      )
    ) {
      if (typeof value !== "function" || ownMethods.has(name)) continue;
      ways[name] ??= async (...given: unknown[]) => {
        const opened: unknown = await value.apply(connection, given);
        return isSubscription(opened)
          ? faultySubscription(fault, connection, opened, {})
          : opened;
      };
    }
  }
  return ways;
}

function isSubscription(value: unknown): value is Subscription {
  return typeof value === "object" && value !== null && "deliveries" in value;
}

function faultySubscription(
  fault: Fault,
  connection: Connection,
  subscription: Subscription,
  options: SubscribeOptions,
): Subscription {
  const of: FaultySubscription = {
    connection,
    subscription,
    options,
    handedOut: [],
  };
  const wrapped = new WeakMap<object, Delivery>();
  const wrap = (delivery: Delivery): Delivery => {
    const known = wrapped.get(delivery);
    if (known !== undefined) return known;
    of.handedOut.push(delivery);
    const made = replaced(delivery, fault.delivery?.(delivery, of) ?? {});
    wrapped.set(delivery, made);
    return made;
  };
  const stream = <T extends object>(inner: ReadableStream<T>) =>
    faultyStream(inner, wrap, (reader) => fault.reader?.(reader, of) ?? {});
  const deliveries = stream(subscription.deliveries);
  const { batches } = subscription as { batches?: OpenBatches };
  const open = (max: number) => batches?.call(subscription, max);
  const opened = fault.batches?.(open as OpenBatches) ?? open as OpenBatches;
  return replaced(subscription, {
    deliveries,
    ...(batches && { batches: (max: number) => stream(opened(max)) }),
    ...fault.subscription?.(subscription, of),
  });
}
