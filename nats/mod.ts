/**
 * Will hold NATS as a broker. It exports nothing yet.
 *
 * @module
 */
export {};
