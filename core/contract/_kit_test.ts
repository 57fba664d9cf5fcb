import {
  type Delivery,
  DeliveryBuffer,
  type DeliveryBufferOptions,
  type Guarantees,
  systemClock,
} from "@ruststream/core/contract";

/** A buffer, and what it did to its broker. */
export interface Recorded {
  readonly buffer: DeliveryBuffer;
  readonly events: string[];
}

/** Those of a broker that delivers again in this process only. */
export const guarantees: Guarantees = {
  ordering: "address",
  redelivery: "on-retry",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  persistence: "none",
  groups: false,
  patterns: false,
  headers: true,
};

/** A delivery that can be told by its id. */
export function delivery(id: string): Delivery {
  const message = { address: "orders", body: new Uint8Array() };
  return { id, message, settle: () => {} };
}

/** The ids, in order. */
export function idsOf(deliveries: readonly Delivery[]): string {
  return deliveries.map(({ id }) => id).join();
}

/** A buffer that writes down what it does to its broker. */
export function record(
  options: Partial<DeliveryBufferOptions<Delivery>>,
  ...ids: string[]
): Recorded {
  const events: string[] = [];
  const buffer = new DeliveryBuffer({
    ...options,
    handBack: (deliveries) => {
      events.push(`back ${idsOf(deliveries)}`);
      return options.handBack?.(deliveries);
    },
    onStop: (why) => {
      events.push("stop");
      return options.onStop?.(why);
    },
  });
  for (const id of ids) buffer.push(delivery(id));
  return { buffer, events };
}

/** Lets all that can run do so. */
export async function idle(): Promise<void> {
  await systemClock.turn();
  await systemClock.turn();
}

/** A signal whose listeners are counted. */
export interface Counted {
  readonly stop: AbortController;
  /** Listeners added and not removed. */
  listeners(): number;
}

/** Makes one. */
export function counted(): Counted {
  const stop = new AbortController();
  const { signal } = stop;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...given: Parameters<typeof add>): void => {
    listeners++;
    add(...given);
  };
  signal.removeEventListener = (...given: Parameters<typeof remove>): void => {
    listeners--;
    remove(...given);
  };
  return { stop, listeners: () => listeners };
}
