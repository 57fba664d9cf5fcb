/**
 * What the workers and the producer agree on: the orders of each shop, the stream that keeps them, and how it is divided.
 *
 * @module
 */
import { channel, type } from "@ruststream/core";
import { partitionTransform, type StreamOptions } from "@ruststream/nats";
import process from "node:process";

/** The order of a shop with this number. */
export interface Order {
  readonly number: number;
}

/** Shops place orders here, one after another. */
export const orders = channel("orders.{shop}", { payload: type<Order>() });

/** Orders of one shop are in one partition, so they are handled one after another. */
export const partitions = {
  count: 16,
  token: "shop",
  failoverMs: 1_500,
} as const;

/** The stream: declared alike by who publishes to it and who reads it. */
export const stream: StreamOptions = {
  name: "ORDERS",
  subjects: ["orders.*"],
  subjectTransform: partitionTransform(orders, partitions),
  // Three in a cluster: one node may be gone, and nothing is.
  replicas: Number(process.env.SCALE_OUT_REPLICAS ?? 1),
};

/** What else connects to `NATS_URL`. Behind a proxy, what the cluster tells of its addresses helps nobody. */
export const connecting = {
  discover: process.env.SCALE_OUT_DISCOVER !== "off",
  backoff: { initialMs: 50, maxMs: 1_000 },
} as const;
