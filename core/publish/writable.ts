import { attempt } from "../attempt.ts";
import { parseAddress } from "../contract/address.ts";
import { isPromiseLike } from "../contract/awaitable.ts";
import type { Connection } from "../contract/broker.ts";
import type { AnyChannel, InputOf } from "../contract/channel.ts";
import type { Message } from "../contract/message.ts";
import { untilAborted } from "../contract/until_aborted.ts";
import { checkChannel, checkKnown, wholeNumber } from "../check_settings.ts";
import { preparing } from "./prepare.ts";
import { namingOf } from "./publisher.ts";
import type { PublisherOptions } from "./publish_types.ts";

/** Options for {@linkcode writable}. */
export interface WritableOptions<Ch extends AnyChannel>
  extends Omit<PublisherOptions, "clock"> {
  /**
   * Publishes that may wait for their confirmation at once; a write waits for room.
   *
   * @default {256}
   */
  readonly maxConfirms?: number;
  /** Told once of what was written and not confirmed, in the order written, when the stream was aborted or errored and nothing is under way any more. Those may have gone out. What it throws rejects the abort; without one it is nobody's, and so unhandled. By default nobody is told. */
  readonly onUnconfirmed?: (payloads: readonly InputOf<Ch>[]) => void;
}

const known = [
  "codec",
  "headers",
  "validate",
  "messageIds",
  "maxConfirms",
  "onUnconfirmed",
];

/** Publishes under way: bounded, waited for, and remembered where they fail. */
class Confirms<T> {
  readonly #max: number;
  readonly #tell: ((payloads: readonly T[]) => void) | undefined;
  readonly #unconfirmed = new Map<number, T>();
  #written = 0;
  #inFlight = 0;
  #isOver = false;
  #isAborted = false;
  #ended = (): void => {};

  constructor(
    max: number,
    tell: ((payloads: readonly T[]) => void) | undefined,
  ) {
    this.#max = max;
    this.#tell = tell;
  }

  /** One is written: in flight from here on. */
  begin(): number {
    this.#inFlight++;
    return this.#written++;
  }

  /** It was published; `failed` is called if it is not confirmed. */
  sent(
    index: number,
    payload: T,
    publish: Promise<unknown>,
    failed: (cause: unknown) => void,
  ): void {
    void publish.then(() => this.#end(), (cause) => {
      failed(cause);
      this.missed(index, payload);
    });
  }

  /** It never went out, or is not confirmed: nothing more is written. */
  missed(index: number, payload: T): void {
    this.#unconfirmed.set(index, payload);
    this.#isOver = true;
    this.#end();
  }

  /** Waits for what is under way, and tells then: what the listener throws is for whoever aborted. */
  async abort(): Promise<void> {
    this.#isAborted = true;
    await this.all();
    this.#isAborted = false;
    this.#isOver = true;
    this.#look();
  }

  room(): Promise<void> {
    return this.#fewerThan(this.#max);
  }

  all(): Promise<void> {
    return this.#fewerThan(1);
  }

  // One waits at a time: a stream writes, closes or aborts, never two of them at once.
  async #fewerThan(count: number): Promise<void> {
    while (this.#inFlight >= count) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve;
      });
    }
  }

  #end(): void {
    this.#inFlight--;
    // First: whoever is told may throw.
    this.#ended();
    this.#look();
  }

  #look(): void {
    if (!this.#isOver || this.#isAborted || this.#inFlight > 0) return;
    if (this.#unconfirmed.size === 0) return;
    const sorted = [...this.#unconfirmed].sort(([a], [b]) => a - b);
    this.#unconfirmed.clear();
    this.#tell?.(sorted.map(([, payload]) => payload));
  }
}

/**
 * Payloads of one channel as a WritableStream.
 *
 * `ready` waits for room among the confirmations in flight, `close` waits for the last one, and a publish that fails errors the stream with its cause. An abort reaches the publishes under way, and resolves when they have ended.
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
 * @throws {TypeError} If the channel is none, or its address has parameters: a stream has one address. If an option is unknown, or a header is not lawful, or its name is reserved or `message-id`.
 * @throws {RangeError} If `maxConfirms` is not a whole number of at least 1.
 */
export function writable<Ch extends AnyChannel>(
  connection: Pick<Connection, "publisher">,
  channel: Ch,
  options: WritableOptions<Ch> = {},
): WritableStream<InputOf<Ch>> {
  checkChannel("make a stream", channel);
  const where = `the stream to "${channel.address}"`;
  const { maxConfirms = 256, onUnconfirmed, ...rest } = options;
  checkKnown(where, options, known);
  wholeNumber(where, "maxConfirms", maxConfirms, 1);
  const { tokens } = parseAddress(channel.address);
  if (tokens.some((token) => token.kind !== "literal")) {
    throw new TypeError(
      `Cannot write to channel "${channel.address}" as a stream: its address has parameters`,
    );
  }
  const prepare = preparing(channel, { ...rest, naming: namingOf(rest) });
  const raw = connection.publisher;
  const confirms = new Confirms<InputOf<Ch>>(maxConfirms, onUnconfirmed);
  let failed: { readonly cause: unknown } | undefined;
  return new WritableStream<InputOf<Ch>>({
    async write(payload, controller) {
      // Encoded in turn, so that payloads which wait for their codec go out in the order written.
      // The stream's own signal: it aborts at once, where `abort` below is called after the write under way.
      const { signal } = controller;
      const index = confirms.begin();
      let message: Message;
      try {
        const encoded = prepare(payload, { signal });
        message = isPromiseLike<Message>(encoded)
          ? await untilAborted(() => encoded, signal)
          : encoded;
      } catch (cause) {
        confirms.missed(index, payload);
        throw cause;
      }
      confirms.sent(
        index,
        payload,
        attempt(() => raw.publish(message, { signal })),
        (cause) => {
          failed ??= { cause };
          controller.error(cause);
        },
      );
      await confirms.room();
    },
    async close() {
      await confirms.all();
      if (failed !== undefined) throw failed.cause;
    },
    abort: () => confirms.abort(),
  });
}
