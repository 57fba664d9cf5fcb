import type { Awaitable } from "./contract/awaitable.ts";
import type { Settlement } from "./contract/delivery.ts";
import type { HeadersInput } from "./contract/headers.ts";
import { givenHeaders } from "./publish/given_headers.ts";

/** What a reply says beside its payload. */
export interface ReplyOptions {
  /** Fields beside the body. By default there are none. */
  readonly headers?: HeadersInput;
  /** Ordering key, where the broker has one. By default there is none. */
  readonly key?: string;
  /** Parameters of the reply's address. By default, and where one is not given, those of the delivery's own address. */
  readonly params?: Readonly<Record<string, string>>;
}

/** A reply on its way: its payload and what goes with it. */
export interface Reply extends ReplyOptions {
  /** The payload, not encoded yet. */
  readonly payload: unknown;
}

/**
 * What a handler returns: how its delivery ends, and maybe work for after it.
 *
 * Made by {@linkcode ack}, {@linkcode retry}, {@linkcode reject} and {@linkcode reply}.
 *
 * @example Work for after the settlement
 * ```ts
 * import assert from "node:assert/strict";
 * import { ack } from "@ruststream/core";
 *
 * const outcome = ack().andAfter(() => console.log("settled"));
 * assert.equal(outcome.settlement.kind, "ack");
 * ```
 */
export class Outcome {
  declare private readonly nominal: true;
  /** How the delivery ends. */
  readonly settlement: Settlement;
  /** What to publish before that, if anything. */
  readonly reply: Reply | undefined;
  /** Work for after the settlement, in order. */
  readonly after: readonly (() => Awaitable<void>)[];
  /** Outcomes of the elements of a batch, where they differ. */
  readonly each: readonly Outcome[] | undefined;

  private constructor(
    settlement: Settlement,
    reply: Reply | undefined,
    after: readonly (() => Awaitable<void>)[],
    each: readonly Outcome[] | undefined,
  ) {
    this.settlement = settlement;
    this.reply = reply;
    this.after = after;
    this.each = each;
  }

  /** Adds work that runs after the settlement, at most once: not when the settlement is refused. A stop waits for it. */
  andAfter(run: () => Awaitable<void>): Outcome {
    return new Outcome(
      this.settlement,
      this.reply,
      [...this.after, run],
      this.each,
    );
  }

  /** The same, each work for after the settlement exchanged: for a middleware that puts something around it. */
  mapAfter(
    change: (run: () => Awaitable<void>) => () => Awaitable<void>,
  ): Outcome {
    const isPlain = this.after.length === 0 && this.each === undefined;
    return isPlain ? this : new Outcome(
      this.settlement,
      this.reply,
      this.after.map(change),
      this.each?.map((one) => one.mapAfter(change)),
    );
  }
}

function make(
  settlement: Settlement,
  reply?: Reply,
  each?: readonly Outcome[],
): Outcome {
  // The constructor is private, so that nobody else makes one: an outcome is known by its class.
  return Reflect.construct(Outcome, [
    Object.freeze(settlement),
    reply,
    none,
    each,
  ]) as Outcome;
}

const none: readonly (() => Awaitable<void>)[] = Object.freeze([]);
const acked: Outcome = make({ kind: "ack" });
const retried: Outcome = make({ kind: "retry" });

/**
 * The delivery was handled. Returning nothing says the same.
 *
 * @example Returned by a handler
 * ```ts
 * import assert from "node:assert/strict";
 * import { ack } from "@ruststream/core";
 *
 * assert.deepEqual(ack().settlement, { kind: "ack" });
 * ```
 */
export function ack(): Outcome {
  return acked;
}

/** Options for {@linkcode retry}. */
export interface RetryOutcomeOptions {
  /** How long to wait, in milliseconds; 0 is at once. By default the retry policy's backoff says. */
  readonly afterMs?: number;
}

/**
 * The delivery comes again, and counts as an attempt.
 *
 * @example After a second
 * ```ts
 * import assert from "node:assert/strict";
 * import { retry } from "@ruststream/core";
 *
 * assert.deepEqual(retry({ afterMs: 1_000 }).settlement, { kind: "retry", afterMs: 1_000 });
 * ```
 *
 * @throws {RangeError} If `afterMs` is negative or not a finite number.
 */
export function retry(options: RetryOutcomeOptions = {}): Outcome {
  const { afterMs } = options;
  if (afterMs === undefined) return retried;
  if (typeof afterMs !== "number" || !(afterMs >= 0 && afterMs < Infinity)) {
    throw new RangeError(
      `Cannot retry after ${
        String(afterMs)
      } ms: expected a finite number of at least 0`,
    );
  }
  return make({ kind: "retry", afterMs });
}

/**
 * The delivery never comes again: it goes to the dead letter channel where one is declared.
 *
 * @example With a reason
 * ```ts
 * import assert from "node:assert/strict";
 * import { reject } from "@ruststream/core";
 *
 * assert.deepEqual(reject("unknown product").settlement, { kind: "reject", reason: "unknown product" });
 * ```
 */
export function reject(reason?: string): Outcome {
  return make(
    reason === undefined ? { kind: "reject" } : { kind: "reject", reason },
  );
}

/**
 * A reply with more to say than its payload. Its headers are checked here.
 *
 * @example A reply with a header
 * ```ts
 * import assert from "node:assert/strict";
 * import { reply } from "@ruststream/core";
 *
 * assert.equal(reply({ id: 1 }, { headers: { "x-trace": "7" } }).settlement.kind, "ack");
 * ```
 *
 * @throws {TypeError} If a header is not lawful, or its name is reserved.
 */
export function reply<T>(payload: T, options: ReplyOptions = {}): Outcome {
  const checked = options.headers === undefined
    ? {}
    : { headers: givenHeaders("reply", options.headers) };
  return make({ kind: "ack" }, { payload, ...options, ...checked });
}

/** The same outcome, its reply published already. */
export function withoutReply(outcome: Outcome): Outcome {
  return outcome.after.reduce(
    (all, work) => all.andAfter(work),
    make(outcome.settlement),
  );
}

/** One outcome for a batch whose elements end apart. */
export function outcomeOfEach(each: readonly Outcome[]): Outcome {
  return make({ kind: "ack" }, undefined, each);
}

/** The same outcome, with the work for after another one too. */
export function alsoAfter(outcome: Outcome, { after }: Outcome): Outcome {
  return after.reduce((all, work) => all.andAfter(work), outcome);
}

/** The same outcome without its work for after. */
export function onlyOutcome(outcome: Outcome): Outcome {
  return outcome.after.length === 0
    ? outcome
    : make(outcome.settlement, outcome.reply, outcome.each);
}
