import type { CloudEvent, EventContext } from "./cloud_event.ts";

// By the bytes that were read: they are the same in the message that a handler sees.
const contexts = new WeakMap<Uint8Array, EventContext>();

/** Takes the data of an event, and keeps the rest for {@linkcode eventContext}. */
export function dataOf(body: Uint8Array, event: CloudEvent): unknown {
  const { data, ...context } = event;
  contexts.set(body, Object.freeze(context));
  return data;
}

/**
 * The context attributes of the event that a handler's payload is the data of: where it comes from, what it is, and its extensions.
 *
 * For channels whose codec has `attributes`; in the others they are in the payload itself.
 *
 * @example The handler takes the data, and asks for the rest
 * ```ts
 * import assert from "node:assert/strict";
 * import { cloudEvents, eventContext } from "@ruststream/codecs/cloudevents";
 * import { channel, subscriber, type } from "@ruststream/core";
 *
 * interface Order { readonly id: number }
 * const placed = channel("orders.placed", {
 *   payload: type<Order>(),
 *   codec: cloudEvents({
 *     attributes: ({ id }: Order) => ({ id: `${id}`, source: "/shop", type: "placed" }),
 *   }),
 * });
 * const handle = subscriber(placed, (order, ctx) => {
 *   ctx.log.info(`order ${order.id} of ${eventContext(ctx).source}`);
 * });
 * assert.ok(handle);
 * ```
 *
 * @param ctx What the handler was given, or a message's holder.
 * @throws {TypeError} If the message was not read by such a codec, or was inside of another, as `compress` is.
 */
export function eventContext(
  ctx: { readonly message: { readonly body: Uint8Array } },
): EventContext {
  const context = contexts.get(ctx.message.body);
  if (context !== undefined) return context;
  throw new TypeError(
    'Cannot take the attributes of a CloudEvent: the message was not read by a codec of CloudEvents with "attributes"',
  );
}
