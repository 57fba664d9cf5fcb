import type {
  Awaitable,
  Delivery,
  Subscription,
} from "@ruststream/core/contract";
import { unmet } from "./conformance_error.ts";
import { type Ending, resolved } from "./assertions.ts";

/** What a tap waits by. */
export interface TapBench {
  /** What time it is. */
  readonly clock: { now(): number };
  /** How long it waits. */
  readonly settings: { readonly withinMs: number };
  /** How something ends. Fails where it does not. */
  ends<T>(
    wait: Awaitable<T>,
    what: string,
    withinMs?: number,
  ): Promise<Ending<T>>;
  /** How something ended while nothing should; undefined where nothing did. */
  looked<T>(
    wait: Awaitable<T>,
    quietMs?: number,
  ): Promise<Ending<T> | undefined>;
}

/**
 * A subscription under a reader that never swallows: a read that found nothing is the next one's.
 *
 * @example Nothing, then something
 * ```ts
 * import assert from "node:assert/strict";
 * import { type Check, runConformance } from "@ruststream/conformance";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const check: Check = {
 *   id: "own/quiet",
 *   promise: "Nothing comes before it is published.",
 *   rule: 13,
 *   catches: "drops-in-silence",
 *   async run(bench) {
 *     const tap = await bench.tap();
 *     await tap.nothing("before a publish", 10);
 *     await bench.publish("1");
 *     await tap.next();
 *   },
 * };
 * const { results } = await runConformance({ broker: () => new MemoryBroker(), checks: [check] });
 * assert.equal(results[0]?.status, "passed");
 * ```
 */
export class Tap {
  /** What is read. */
  readonly subscription: Subscription;
  readonly #bench: TapBench;
  #reader: ReadableStreamDefaultReader<Delivery> | undefined;
  #read: Promise<ReadableStreamReadResult<Delivery>> | undefined;

  /** Takes no reader before the first read. */
  constructor(bench: TapBench, subscription: Subscription) {
    this.#bench = bench;
    this.subscription = subscription;
  }

  /** Its reader, taken at the first use. */
  get reader(): ReadableStreamDefaultReader<Delivery> {
    this.#reader ??= this.subscription.deliveries.getReader();
    return this.#reader;
  }

  /** Begins to read, without waiting. */
  ask(): Promise<ReadableStreamReadResult<Delivery>> {
    if (this.#read === undefined) {
      this.#read = this.reader.read();
      this.#read.catch(() => {});
    }
    return this.#read;
  }

  /** The next delivery. Fails where none comes, or the stream ends. */
  async next(what = "the next delivery", withinMs?: number): Promise<Delivery> {
    const ending = await this.#bench.ends(this.ask(), what, withinMs);
    this.#read = undefined;
    const { done, value } = resolved(ending, what);
    if (done) throw unmet(what, "a delivery", "a closed stream");
    return value;
  }

  /** So many deliveries, in the order they came. */
  async take(count: number, what?: string): Promise<readonly Delivery[]> {
    const taken: Delivery[] = [];
    while (taken.length < count) {
      taken.push(
        await this.next(what ?? `delivery ${taken.length + 1} of ${count}`),
      );
    }
    return taken;
  }

  /** Fails where anything comes. A stream that has ended brings nothing either. */
  async nothing(what: string, quietMs?: number): Promise<void> {
    this.#quiet(what, await this.#bench.looked(this.ask(), quietMs));
  }

  /** Fails where anything comes before this time of the clock, in milliseconds since the epoch. What was only noticed after it may have come after it. */
  async nothingBefore(what: string, timeMs: number): Promise<void> {
    const { clock } = this.#bench;
    const leftMs = Math.max(0, timeMs - clock.now());
    const ending = await this.#bench.looked(this.ask(), leftMs);
    if (clock.now() <= timeMs) this.#quiet(what, ending);
  }

  #quiet(
    what: string,
    ending: Ending<ReadableStreamReadResult<Delivery>> | undefined,
  ): void {
    if (ending === undefined) return;
    if (ending.kind === "resolved" && ending.value.done) return;
    throw unmet(
      what,
      "nothing",
      ending.kind === "resolved"
        ? `a delivery of "${ending.value.value?.message.address}" with ${ending.value.value?.message.body.length} bytes, attempt ${ending.value.value?.attempt}`
        : ending.reason,
    );
  }

  /** Fails unless the stream has nothing more and closes. */
  async closes(what: string): Promise<void> {
    const ending = await this.#bench.ends(this.ask(), what);
    this.#read = undefined;
    const { done, value } = resolved(ending, what);
    if (!done) {
      throw unmet(
        what,
        "a closed stream",
        `a delivery with ${value.message.body.length} bytes`,
      );
    }
  }

  /** All that comes until it is quiet or the stream ends. So many are due: on a machine that is busy they are waited for longer, though never until what was given back by a deadline comes. */
  async rest(due: number = 0): Promise<readonly Delivery[]> {
    const { settleDeadlineMs = Infinity } = this.subscription.guarantees;
    const { withinMs } = this.#bench.settings;
    const dueMs = Math.min(withinMs, settleDeadlineMs / 2);
    const all: Delivery[] = [];
    for (;;) {
      const ending = await this.#bench.looked(
        this.ask(),
        all.length < due ? dueMs : undefined,
      );
      if (ending === undefined) return all;
      this.#read = undefined;
      const { done, value } = resolved(ending, "reading what comes");
      if (done) return all;
      all.push(value);
    }
  }
}
