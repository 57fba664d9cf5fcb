/**
 * The bridge itself: what is published on one broker is published on the other, once.
 *
 * @module
 */
import { out, subscriber } from "@ruststream/core";
import { events } from "./channels.ts";

/** Says where a message crossed the bridge. One that has it came from the other side, and does not go back. */
export const mark = "bridged-from";

function forward(from: string) {
  return subscriber(
    events,
    {
      name: `forward-${from}`,
      // Under the headers of the message, key by key.
      out: { there: out(events, { headers: { [mark]: from } }) },
      // While the other side is away later events wait, and overtake nothing.
      retry: { order: "keep" },
    },
    async (body, { headers, params, message: { key }, out }) => {
      if (headers.has(mark)) return;
      await out.there.publish(body, {
        params,
        headers,
        ...(key === undefined ? {} : { key }),
      });
    },
  );
}

/** What the shop says, to be published at the warehouse. */
export const fromShop = forward("shop");

/** What the warehouse says, to be published at the shop. */
export const fromWarehouse = forward("warehouse");
