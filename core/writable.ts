import type { AnyChannel, InputOf } from "./contract/channel.ts";
import type { Connection } from "./contract/broker.ts";
import { parseAddress } from "./contract/address.ts";
import { publisherOf } from "./publisher.ts";

const maxConfirms = 256;

/**
 * Payloads of one channel as a WritableStream.
 *
 * `ready` waits for confirmations in flight (at most 256), `close` waits for the last one, and a publish that fails errors the stream with its cause.
 *
 * @example Closing waits for what was written
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, writable } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * await using connection = await new MemoryBroker().connect();
 * const writer = writable(connection, channel<{ id: number }>("orders")).getWriter();
 * await writer.write({ id: 1 });
 * await writer.close();
 * assert.equal(connection.state, "connected");
 * ```
 *
 * @throws {TypeError} If the channel's address has parameters: a stream has one address.
 */
export function writable<Ch extends AnyChannel>(
  connection: Pick<Connection, "publisher">,
  channel: Ch,
): WritableStream<InputOf<Ch>> {
  if (parseAddress(channel.address).tokens.some((t) => t.kind !== "literal")) {
    throw new TypeError(
      `Cannot write to channel "${channel.address}" as a stream: its address has parameters`,
    );
  }
  const typed = publisherOf(connection.publisher, channel);
  const inFlight = new Set<Promise<unknown>>();
  const stop = new AbortController();
  let failed: { readonly cause: unknown } | undefined;
  return new WritableStream<InputOf<Ch>>({
    async write(payload, controller) {
      const sent: Promise<unknown> = typed.publish(payload, {
        signal: stop.signal,
      }).then(
        () => inFlight.delete(sent),
        (cause) => {
          inFlight.delete(sent);
          failed ??= { cause };
          controller.error(cause);
        },
      );
      inFlight.add(sent);
      if (inFlight.size >= maxConfirms) await Promise.race(inFlight);
    },
    async close() {
      await Promise.all(inFlight);
      if (failed !== undefined) throw failed.cause;
    },
    async abort(reason) {
      stop.abort(reason);
      await Promise.all(inFlight);
    },
  });
}
