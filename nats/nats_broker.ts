import process from "node:process";
import {
  type ConnectOptions,
  type Guarantees,
  MessagingError,
  type ServerDescription,
} from "@ruststream/core/contract";
import { connect, connectionOver } from "./_connect.ts";
import { optionsOf } from "./_env.ts";
import { NativeClient } from "./_native_client.ts";
import { leastGuarantees } from "./_guarantees.ts";
import type { NativeConnection } from "./native.ts";
import type { NatsBroker, NatsInProcessOptions } from "./nats_broker_types.ts";
import type { NatsConnection } from "./nats_connection.ts";
import type { NatsBrokerOptions } from "./options.ts";
import { type Settings, settingsOf } from "./_settings.ts";

/** Makes brokers. */
export interface NatsBrokerMaker {
  /**
   * Keeps the settings, and does nothing else.
   *
   * @throws {TypeError} If an option is unknown, or a value is of the wrong kind.
   * @throws {RangeError} If a number is out of range.
   */
  (options?: NatsBrokerOptions): NatsBroker;
  /**
   * Reads the settings of the environment: `NATS_URL`, `NATS_NAME`, `NATS_TOKEN`, `NATS_USER` and `NATS_PASSWORD`, `NATS_NKEY_SEED`, `NATS_JWT`, `NATS_CREDS`, `NATS_CA`, `NATS_CERT`, `NATS_KEY` and `NATS_INBOX_PREFIX`. The last but one before those and `NATS_CREDS` are paths of files.
   *
   * @param options What is to be used rather than what the environment says.
   * @param environment The variables. By default those of the process.
   * @throws {TypeError} If another variable begins with `NATS_`, those of Kubernetes apart, or several kinds of credentials are there.
   */
  fromEnv(
    options?: NatsBrokerOptions,
    environment?: Readonly<Record<string, string | undefined>>,
  ): NatsBroker;
  /** Uses a connection that somebody else made: it is not closed at shutdown. What its socket holds is not known, so publishing does not wait for room. */
  fromConnection(
    nats: NativeConnection,
    options?: Pick<
      NatsBrokerOptions,
      "name" | "publishTimeoutMs" | "jetStream"
    >,
  ): NatsBroker;
}

class SettingsBroker implements NatsBroker {
  readonly name: string;
  readonly guarantees: Guarantees = leastGuarantees;
  readonly #settings: Settings;

  constructor(options: NatsBrokerOptions) {
    this.#settings = settingsOf(options);
    this.name = this.#settings.name;
  }

  describe(): readonly ServerDescription[] {
    return this.#settings.servers.map(({ host, protocol, path }) => ({
      host,
      protocol: protocol === "tls" ? "nats" : protocol,
      ...(path !== "" && { pathname: path }),
    }));
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async connect(options: ConnectOptions = {}): Promise<NatsConnection> {
    options.signal?.throwIfAborted();
    return connect(this.#settings, options);
  }

  inProcess(options?: NatsInProcessOptions): Promise<NatsBroker> {
    return inside(this.#settings, options);
  }
}

class ForeignBroker implements NatsBroker {
  readonly name: string;
  readonly guarantees: Guarantees = leastGuarantees;
  readonly #nats: NativeConnection;
  readonly #settings: Settings;

  constructor(nats: NativeConnection, options: NatsBrokerOptions) {
    this.#settings = settingsOf(options);
    this.name = this.#settings.name;
    this.#nats = nats;
  }

  describe(): readonly ServerDescription[] {
    return [{ host: this.#nats.getServer(), protocol: "nats" }];
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async connect(options: ConnectOptions = {}): Promise<NatsConnection> {
    options.signal?.throwIfAborted();
    if (this.#nats.isClosed()) {
      throw new MessagingError(
        "closed",
        "Cannot use a connection of somebody else: it is closed",
      );
    }
    const client = new NativeClient(this.#nats, false);
    return connectionOver(client, this.#settings, options);
  }

  inProcess(options?: NatsInProcessOptions): Promise<NatsBroker> {
    return inside(this.#settings, options);
  }
}

// Only tests need it: nobody else reads its code.
async function inside(
  settings: Settings,
  options?: NatsInProcessOptions,
): Promise<NatsBroker> {
  const { insideBroker } = await import("./_inside_broker.ts");
  return insideBroker(settings, options);
}

/**
 * Makes a broker of servers that are reached by TCP, TLS or WebSocket. It does no I/O.
 *
 * @example Settings, without a server
 * ```ts
 * import assert from "node:assert/strict";
 * import { natsBroker } from "@ruststream/nats";
 *
 * const broker = natsBroker({ servers: "nats://orders:s3cret@nats.example:4222" });
 * assert.deepEqual(broker.describe(), [{ host: "nats.example:4222", protocol: "nats" }]);
 * ```
 */
export const natsBroker: NatsBrokerMaker = Object.assign(
  (options: NatsBrokerOptions = {}): NatsBroker => new SettingsBroker(options),
  {
    fromEnv: (
      options: NatsBrokerOptions = {},
      environment: Readonly<Record<string, string | undefined>> = process.env,
    ): NatsBroker =>
      new SettingsBroker({ ...optionsOf(environment), ...options }),
    fromConnection: (
      nats: NativeConnection,
      options: Pick<
        NatsBrokerOptions,
        "name" | "publishTimeoutMs" | "jetStream"
      > = {},
    ): NatsBroker => new ForeignBroker(nats, options),
  },
);
