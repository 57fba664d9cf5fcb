import { isPromiseLike } from "../contract/awaitable.ts";
import type { HandlerContext, Middleware } from "../context.ts";
import { errorText } from "../dispatch/error_text.ts";
import { foundText } from "../check_settings.ts";
import type { Logger } from "../log.ts";
import { Outcome } from "../outcome.ts";
import { countOf, isBatch, subscriberOf } from "./_insides.ts";
import { say } from "./_say.ts";

/** Options for {@linkcode logging}. */
export interface LoggingOptions {
  /**
   * The level of what was acked, or replied to.
   *
   * @default {"info"}
   */
  readonly level?: keyof Logger;
  /**
   * The level of what is retried or rejected, and of what a handler threw.
   *
   * @default {"warn"}
   */
  readonly failureLevel?: keyof Logger;
  /**
   * Whether the payload stands in the line, as the object that the handler got. Payloads are mostly about people: ask twice.
   *
   * @default {false}
   */
  readonly payload?: boolean;
}

const levels: ReadonlySet<unknown> = new Set([
  "debug",
  "info",
  "warn",
  "error",
]);

/**
 * Says one line for each run of a handler to `ctx.log`, when it has ended: the subscriber, the address, the attempt, the outcome and the milliseconds it took. Of a batch it says how many elements it had, not their addresses and attempts.
 *
 * 1. The outcome is `ack`, `reply`, `retry`, `reject` or `throw`; of a batch also how many of each, where its elements end apart. It is what the handler said: what the broker makes of it is for observers.
 * 2. Bodies, headers and payloads are not in it, unless `payload` asks for it. Texts of errors and reasons are.
 * 3. A logger that throws changes nothing.
 *
 * The time is that of everything inside it, waits of other middleware included. The default logger of an application writes them to standard error, all but `debug`.
 *
 * @example One line for one order
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, consoleLogger, RustStream, subscriber } from "@ruststream/core";
 * import { logging } from "@ruststream/core/middleware";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const lines: string[] = [];
 * const logger = { ...consoleLogger, info: (message: string) => void lines.push(message) };
 * const orders = channel<{ id: number }>("orders");
 * const running = await new RustStream({ title: "shop", version: "1.0.0", logger })
 *   .use(logging())
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, () => {})))
 *   .start();
 * await running.publisher.publish(orders, { id: 7 });
 * await running.stop();
 * assert.deepEqual(lines, ['Handled a delivery of "orders": ack']);
 * ```
 *
 * @throws {TypeError} If a level is not one of a logger.
 */
export function logging(
  { level = "info", failureLevel = "warn", payload = false }: LoggingOptions =
    {},
): Middleware {
  for (const [name, value] of Object.entries({ level, failureLevel })) {
    if (levels.has(value)) continue;
    throw new TypeError(
      `Cannot log handled messages: ${name} must be "debug", "info", "warn" or "error", found ${
        foundText(value)
      }`,
    );
  }
  return (next) => (ctx) => {
    const from = ctx.clock.now();
    const tell = (end: End): void => {
      const { isGood, outcome, fields } = end;
      say(
        ctx,
        isGood ? level : failureLevel,
        `Handled a delivery of "${subscriberOf(ctx)}": ${outcome}`,
        {
          ...about(ctx),
          outcome,
          ms: ctx.clock.now() - from,
          ...fields,
          ...(payload ? { payload: ctx.payload } : {}),
        },
      );
    };
    const failed = (error: unknown): never => {
      tell(thrown(error));
      throw error;
    };
    try {
      const outcome = next(ctx);
      if (isPromiseLike<Outcome>(outcome)) {
        return outcome.then((value) => {
          tell(returned(value));
          return value;
        }, failed);
      }
      tell(returned(outcome));
      return outcome;
    } catch (error) {
      return failed(error);
    }
  };
}

/** How a run ended, in words. */
interface End {
  readonly isGood: boolean;
  readonly outcome: string;
  readonly fields: object;
}

/** What is said of the delivery, or of a batch, whose elements may differ in the rest. */
function about(ctx: HandlerContext): object {
  const subscriber = subscriberOf(ctx);
  if (isBatch(ctx)) return { subscriber, count: countOf(ctx) };
  const { address, attempt } = ctx;
  return { subscriber, address, attempt };
}

function thrown(error: unknown): End {
  return {
    isGood: false,
    outcome: "throw",
    fields: { error: errorText(error) },
  };
}

function returned(outcome: Outcome): End {
  // The runtime takes it for a throw.
  if (!(outcome instanceof Outcome)) {
    return thrown(new TypeError(`Cannot use ${typeof outcome} for an outcome`));
  }
  const words = (outcome.each ?? [outcome]).map(word);
  const kinds = [...new Set(words)];
  const [only = "ack"] = kinds;
  const { settlement } = outcome;
  const isGood = kinds.every((kind) => kind === "ack" || kind === "reply");
  if (kinds.length > 1) {
    const outcomes = Object.fromEntries(
      kinds.map((
        kind,
      ) => [kind, words.filter((other) => other === kind).length]),
    );
    return { isGood, outcome: kinds.join(", "), fields: { outcomes } };
  }
  const reason = settlement.kind === "reject" ? settlement.reason : undefined;
  return {
    isGood,
    outcome: only,
    fields: reason === undefined ? {} : { reason },
  };
}

function word({ settlement: { kind }, reply }: Outcome): string {
  return kind === "ack" && reply !== undefined ? "reply" : kind;
}
