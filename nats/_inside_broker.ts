import {
  type ConnectOptions,
  type Guarantees,
  type ServerDescription,
  systemClock,
} from "@ruststream/core/contract";
import { connectionOver } from "./_connect.ts";
import { leastGuarantees } from "./_guarantees.ts";
import { InsideClient } from "./inside/client.ts";
import { InsideServer } from "./inside/server.ts";
import type { NatsBroker, NatsInProcessOptions } from "./nats_broker_types.ts";
import type { NatsConnection } from "./nats_connection.ts";
import type { Settings } from "./_settings.ts";

/** The broker over a server in this process. All its connections see the same one. */
export class InsideBroker implements NatsBroker {
  readonly name: string;
  readonly guarantees: Guarantees = leastGuarantees;
  readonly #settings: Settings;
  readonly #server: InsideServer;

  constructor(settings: Settings, server: InsideServer) {
    this.name = settings.name;
    this.#settings = settings;
    this.#server = server;
  }

  describe(): readonly ServerDescription[] {
    return [];
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async connect(options: ConnectOptions = {}): Promise<NatsConnection> {
    const { clock = systemClock, signal } = options;
    signal?.throwIfAborted();
    const { noEcho, backoff: { initialMs } } = this.#settings;
    const client = new InsideClient(this.#server, {
      clock,
      noEcho,
      waitMs: initialMs,
    });
    return connectionOver(client, this.#settings, options);
  }

  // deno-lint-ignore require-await -- the contract's shape
  async inProcess(options?: NatsInProcessOptions): Promise<NatsBroker> {
    return insideBroker(this.#settings, options);
  }
}

/** The broker over a fresh server of its own. */
export function insideBroker(
  settings: Settings,
  { serverVersion }: NatsInProcessOptions = {},
): NatsBroker {
  return new InsideBroker(
    settings,
    new InsideServer({ serverVersion, apiPrefix: settings.apiPrefix }),
  );
}
