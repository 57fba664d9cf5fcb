/**
 * What the servers of this example have in common.
 *
 * @module
 */

/** A server that listens on this machine only. */
export interface Served {
  /** Its port: the system's choice where 0 was asked for. */
  readonly port: number;
  /** Takes no more, and resolves when what is under way is answered. */
  close(): Promise<unknown>;
}
