import { confirmed, refused } from "./channels.ts";
import { batchSubscriber, subscriber } from "./shop.ts";

/** Adds up what was paid, many confirmations at a time. */
export const addTakings = batchSubscriber(
  confirmed,
  { name: "add-takings", max: 100, waitMs: 20 },
  (batch, { state }) => {
    for (const { payload, headers } of batch) {
      state.dayBook.add(payload, headers["confirmed-at"]);
    }
  },
);

/** Counts what was refused, and says the first of each kind. */
export const countRefusals = subscriber(
  refused,
  { name: "count-refusals" },
  (_body, { address, headers, log, state }) => {
    const kind = headers.get("ruststream-dead-letter-reason") ?? "unknown";
    if (!state.dayBook.refuse(kind)) return;
    const error = headers.get("ruststream-dead-letter-error") ??
      "no more known";
    log.info(`first of its kind at ${address}: ${kind}, ${error}`);
  },
);
