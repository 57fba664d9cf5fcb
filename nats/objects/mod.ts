/**
 * Object stores: bodies of any size under names, in streams.
 *
 * @module
 */
export * from "./object_store.ts";
export * from "./object_store_names.ts";
export * from "./store_options.ts";
export * from "./types.ts";
export * from "./watch_objects.ts";
