import type {
  Publisher,
  RequestManyOptions,
  RequestOptions,
} from "../contract/publisher.ts";
import {
  type ErasedOptions,
  ErasedPublisher,
  type Ready,
} from "./erased_publisher.ts";
import type { Namer, Naming, SourceDelivery } from "./message_id.ts";
import type { Out } from "./out.ts";
import type { AllOptions } from "./prepare.ts";

/** The publisher of a declared destination, as its handler has it, types erased. */
export interface ErasedSlot {
  publish(payload: unknown, options?: AllOptions): Promise<unknown>;
}

/** Opens a declared destination for what is being handled. */
export type OpenSlot = (
  deliveries: readonly SourceDelivery[],
) => ErasedSlot;

/**
 * A declared destination on a raw publisher.
 *
 * @param namer Gives what it publishes ids. Without one nobody does.
 */
export function slotOf(
  raw: Publisher,
  { channel, reply }: Out,
  options: ErasedOptions,
  namer: Namer | undefined,
): OpenSlot {
  const erased = new ErasedPublisher(() => raw, options);
  const ready = erased.ready({
    ...channel,
    ...(reply === undefined ? {} : { reply }),
  });
  return (deliveries) => {
    const naming = namer?.for(deliveries);
    const to = named(ready, naming);
    // Each waits for an answer of its own: one that is taken for a repetition gets none.
    const asked = named(ready, namer?.fresh(deliveries));
    return Object.freeze({
      publish: (payload: unknown, given?: AllOptions): Promise<unknown> =>
        erased.publish(to, payload, given),
      request: (
        payload: unknown,
        given: AllOptions & RequestOptions,
      ): Promise<unknown> => erased.request(asked, payload, given),
      requestMany: (
        payload: unknown,
        given: AllOptions & RequestManyOptions,
      ): ReadableStream<unknown> => erased.requestMany(asked, payload, given),
      schedule: (
        payload: unknown,
        at: Date,
        given?: AllOptions,
      ): Promise<void> => erased.schedule(to, payload, at, given),
      async begin(
        given?: { readonly signal?: AbortSignal },
      ): Promise<object> {
        const [inside, transaction] = await erased.begin(given);
        const within = named(inside.ready(channel), naming);
        return Object.freeze({
          publish: (payload: unknown, one?: AllOptions): Promise<unknown> =>
            inside.publish(within, payload, one),
          commit: (one?: { readonly signal?: AbortSignal }) =>
            transaction.commit(one),
          [Symbol.asyncDispose]: () => transaction[Symbol.asyncDispose](),
        });
      },
    });
  };
}

/** The same, whose messages get their ids by this. */
function named(ready: Ready, naming: Naming | undefined): Ready {
  const { channel, raw, prepare } = ready;
  return naming === undefined ? ready : {
    channel,
    raw,
    prepare: (payload, options) => prepare(payload, options, naming),
  };
}

const noSlots: object = Object.freeze({});

/** All slots of a handler, opened for what is being handled. */
export function slotsOf(
  slots: Readonly<Record<string, OpenSlot>>,
): (deliveries: readonly SourceDelivery[]) => object {
  const all = Object.entries(slots);
  if (all.length === 0) return () => noSlots;
  return (deliveries) => {
    const opened: Record<string, ErasedSlot> = {};
    for (const [name, open] of all) opened[name] = open(deliveries);
    return Object.freeze(opened);
  };
}
