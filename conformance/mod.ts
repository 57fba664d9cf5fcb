/**
 * Will hold the conformance suite for broker authors. It exports nothing yet; `@ruststream/conformance/runner` is there.
 *
 * @module
 */
export {};
