import {
  type Delivery,
  DeliveryBuffer,
  type DeliveryBufferOptions,
  systemClock,
} from "@ruststream/core/contract";

/** A buffer, and what it did to its broker. */
export interface Recorded {
  readonly buffer: DeliveryBuffer;
  readonly events: string[];
}

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
    onStop: () => {
      events.push("stop");
      return options.onStop?.();
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
