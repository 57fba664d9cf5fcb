import { attempt } from "./attempt.ts";
import { parseAddress } from "./contract/address.ts";
import { isPromiseLike } from "./contract/awaitable.ts";
import type { Connection } from "./contract/broker.ts";
import type { AnyChannel, InputOf } from "./contract/channel.ts";
import type { Message } from "./contract/message.ts";
import { codecOf, encodeMessage } from "./encode.ts";

const maxConfirms = 256;

/**
 * Payloads of one channel as a WritableStream.
 *
 * `ready` waits for confirmations in flight (at most 256), `close` waits for the last one, and a publish that fails errors the stream with its cause. An abort reaches the publishes under way.
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
  const pattern = parseAddress(channel.address);
  if (pattern.tokens.some((t) => t.kind !== "literal")) {
    throw new TypeError(
      `Cannot write to channel "${channel.address}" as a stream: its address has parameters`,
    );
  }
  const codec = codecOf(channel, undefined);
  const raw = connection.publisher;
  let inFlight = 0;
  let ended = (): void => {};
  // One waits at a time: a stream writes, closes or aborts, never two of them at once.
  const fewerThan = async (count: number): Promise<void> => {
    while (inFlight >= count) {
      await new Promise<void>((resolve) => {
        ended = resolve;
      });
    }
  };
  let failed: { readonly cause: unknown } | undefined;
  return new WritableStream<InputOf<Ch>>({
    async write(payload, controller) {
      // Encoded in turn, so that payloads which wait for their codec go out in the order written.
      const encoded = encodeMessage(channel, pattern, codec, payload, {});
      const message = isPromiseLike<Message>(encoded) ? await encoded : encoded;
      // The stream's own signal: it aborts at once, where `abort` below is called after the write under way.
      const { signal } = controller;
      inFlight++;
      void attempt(() => raw.publish(message, { signal }))
        .catch((cause) => {
          failed ??= { cause };
          controller.error(cause);
        })
        .then(() => {
          inFlight--;
          ended();
        });
      await fewerThan(maxConfirms);
    },
    async close() {
      await fewerThan(1);
      if (failed !== undefined) throw failed.cause;
    },
    abort: () => fewerThan(1),
  });
}
