import type {
  Publisher,
  RequestManyOptions,
  RequestOptions,
} from "../contract/publisher.ts";
import { type ErasedOptions, ErasedPublisher } from "./erased_publisher.ts";
import type { Out } from "./out.ts";
import type { AllOptions } from "./prepare.ts";

/** The publisher of a declared destination, as its handler has it, types erased. */
export interface ErasedSlot {
  publish(payload: unknown, options?: AllOptions): Promise<unknown>;
}

/** Opens a declared destination on a raw publisher. */
export function slotOf(
  raw: Publisher,
  { channel, reply }: Out,
  options: ErasedOptions,
): ErasedSlot {
  const erased = new ErasedPublisher(() => raw, options);
  const asked = reply === undefined ? {} : { reply };
  const ready = erased.ready({ ...channel, ...asked });
  return Object.freeze({
    publish: (payload: unknown, given?: AllOptions): Promise<unknown> =>
      erased.publish(ready, payload, given),
    request: (
      payload: unknown,
      given: AllOptions & RequestOptions,
    ): Promise<unknown> => erased.request(ready, payload, given),
    requestMany: (
      payload: unknown,
      given: AllOptions & RequestManyOptions,
    ): ReadableStream<unknown> => erased.requestMany(ready, payload, given),
    schedule: (
      payload: unknown,
      at: Date,
      given?: AllOptions,
    ): Promise<void> => erased.schedule(ready, payload, at, given),
    async begin(
      given?: { readonly signal?: AbortSignal },
    ): Promise<object> {
      const [inside, transaction] = await erased.begin(given);
      const to = inside.ready(channel);
      return Object.freeze({
        publish: (payload: unknown, one?: AllOptions): Promise<unknown> =>
          inside.publish(to, payload, one),
        commit: (one?: { readonly signal?: AbortSignal }) =>
          transaction.commit(one),
        [Symbol.asyncDispose]: () => transaction[Symbol.asyncDispose](),
      });
    },
  });
}
