import type { Context } from "../context.ts";
import { idOf } from "../publish/message_id.ts";

/**
 * The id of a message: what its publisher wrote into the header `message-id`, else the broker's own id of it.
 *
 * A dead letter has the header of its source, of which there may be several: it is known by what its source was known by to the subscriber that gave it up. The header is the same however often a message is published. The broker's own is the same at each delivery, but another one for a message that was published again, and may begin anew with a broker that forgets. Undefined where there is neither.
 *
 * @example Written by the publisher
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { messageIdOf } from "@ruststream/core/middleware";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const ids: (string | undefined)[] = [];
 * const running = await new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) =>
 *     b.include(subscriber(orders, (_order, ctx) => void ids.push(messageIdOf(ctx)))))
 *   .start();
 * await running.publisher.publish(orders, { id: 7 }, { headers: { "message-id": "order-7" } });
 * await running.stop();
 * assert.deepEqual(ids, ["order-7"]);
 * ```
 */
export function messageIdOf(
  { message, delivery }: Pick<Context, "message" | "delivery">,
): string | undefined {
  return idOf(message, delivery);
}
