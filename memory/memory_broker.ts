import {
  type Broker,
  type ConnectOptions,
  type Guarantees,
  type ServerDescription,
  systemClock,
} from "@ruststream/core/contract";
import { Bus } from "./_bus.ts";
import { BusConnection } from "./_connection.ts";
import { least } from "./_guarantees.ts";
import type { MemoryConnection } from "./memory_connection.ts";
import { Session } from "./_session.ts";
import {
  type MemoryBrokerOptions,
  type MemoryRetainOptions,
  settingsOf,
} from "./_settings.ts";

export type { MemoryBrokerOptions, MemoryRetainOptions };

/**
 * A broker inside this process: for tests, for one service alone, and the reference for all others.
 *
 * The messages belong to the broker object: all its connections see the same ones, and what its groups have not settled stays as long as it is
 * referenced, through any shutdown. Two broker objects share nothing.
 *
 * @example A message from one connection to another
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAddress } from "@ruststream/core/contract";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const broker = new MemoryBroker();
 * await using reading = await broker.connect();
 * await using writing = await broker.connect();
 * const orders = await reading.subscribe(parseAddress("orders.{id}"));
 * await writing.publisher.publish({ address: "orders.7", body: new Uint8Array([1]) });
 * const { value: delivery } = await orders.deliveries.getReader().read();
 * assert.equal(delivery?.message.address, "orders.7");
 * await delivery?.settle({ kind: "ack" });
 * ```
 */
export class MemoryBroker implements Broker<MemoryConnection> {
  /** Tells brokers of one application apart. */
  readonly name: string;
  /** What an ungrouped subscription promises. One of a group promises redelivery until settled, after a deadline. */
  readonly guarantees: Guarantees = least;
  readonly #bus: Bus;

  /**
   * Keeps the settings, and does nothing else.
   *
   * @throws {TypeError} If an option is unknown, or a value is of the wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: MemoryBrokerOptions = {}) {
    const settings = settingsOf(options);
    this.name = settings.name;
    this.#bus = new Bus(settings);
  }

  /** Its servers: it has none. */
  describe(): readonly ServerDescription[] {
    return [];
  }

  /** Makes another connection to the same messages. It has nothing to wait for, and fails only where the signal is aborted already. */
  // deno-lint-ignore require-await -- what is thrown must reject
  async connect(options: ConnectOptions = {}): Promise<MemoryConnection> {
    const { signal, clock = systemClock, report = () => {} } = options;
    signal?.throwIfAborted();
    const session = new Session(clock, report);
    // First: if that throws, nothing is open.
    report({ kind: "connected" });
    return new BusConnection(this.#bus, session);
  }

  /** A fresh broker with the same options: nothing that was published to this one is in it. */
  // deno-lint-ignore require-await -- the contract's shape
  async inProcess(): Promise<MemoryBroker> {
    return new MemoryBroker(this.#bus.settings);
  }
}
