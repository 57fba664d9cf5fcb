/**
 * Will hold AsyncAPI documents. It exports nothing yet.
 *
 * @module
 */
export {};
