/**
 * Will hold codecs beside JSON. It exports nothing yet.
 *
 * @module
 */
export {};
