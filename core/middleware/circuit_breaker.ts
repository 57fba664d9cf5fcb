import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { Handle, HandlerContext, Middleware } from "../context.ts";
import { errorText } from "../dispatch/error_text.ts";
import type { Outcome } from "../outcome.ts";
import { checkFunction, checkNumber } from "./_options.ts";
import { PerClock, subscriberOf } from "./_insides.ts";
import { say } from "./_say.ts";
import { waitFor } from "./_wait_for.ts";

/** What a circuit is: all may pass, nobody may, or one tries. */
export type CircuitState = "closed" | "open" | "half-open";

/** Options for {@linkcode circuitBreaker}. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one delivery tries, in milliseconds. */
  readonly openMs: number;
  /** Whether an error counts as a failure; one that does not counts as a success. By default each does. */
  readonly counts?: (error: unknown) => boolean;
  /** Told of each change. What it throws is told to `ctx.log`. By default only `ctx.log` is told. */
  readonly onChange?: (state: CircuitState) => void;
}

/** The circuit on one clock. */
class Circuit {
  readonly options: CircuitBreakerOptions;
  failures = 0;
  /** When one may try, by the clock; undefined while it is closed. */
  tryAt: number | undefined = undefined;
  /** Resolves when the try under way has ended. */
  trial: Promise<void> | undefined = undefined;
  /** Grows with each change: what began before one says nothing after it. */
  period = 0;

  constructor(options: CircuitBreakerOptions) {
    this.options = options;
  }

  get isClosed(): boolean {
    return this.tryAt === undefined;
  }

  /** A run has ended that began in a period. */
  ended(
    ctx: HandlerContext,
    period: number,
    failed?: { readonly error: unknown },
  ): void {
    if (period !== this.period) return;
    if (failed === undefined || !this.#counts(failed.error)) {
      this.failures = 0;
      if (!this.isClosed) this.#close(ctx);
      return;
    }
    this.failures++;
    // They are not counted anew before a success, so a try that fails opens it again.
    if (this.failures >= this.options.failures) this.#open(ctx, failed.error);
  }

  /** A try was asked to stop: whatever the reason, it has not shown that things go well. */
  givenUp(ctx: HandlerContext, period: number, reason: unknown): void {
    if (period !== this.period) return;
    this.failures++;
    this.#open(ctx, reason);
  }

  /** One delivery tries: what it returns ends that. */
  begin(ctx: HandlerContext): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.trial = promise;
    this.period++;
    this.#tell(ctx, "half-open", "info", "one delivery tries");
    return () => {
      // A try that was given up may end while another is under way.
      if (this.trial === promise) this.trial = undefined;
      resolve();
    };
  }

  #counts(error: unknown): boolean {
    try {
      return this.options.counts?.(error) ?? true;
    } catch {
      return true;
    }
  }

  #open(ctx: HandlerContext, error: unknown): void {
    const { openMs } = this.options;
    this.period++;
    this.tryAt = ctx.clock.now() + openMs;
    this.#tell(
      ctx,
      "open",
      "warn",
      `${this.failures} failures in a row, and nothing passes for ${openMs} ms`,
      { error: errorText(error) },
    );
  }

  #close(ctx: HandlerContext): void {
    this.period++;
    this.tryAt = undefined;
    this.#tell(ctx, "closed", "info", "all may pass");
  }

  #tell(
    ctx: HandlerContext,
    state: CircuitState,
    level: "info" | "warn",
    why: string,
    fields: object = {},
  ): void {
    const name = subscriberOf(ctx);
    say(ctx, level, `The circuit of "${name}" is ${state}: ${why}`, fields);
    try {
      this.options.onChange?.(state);
    } catch (error) {
      say(ctx, "error", `Cannot tell that the circuit is ${state}`, {
        error: errorText(error),
      });
    }
  }
}

/**
 * Stops calling what fails: after so many failures in a row nothing passes for a while, then one delivery tries, and when that goes well all pass again.
 *
 * 1. A failure is a throw, a {@linkcode timeout} inside among them. What returns has succeeded, whatever its outcome: `retry()` and `reject()` are answers. A failed delivery goes by its retry policy as ever; deliveries that wait count no attempt.
 * 2. While it is open, deliveries wait in their slots; at most `concurrency` of them, so intake stops by itself and nothing spins. A middleware cannot pause the subscription, so what was read ahead stays with this process, its deadlines extended.
 * 3. Whoever is aborted while it waits – by `timeoutMs`, or at the end of a drain – leaves with the signal's reason and counts as no failure. A stop waits for those that wait as for any handler: `drainMs`.
 * 4. A try whose signal aborts has failed, also where its handler goes on. A handler that never ends and has no time limit keeps the circuit half open: give it one.
 * 5. Runs under way when it opens end as they do, and say nothing of it any more.
 * 6. One call makes one circuit, shared by all subscribers that it is put around, in this process.
 *
 * A batch is one run.
 *
 * @example Five failures in a row, and half a minute of rest
 * ```ts
 * import assert from "node:assert/strict";
 * import { RustStream } from "@ruststream/core";
 * import { circuitBreaker, type CircuitState } from "@ruststream/core/middleware";
 *
 * const changes: CircuitState[] = [];
 * const breaker = circuitBreaker({
 *   failures: 5,
 *   openMs: 30_000,
 *   counts: (error) => !(error instanceof TypeError),
 *   onChange: (state) => changes.push(state),
 * });
 * assert.ok(new RustStream({ title: "shop", version: "1.0.0" }).use(breaker));
 * assert.throws(() => circuitBreaker({ failures: 0, openMs: 1 }), RangeError);
 * ```
 *
 * @throws {RangeError} If `failures` is not a whole number of at least 1, or `openMs` not a finite number above 0.
 * @throws {TypeError} If `counts` or `onChange` is not a function.
 */
export function circuitBreaker(options: CircuitBreakerOptions): Middleware {
  const deed = "break a circuit";
  const { failures, openMs, counts, onChange } = options;
  checkNumber(deed, "failures", failures, { least: 1, whole: true });
  checkNumber(deed, "openMs", openMs, { above: 0 });
  checkFunction(deed, "counts", counts);
  checkFunction(deed, "onChange", onChange);
  const clocks = new PerClock(() => new Circuit(options));
  return (next) => (ctx) => {
    const circuit = clocks.of(ctx);
    return circuit.isClosed
      ? counted(circuit, ctx, next)
      : waiting(circuit, ctx, next);
  };
}

/** Runs the rest of the chain, and counts how it ends. Makes a promise only where that does. */
function counted(
  circuit: Circuit,
  ctx: HandlerContext,
  next: Handle,
): Awaitable<Outcome> {
  const { period } = circuit;
  const failed = (error: unknown): never => {
    circuit.ended(ctx, period, { error });
    throw error;
  };
  try {
    const outcome = next(ctx);
    if (isPromiseLike<Outcome>(outcome)) {
      return outcome.then((value) => {
        circuit.ended(ctx, period);
        return value;
      }, failed);
    }
    circuit.ended(ctx, period);
    return outcome;
  } catch (error) {
    return failed(error);
  }
}

async function waiting(
  circuit: Circuit,
  ctx: HandlerContext,
  next: Handle,
): Promise<Outcome> {
  const { clock, signal } = ctx;
  for (;;) {
    const { tryAt, trial } = circuit;
    if (tryAt === undefined) return await counted(circuit, ctx, next);
    if (trial !== undefined) {
      await waitFor(ctx, trial, circuit.options.openMs);
      continue;
    }
    signal.throwIfAborted();
    const leftMs = tryAt - clock.now();
    if (leftMs <= 0) return await trying(circuit, ctx, next);
    await clock.sleep(leftMs, signal);
  }
}

async function trying(
  circuit: Circuit,
  ctx: HandlerContext,
  next: Handle,
): Promise<Outcome> {
  const end = circuit.begin(ctx);
  const { period } = circuit;
  const forget = onAbort(ctx.signal, (reason) => {
    circuit.givenUp(ctx, period, reason);
    end();
  });
  try {
    return await counted(circuit, ctx, next);
  } finally {
    forget();
    end();
  }
}
