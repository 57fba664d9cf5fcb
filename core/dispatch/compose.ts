import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { Handle, HandlerContext, Middleware } from "../context.ts";
import type { AnyHandler } from "../definition.ts";
import { ack, Outcome, outcomeOfEach, reply } from "../outcome.ts";
import type { Deps } from "../subscriber_types.ts";
import { Deferred } from "./deferred.ts";
import { PendingOutcome, type Reading } from "./pending.ts";
import type { Run } from "./run.ts";

type Running = HandlerContext & { readonly run: Run };

/** What a handler of single deliveries may return. */
export function readOutcome(name: string, replies: boolean): Reading {
  return (returned) => {
    if (returned === undefined && !replies) return ack();
    if (returned instanceof Outcome) return returned;
    if (replies) return reply(returned);
    throw new TypeError(
      `Cannot settle a delivery of "${name}": its handler declares no reply and returned ${
        describe(returned)
      }`,
    );
  };
}

/** What a handler of batches may return; a list is read with the number of elements by the dispatcher. */
export function readBatchOutcome(name: string): Reading {
  return (returned) => {
    if (returned === undefined) return ack();
    if (returned instanceof Outcome) return returned;
    if (Array.isArray(returned)) {
      // Copied, for "every" passes over the holes of a list.
      const each: unknown[] = [...returned];
      if (each.every((one) => one instanceof Outcome)) {
        return outcomeOfEach(each);
      }
    }
    throw new TypeError(
      `Cannot settle a batch of "${name}": expected nothing, an outcome or a list of outcomes, found ${
        describe(returned)
      }`,
    );
  };
}

function describe(value: unknown): string {
  return value === null
    ? "null"
    : Array.isArray(value)
    ? "a list"
    : typeof value === "object"
    ? "an object"
    : typeof value;
}

function innermost(handler: AnyHandler, read: Reading): Handle {
  return (ctx) => {
    const returned = handler(ctx.payload, ctx as never);
    if (returned === undefined) return read(returned);
    // It ends by an outcome, so there is nothing to read.
    if (returned instanceof Deferred) return returned;
    return isPromiseLike(returned)
      ? new PendingOutcome(returned, read)
      : read(returned);
  };
}

async function dispose(made: readonly unknown[]): Promise<void> {
  const errors: unknown[] = [];
  for (const value of [...made].reverse()) {
    const owner = value as Partial<AsyncDisposable & Disposable> | undefined;
    const free = owner?.[Symbol.asyncDispose] ?? owner?.[Symbol.dispose];
    try {
      await free?.call(owner as AsyncDisposable & Disposable);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) {
    throw new AggregateError(errors, "Cannot dispose of several deps");
  }
}

/** Makes the deps of each run around the handler, and disposes of them in reverse when it has ended, whichever way. */
function withDeps(deps: Deps, next: Handle): Handle {
  return async (ctx) => {
    const made: unknown[] = [];
    const values: Record<string, unknown> = {};
    let outcome: Outcome;
    try {
      for (const [name, make] of Object.entries(deps)) {
        const value = await make(ctx);
        made.push(value);
        values[name] = value;
      }
      const derived = Object.create(ctx, {
        deps: { value: Object.freeze(values), enumerable: true },
      });
      outcome = await next(derived);
    } catch (error) {
      await dispose(made).catch((also) => {
        throw new AggregateError(
          [error, also],
          "Cannot handle the delivery, nor dispose of its deps",
        );
      });
      throw error;
    }
    await dispose(made);
    return outcome;
  };
}

/** A middleware may call `next` once a run. Layers are numbered from the outside in, so a second call finds a number not below its own. */
function once(layer: number, next: Handle): Handle {
  return (ctx): Awaitable<Outcome> => {
    const { run } = ctx as Running;
    if (run.layer >= layer) {
      throw new TypeError(
        "Cannot call next: this middleware has called it for this delivery already",
      );
    }
    run.layer = layer;
    return next(ctx);
  };
}

/**
 * Composes a handler and what is around it, once at each start.
 *
 * @param middleware The layers, outermost first.
 */
export function compose(
  handler: AnyHandler,
  read: Reading,
  middleware: readonly Middleware[],
  deps: Deps | undefined,
): Handle {
  let chain = innermost(handler, read);
  if (deps !== undefined && Object.keys(deps).length > 0) {
    chain = withDeps(deps, chain);
  }
  for (let layer = middleware.length; layer > 0; layer--) {
    const wrap = middleware[layer - 1];
    if (wrap === undefined) continue;
    const wrapped: unknown = wrap(once(layer, chain));
    if (typeof wrapped !== "function") {
      throw new TypeError(
        `Cannot compose middleware ${layer}: expected a function from handler to handler, which gave ${typeof wrapped}`,
      );
    }
    chain = wrapped as Handle;
  }
  return chain;
}
