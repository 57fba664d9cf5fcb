/**
 * JetStream: streams, the consumers that read them, and publishing to them.
 *
 * @module
 */
export * from "./consumer_options.ts";
export * from "./delivery.ts";
export * from "./jet_stream.ts";
export * from "./ordered.ts";
export {
  type PartitionOptions,
  type Partitions,
  partitionTransform,
} from "./partitions.ts";
export * from "./publisher.ts";
export * from "./sink.ts";
export * from "./stream_options.ts";
export * from "./subscription.ts";
