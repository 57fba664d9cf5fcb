import {
  type AnyChannel,
  type Guarantees,
  MessagingError,
  parseAddress,
  type Source,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import { logged } from "./_guarantees.ts";
import type {
  MemoryConnection,
  MemoryLogStart,
  MemoryLogSubscription,
} from "./memory_connection.ts";

/** Options for {@linkcode log}. */
export interface MemoryLogOptions {
  /**
   * Where to begin, each time it is opened.
   *
   * @default {"start"}
   */
  readonly from?: MemoryLogStart;
}

/**
 * Reads what a memory broker retains of a channel's address, and then what comes; of a pattern, all its addresses in the order published.
 *
 * The broker is to be made with `retain`, else opening rejects with `unsupported`; with a group it does too. The subscription is a queue of its own that is
 * filled from the log: once open it misses nothing, however slow it reads, and holds up publishing when it is full.
 *
 * @example What was published before, and one of it again
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel } from "@ruststream/core";
 * import { log, MemoryBroker } from "@ruststream/memory";
 *
 * await using connection = await new MemoryBroker({ retain: { messages: 100 } }).connect();
 * await connection.publisher.publish({ address: "orders", body: new Uint8Array([1]) });
 * const orders = await log(channel<{ id: number }>("orders")).open(connection);
 * const reader = orders.deliveries.getReader();
 * const first = (await reader.read()).value;
 * await orders.seek(first?.position ?? "start");
 * assert.equal((await reader.read()).value?.id, first?.id);
 * ```
 *
 * @typeParam Ch The channel.
 * @throws {TypeError} If the channel's address is not lawful.
 */
export function log<Ch extends AnyChannel>(
  channel: Ch,
  options: MemoryLogOptions = {},
): Source<MemoryConnection, Ch, MemoryLogSubscription> {
  const { from = "start" } = options;
  const address = parseAddress(channel.address);
  const guarantees: Guarantees = logged;
  return Object.freeze({
    channel,
    guarantees,
    async open(
      connection: MemoryConnection,
      { group, signal }: SubscribeOptions = {},
    ): Promise<MemoryLogSubscription> {
      if (group !== undefined) {
        throw new MessagingError(
          "unsupported",
          `Cannot read the log of "${channel.address}" in group "${group}": each of its readers has its own place`,
        );
      }
      return await connection.readLog(address, {
        from,
        ...(signal !== undefined && { signal }),
      });
    },
  });
}
