/**
 * The umbrella for use from a checkout: core and the in-memory broker.
 *
 * @module
 */
export * from "@ruststream/core";
export * from "@ruststream/memory";
