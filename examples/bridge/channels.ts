/**
 * What the shop and the warehouse tell each other, and what the bridge carries.
 *
 * @module
 */
import { bytes, channel } from "@ruststream/core";
import * as z from "zod";

const order = z.object({ id: z.int().positive() });

/** The shop has an order. */
export const placed = channel("events.order.placed", { payload: order });

/** The warehouse has sent it. */
export const shipped = channel("events.order.shipped", { payload: order });

/** All events, as they are: the bridge carries what it does not understand too. */
export const events = bytes("events.{name+}");
