/**
 * What `run --feed` must say of the day that `make_orders.ts` makes, whatever the broker.
 *
 * @module
 */
import * as z from "zod";
import { makeOrders } from "./make_orders.ts";

const maxAttempts = 4;

/** What of `run --json` the shop decides, and not the machine. */
export const summary = z.object({
  stoppedBy: z.string(),
  lines: z.record(z.string(), z.number()),
  deliveries: z.record(z.string(), z.number()),
});

const { holds } = makeOrders();

/** How many orders of the day are paid. */
export const paid: number = holds.fine + holds.flaky;

/** How many confirmations there are: who orders again what is paid is told again. */
export const confirmations: number = paid + holds.duplicate;

/** How many are refused. */
export const refusals: number = holds.notAnOrder + holds.unknownProduct +
  holds.outOfStock + holds.exhausted;

/** The summary of the whole day. */
export const wholeDay: z.output<typeof summary> = {
  stoppedBy: "idle",
  lines: {
    read: holds.lines - holds.blank,
    notJson: holds.notJson,
    published: holds.lines - holds.blank - holds.notJson,
    failed: 0,
  },
  deliveries: {
    // Each order, each confirmation and each refusal.
    acked: confirmations + confirmations + refusals,
    retried: holds.silences + holds.exhausted * (maxAttempts - 1),
    rejected: 0,
    deadLettered: refusals,
    returned: 0,
    lost: 0,
    notSettled: 0,
  },
};
