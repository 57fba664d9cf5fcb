/**
 * x
 * @module
 */
export {};
