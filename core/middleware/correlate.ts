import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { headers } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import type { HandlerContext, Middleware } from "../context.ts";
import type { Logger } from "../log.ts";
import { onlyOutcome, Outcome, outcomeOfEach, reply } from "../outcome.ts";
import { withAfter } from "./_with_after.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import { userHeaders } from "../publish/user_headers.ts";
import { checkFunction } from "./_options.ts";
import { correlatedOut, type Field, withField } from "./_correlated_out.ts";
import { elementsOf, randomId, randomIdOf } from "./_insides.ts";
import { messageIdHeader, type SourceDelivery } from "../publish/message_id.ts";

/** Options for {@linkcode correlate}. */
export interface CorrelateOptions {
  /**
   * The header that carries the id.
   *
   * @default {"correlation-id"}
   */
  readonly header?: string;
  /** Makes an id where a message has none. By default it is 32 hexadecimal digits of the clock's random numbers. */
  readonly makeId?: () => string;
}

/** Two halves that belong together. */
export interface Correlation {
  /** Takes or makes the id of each delivery: for `use`. */
  readonly middleware: Middleware;
  /** Begins a chain where a message has no id yet: for `usePublish`. */
  readonly publishMiddleware: PublishMiddleware;
}

const correlated = Symbol("correlation id");

/**
 * The id that {@linkcode correlate} gave a delivery: for handlers that call something other than a slot. Undefined outside, and in a batch whose elements have several.
 *
 * @example Without the middleware there is none
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, subscriber } from "@ruststream/core";
 * import { correlationOf } from "@ruststream/core/middleware";
 *
 * const orders = channel<{ id: number }>("orders");
 * const handle = subscriber(orders, async (_order, ctx) => {
 *   await fetch("https://stock.example", { headers: { "x-correlation-id": correlationOf(ctx) ?? "" } });
 * });
 * assert.equal(handle.name, "orders");
 * assert.equal(correlationOf({}), undefined);
 * ```
 *
 * @param ctx What the handler was given.
 */
export function correlationOf(ctx: object): string | undefined {
  return (ctx as { readonly [correlated]?: string })[correlated];
}

/**
 * Has all that comes of one message carry one id.
 *
 * 1. The id of a delivery is that of its header, else its `message-id`, else a new one; the same in all runs that this process makes of it.
 * 2. It stands in each line of `ctx.log` as `correlationId`, on all that is sent by `ctx.out` – requests, schedules and transactions too – and on replies. What the handler gives a header of that name keeps its own.
 * 3. Dead letters keep the headers of their message, so they have the id if the message had one. Answers to a requester whose request failed have none.
 * 4. The publish half gives an id to what is published by hand without one, so that a chain begins with its first message. It leaves alone what has one.
 * 5. The elements of a batch each have their own: replies get that of their element; `ctx.log` and `ctx.out` only where all have the same.
 *
 * What a pipeline publishes has the id of its delivery; what it makes of a batch has one only where all deliveries have the same, and else begins a chain of its own.
 *
 * There is no asynchronous context: what a handler publishes by `running.publisher`, or sends by something else, gets the id only where it passes {@linkcode correlationOf} on. A channel whose header schema refuses unknown fields must know this one.
 *
 * @example From an order to what is told of it
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, out, RustStream, subscriber } from "@ruststream/core";
 * import { correlate } from "@ruststream/core/middleware";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const audit = channel<{ what: string }>("audit");
 * const seen: unknown[] = [];
 * const take = subscriber(orders, { out: { audit: out(audit) } }, async (order, ctx) => {
 *   await ctx.out.audit.publish({ what: `order ${order.id}` });
 * });
 * const tell = subscriber(audit, (_told, ctx) => void seen.push(ctx.headers.get("correlation-id")));
 * const { middleware, publishMiddleware } = correlate();
 * const running = await new RustStream({ title: "shop", version: "1.0.0" })
 *   .use(middleware)
 *   .usePublish(publishMiddleware)
 *   .withBroker(new MemoryBroker(), (b) => b.include(take).include(tell))
 *   .start();
 * await running.publisher.publish(orders, { id: 7 }, { headers: { "correlation-id": "abc" } });
 * await running.stop();
 * assert.deepEqual(seen, ["abc"]);
 * ```
 *
 * @throws {TypeError} If `header` is not a lawful name or is reserved, or `makeId` is not a function.
 */
export function correlate(
  { header = "correlation-id", makeId }: CorrelateOptions = {},
): Correlation {
  userHeaders("correlate", { [header]: "" });
  checkFunction("correlate", "makeId", makeId);
  const made = new WeakMap<object, string>();
  const known = ({ message: { headers } }: {
    readonly message: Message;
  }, delivery: SourceDelivery): string | undefined =>
    headers?.get(header) || headers?.get(messageIdHeader) ||
    made.get(delivery);
  const idOf = (ctx: HandlerContext): string => {
    const found = known(ctx, ctx.delivery);
    if (found !== undefined) return found;
    const id = makeId?.() ?? randomIdOf(ctx);
    made.set(ctx.delivery, id);
    return id;
  };
  return Object.freeze({
    middleware: consuming(header, idOf),
    publishMiddleware: beginning(
      header,
      (delivery) => known(delivery, delivery),
      makeId ?? randomId,
    ),
  });
}

function consuming(
  header: string,
  idOf: (ctx: HandlerContext) => string,
): Middleware {
  return (next) => (ctx) => {
    const ids = elementsOf(ctx)?.map((one) => one && idOf(one)) ?? [idOf(ctx)];
    const [id] = ids;
    const isOne = id !== undefined && ids.every((other) => other === id);
    const outcome = next(
      isOne ? within(ctx, { name: header, value: id }) : ctx,
    );
    return isPromiseLike<Outcome>(outcome)
      ? outcome.then((value) => replied(value, header, ids))
      : replied(outcome, header, ids);
  };
}

/** A context whose log and slots have the id. */
function within(ctx: HandlerContext, field: Field): HandlerContext {
  let out: HandlerContext["out"] | undefined;
  return Object.create(ctx, {
    [correlated]: { value: field.value },
    log: { value: saying(ctx.log, field.value), enumerable: true },
    out: {
      // Made when it is asked for: most handlers have no slot.
      get: () => out ??= correlatedOut(ctx.out, field),
      enumerable: true,
    },
  });
}

function saying(log: Logger, correlationId: string): Logger {
  const say = (level: keyof Logger): Logger["info"] => (message, fields) =>
    log[level](message, { correlationId, ...fields });
  return {
    debug: say("debug"),
    info: say("info"),
    warn: say("warn"),
    error: say("error"),
  };
}

/** The outcome with the id on its replies. */
function replied(
  outcome: Awaitable<Outcome>,
  header: string,
  ids: readonly (string | undefined)[],
): Outcome {
  // What is no outcome is for the runtime to refuse.
  if (!(outcome instanceof Outcome)) return outcome as unknown as Outcome;
  const { each, after } = outcome;
  if (each === undefined && ids.every((id) => id === ids[0])) {
    return repliedOne(outcome, header, ids[0]);
  }
  if (each === undefined && outcome.reply === undefined) return outcome;
  // One reply to all elements of a batch is one for each of them.
  const own = each ?? ids.map(() => onlyOutcome(outcome));
  return withAfter(
    outcomeOfEach(
      own.map((one, index) => repliedOne(one, header, ids[index])),
    ),
    after,
  );
}

function repliedOne(
  outcome: Outcome,
  header: string,
  id: string | undefined,
): Outcome {
  if (outcome.reply === undefined || id === undefined) return outcome;
  const { payload, ...options } = outcome.reply;
  const field: Field = { name: header, value: id };
  return withAfter(
    reply(payload, {
      ...options,
      headers: withField(options.headers, field),
    }),
    outcome.after,
  );
}

/** Gives an id to what is sent by hand. Replies and dead letters are about a delivery, and an id of their own would lead away from it. */
function beginning(
  header: string,
  known: (delivery: SourceDelivery) => string | undefined,
  makeId: () => string,
): PublishMiddleware {
  return (next) => (message, to) => {
    const isAbout = to.kind === "reply" || to.kind === "dead-letter";
    if (isAbout || message.headers?.has(header)) return next(message, to);
    const ids = new Set(to.deliveries?.map(known));
    const [one] = ids;
    const id = ids.size === 1 && one !== undefined ? one : makeId();
    const fields = [...message.headers ?? [], [header, id] as const];
    return next({ ...message, headers: headers(fields) }, to);
  };
}
