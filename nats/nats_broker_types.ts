import type { Broker, ServerDescription } from "@ruststream/core/contract";
import type { NatsConnection } from "./nats_connection.ts";

/** NATS servers, and how to connect to them. */
export interface NatsBroker extends Broker<NatsConnection> {
  /** Its servers, by host and port: no credentials, and nothing of a path. */
  describe(): readonly ServerDescription[];
  /**
   * The same broker over a server inside this process, for tests: a fresh one, which nobody else sees. Its time is the clock of whoever connects.
   *
   * @throws {RangeError} If there is no such version of a server.
   */
  inProcess(options?: NatsInProcessOptions): Promise<NatsBroker>;
}

/** Options for {@linkcode NatsBroker.inProcess}. */
export interface NatsInProcessOptions {
  /**
   * Which version the server is, from "2.9.0" on: it refuses, and silently drops, what that one does.
   *
   * @default {"2.15.1"}
   */
  readonly serverVersion?: string;
}
