import { isPromiseLike } from "../contract/awaitable.ts";
import type { Clock } from "../contract/clock.ts";
import { isMessagingError } from "../contract/errors.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { Publisher } from "../contract/publisher.ts";
import { counted } from "./counted.ts";
import { errorLine } from "./failure.ts";
import { kindOf, type Line, LineSplitter } from "./lines.ts";
import type { FeedPlan } from "./run_options.ts";
import { Window } from "./window.ts";
import type { Input } from "./world.ts";

/** Publishes of one feed under way. */
const mostInFlight = 256;
/** A longer line is not kept; every broker's limit is below it. */
const maxLineBytes = 64 * 1024 * 1024;
/** Lines that are named; more are only counted. */
const mostNamed = 10;
/** How long a stop waits for publishes under way. */
const graceMs = 250;
/** Between two tries to publish what a broker has no room for. */
const overloadedMs = 50;

/** What a feed needs of the service that it feeds. */
export interface FeedOptions {
  readonly clock: Clock;
  readonly publisher: Publisher;
  /** Ends the feed when aborted. */
  readonly signal: AbortSignal;
  /** Says one line. */
  readonly say: (line: string) => void;
  /**
   * What is done with a line, for what is said of it.
   *
   * @default {"publish"}
   */
  readonly verb?: string;
  /**
   * Whether a line is taken as it is, JSON or not.
   *
   * @default {false}
   */
  readonly asItIs?: boolean;
}

/** What became of the lines of one feed: read is the sum of the other three. */
export interface LineCounts {
  /** Lines with something on them. */
  read: number;
  notJson: number;
  published: number;
  failed: number;
}

/** One file that is published line by line, in order. */
export class Feed {
  readonly plan: FeedPlan;
  readonly counts: LineCounts = {
    read: 0,
    notJson: 0,
    published: 0,
    failed: 0,
  };
  /** Whether the file was read to its end. */
  ended = false;
  /** Why it was not, where reading failed. */
  failure: Error | undefined = undefined;
  readonly #input: Input;
  readonly #window = new Window();
  readonly #giveUp = new AbortController();
  /** Lines that the broker had no room for. */
  #refused: { readonly number: number; readonly body: Uint8Array }[] = [];
  #mostInFlight = mostInFlight;
  #named = 0;
  #givenUp = 0;

  constructor(plan: FeedPlan, input: Input) {
    this.plan = plan;
    this.#input = input;
  }

  /** Publishes until the file ends, reading fails, or the signal is aborted; then lets go of it. Never rejects. */
  async run(options: FeedOptions): Promise<void> {
    const { signal, clock } = options;
    let cancel = (): void => {};
    const forget = onAbort(signal, () => {
      cancel = clock.after(graceMs, () => this.#abandon(signal.reason));
    });
    try {
      await this.#readAll(options);
      await this.#flush(options);
    } catch (error) {
      this.failure = new TypeError(
        `Cannot read "${this.plan.file}": ${errorLine(error)}`,
      );
      options.say(this.failure.message);
      await this.#window.until(0);
    } finally {
      forget();
      cancel();
      this.#countGivenUp(options);
      // A read of a pipe that nobody writes to does not end, so nobody waits for it.
      this.#input.close().catch(() => {});
    }
  }

  /** Lets go of a file that is not to be read. Never rejects: why it is not says more. */
  async close(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  async #readAll(options: FeedOptions): Promise<void> {
    const { signal } = options;
    const splitter = new LineSplitter(maxLineBytes);
    const { promise: stopped, resolve } = Promise.withResolvers<"stopped">();
    const forget = onAbort(signal, () => resolve("stopped"));
    try {
      while (!signal.aborted) {
        const chunk = await Promise.race([this.#input.read(), stopped]);
        if (chunk === "stopped") return;
        const lines = chunk === undefined
          ? splitter.end()
          : splitter.push(chunk);
        for (const line of lines) {
          if (signal.aborted) return;
          const busy = this.#take(line, options);
          if (busy) await this.#room(options);
        }
        if (chunk !== undefined) continue;
        this.ended = true;
        return;
      }
    } finally {
      forget();
    }
  }

  /** Publishes a line; true where the next must wait. */
  #take({ number, bytes }: Line, options: FeedOptions): boolean {
    const kind = bytes === undefined
      ? "other"
      : options.asItIs
      ? bytes.length === 0 ? "blank" : "json"
      : kindOf(bytes);
    if (kind === "blank") return false;
    this.counts.read++;
    if (bytes === undefined) {
      this.#failed(number, `it is longer than ${maxLineBytes} bytes`, options);
    } else if (kind === "other") {
      this.counts.notJson++;
      this.#name(number, "it is not JSON", options);
    } else {
      this.#publish(number, bytes, options);
    }
    return this.#refused.length > 0 || this.#window.size >= this.#mostInFlight;
  }

  #publish(number: number, body: Uint8Array, options: FeedOptions): void {
    const { address } = this.plan;
    const settled = (error: unknown): void => {
      if (this.#window.givenUp) return;
      if (!isMessagingError(error, "overloaded")) {
        return this.#failed(number, errorLine(error), options);
      }
      this.#mostInFlight = 1;
      this.#refused.push({ number, body });
    };
    try {
      const sent = options.publisher.publish({ address, body }, {
        signal: this.#giveUp.signal,
      });
      if (!isPromiseLike<unknown>(sent)) {
        this.counts.published++;
        return;
      }
      this.#window.add(
        number,
        Promise.resolve(sent).then(() => {
          if (!this.#window.givenUp) this.counts.published++;
        }, settled),
      );
    } catch (error) {
      settled(error);
    }
  }

  async #room(options: FeedOptions): Promise<void> {
    await this.#window.until(this.#mostInFlight - 1);
    if (this.#refused.length > 0) await this.#again(options);
  }

  /** Publishes once more what the broker had no room for, in order, one at a time, before anything else. */
  async #again(options: FeedOptions): Promise<void> {
    const { clock, signal } = options;
    await this.#window.until(0);
    const refused = this.#refused.sort((a, b) => a.number - b.number);
    this.#refused = [];
    for (const [index, { number, body }] of refused.entries()) {
      for (;;) {
        if (this.#window.givenUp || signal.aborted) {
          this.#refused = refused.slice(index);
          return;
        }
        this.#publish(number, body, options);
        await this.#window.until(0);
        if (this.#refused.length === 0) break;
        this.#refused = [];
        await clock.sleep(overloadedMs, signal).catch(() => {});
      }
    }
  }

  /** Waits for what is under way. */
  async #flush(options: FeedOptions): Promise<void> {
    await this.#window.until(0);
    while (this.#refused.length > 0 && !options.signal.aborted) {
      await this.#again(options);
    }
  }

  #abandon(reason: unknown): void {
    this.#giveUp.abort(reason);
    this.#givenUp = this.#window.giveUp();
  }

  #countGivenUp({ say, verb = "publish" }: FeedOptions): void {
    const count = this.#givenUp + this.#refused.length;
    this.counts.failed += count;
    if (count === 0) return;
    say(
      `Cannot ${verb} ${
        counted(count, "more line")
      } of "${this.plan.file}": it was stopped before there was room`,
    );
  }

  #failed(number: number, why: string, options: FeedOptions): void {
    this.counts.failed++;
    this.#name(number, why, options);
  }

  #name(
    number: number,
    why: string,
    { say, verb = "publish" }: FeedOptions,
  ): void {
    const { file } = this.plan;
    this.#named++;
    if (this.#named > mostNamed + 1) return;
    say(
      this.#named <= mostNamed
        ? `Cannot ${verb} line ${number} of "${file}": ${why}`
        : `Cannot ${verb} more lines of "${file}": ${mostNamed} are named, the rest is only counted`,
    );
  }
}
