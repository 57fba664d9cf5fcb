/**
 * What the server keeps.
 *
 * @module
 */
import type { StreamOptions } from "@ruststream/nats";

/** Orders that are still to be taken: an ack removes one. */
export const waiting: StreamOptions = {
  name: "PIPELINE_ORDERS",
  subjects: ["shop.orders"],
  retention: "workqueue",
};
/** Parcels, for whoever sends them. */
export const packed: StreamOptions = {
  name: "PIPELINE_PARCELS",
  subjects: ["shop.parcels"],
};
