/**
 * Will hold metrics and traces. It exports nothing yet.
 *
 * @module
 */
export {};
