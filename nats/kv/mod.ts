/**
 * Key-value: buckets of values by keys, which are streams.
 *
 * @module
 */
export * from "./base64_keys.ts";
export { type Bucket, bucket, type BucketChannel } from "./bucket.ts";
export * from "./bucket_names.ts";
export * from "./bucket_options.ts";
export * from "./entry.ts";
export * from "./key_value.ts";
export * from "./key_value_types.ts";
export * from "./status.ts";
export * from "./watch_bucket.ts";
export * from "./watch_options.ts";
