import type {
  Attributes,
  Context,
  Link,
  Span,
  SpanContext,
  Tracer,
} from "@opentelemetry/api";
import {
  type HandlerContext,
  mapOutcome,
  type Middleware,
  type MountedSubscriber,
  Outcome,
} from "@ruststream/core";
import type { Awaitable } from "@ruststream/core/contract";
import { attribute, isFixed, scopeName, systemOf } from "./api.ts";
import { Carried, type CarriedStore } from "./carried.ts";
import { hasField, w3c } from "./carrier.ts";
import { contextOf, type Parts } from "./parts.ts";
import { Scope } from "./scope.ts";

/** The kind of a span that handles something. Not imported, for the API may be one that the user gives. */
const consumer = 4;

/** What all spans of one subscriber have in common. */
interface Common {
  readonly name: string;
  readonly attributes: Attributes;
}

/** Runs handlers in spans. */
class Consuming {
  readonly #parts: Parts;
  readonly #tracer: Tracer;
  readonly #common = new WeakMap<MountedSubscriber, Common>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#tracer = parts.api.trace.getTracer(scopeName);
  }

  /** What the run of a handler is part of; its span has begun. Undefined where there is nobody to tell of it. */
  open(ctx: HandlerContext, passes: boolean): Scope | undefined {
    const { api, relation } = this.#parts;
    const isSilent = this.#isSkipped(ctx);
    if (passes) {
      const bare = isSilent ? undefined : this.#beginBare(ctx);
      return bare && this.#keep(ctx, api.ROOT_CONTEXT, undefined, bare);
    }
    const [first] = ctx.deliveries;
    const isBatch = ctx.mounted.kind === "batch" || first === undefined;
    const base = isBatch ? api.ROOT_CONTEXT : contextOf(api, first.message);
    const origin = api.trace.getSpanContext(base);
    const parent = relation === "parent" ? base : api.trace.deleteSpan(base);
    const links = isBatch ? this.#linksOf(ctx) : linkTo(origin);
    const span = isSilent ? undefined : this.#begin(ctx, parent, links);
    return this.#keep(ctx, base, origin, span);
  }

  #keep(
    ctx: HandlerContext,
    base: Context,
    origin: SpanContext | undefined,
    span: Span | undefined,
  ): Scope {
    const { scopes } = this.#parts;
    const scope = new Scope(base, { origin, isSilent: span === undefined });
    scope.span = span;
    scope.context = scopes.contextOf(scope, base, span);
    for (const delivery of ctx.deliveries) scopes.keep(delivery, scope);
    return scope;
  }

  #isSkipped(ctx: HandlerContext): boolean {
    try {
      return this.#parts.skip(ctx);
    } catch {
      // Whoever cannot say so does not skip.
      return false;
    }
  }

  #linksOf({ deliveries }: HandlerContext): Link[] {
    const { api } = this.#parts;
    return deliveries.flatMap(({ message }) =>
      linkTo(api.trace.getSpanContext(contextOf(api, message)))
    );
  }

  #begin(ctx: HandlerContext, parent: Context, links: Link[]): Span {
    const { name, attributes } = this.#commonOf(ctx.mounted);
    return this.#tracer.startSpan(name, {
      kind: consumer,
      attributes: { ...attributes, ...about(ctx) },
      links,
    }, parent);
  }

  /** Without a propagator there mostly is no SDK either: nothing is read before that is known. */
  #beginBare(ctx: HandlerContext): Span | undefined {
    const { name, attributes } = this.#commonOf(ctx.mounted);
    const { ROOT_CONTEXT } = this.#parts.api;
    const span = this.#tracer.startSpan(name, { kind: consumer }, ROOT_CONTEXT);
    if (!span.isRecording()) return undefined;
    return span.setAttributes({ ...attributes, ...about(ctx) });
  }

  #commonOf(mounted: MountedSubscriber): Common {
    const known = this.#common.get(mounted);
    if (known !== undefined) return known;
    const { subscriber, template, broker, group } = mounted;
    const made: Common = {
      name: `process ${template}`,
      attributes: {
        [attribute.system]: systemOf(this.#parts.system, broker),
        [attribute.operationName]: "process",
        [attribute.operationType]: "process",
        ...(isFixed(template)
          ? { [attribute.destinationName]: template }
          : { [attribute.destinationTemplate]: template }),
        ...(group !== undefined && { [attribute.group]: group }),
        [attribute.subscriber]: subscriber,
        [attribute.broker]: broker,
      },
    };
    this.#common.set(mounted, made);
    return made;
  }
}

function linkTo(to: SpanContext | undefined): Link[] {
  return to === undefined ? [] : [{ context: to }];
}

/** What is of one delivery, or of all those of a batch together. */
function about(ctx: HandlerContext): Attributes {
  const { deliveries, mounted: { kind, template } } = ctx;
  let bytes = 0;
  for (const { message: { body } } of deliveries) bytes += body.byteLength;
  const made: Attributes = {
    [attribute.bodySize]: bytes,
    [attribute.attempt]: ctx.attempt,
  };
  const [first] = deliveries;
  if (kind === "batch" || first === undefined) {
    made[attribute.batchCount] = deliveries.length;
    return made;
  }
  const { message: { address, headers }, id } = first;
  if (!isFixed(template)) made[attribute.destinationName] = address;
  const messageId = id ?? headers?.get("message-id");
  if (messageId !== undefined) made[attribute.messageId] = messageId;
  const conversation = headers?.get("correlation-id");
  if (conversation !== undefined) made[attribute.conversationId] = conversation;
  return made;
}

/** What a handler said, in one word. */
function wordOf(outcome: Outcome): string {
  const words = new Set(
    (outcome.each ?? [outcome]).map(({ settlement, reply }) =>
      reply === undefined ? settlement.kind : "reply"
    ),
  );
  const [word = "ack"] = words;
  return words.size > 1 ? "mixed" : word;
}

/** What is at hand where there is no propagator; undefined where that is nothing. */
function carriedBy(
  { mounted, deliveries: [first] }: HandlerContext,
  store: CarriedStore,
): Carried | undefined {
  const message = mounted.kind === "batch" ? undefined : first?.message;
  const brings = message !== undefined && hasField(message, w3c);
  // What is at hand outside must not show inside.
  if (!brings && store.current === undefined) return undefined;
  return new Carried(message);
}

/** What a handler runs in, if there is anything. */
interface Opened {
  readonly carried: Carried | undefined;
  readonly scope: Scope | undefined;
}

const untraced: Opened = { carried: undefined, scope: undefined };

/** Runs each handler in a span of its own, and all that it does in the context of that. */
export function consuming(parts: Parts): Middleware {
  const { api, carried: store } = parts;
  return (next) => {
    const spans = new Consuming(parts);
    const opened = (ctx: HandlerContext): Opened => {
      try {
        const passes = api.propagation.fields().length === 0;
        return {
          carried: passes ? carriedBy(ctx, store) : undefined,
          scope: spans.open(ctx, passes),
        };
      } catch {
        // A message is worth more than its trace.
        return untraced;
      }
    };
    return (ctx) => {
      const { carried, scope } = opened(ctx);
      if (scope === undefined && carried === undefined) return next(ctx);
      const traced = <R>(run: () => R): R =>
        scope === undefined ? run() : api.context.with(scope.context, run);
      const within = <R>(run: () => R): R =>
        carried === undefined
          ? traced(run)
          : store.run(carried, () => traced(run));
      // The stages of a pipeline run when it is their turn, and that may be another delivery's.
      const handed = ctx.mounted.kind === "pipeline"
        ? Object.create(ctx, { within: { value: within } })
        : ctx;
      const after = (outcome: Outcome): Outcome =>
        // What is no outcome is for the runtime to refuse.
        outcome instanceof Outcome
          ? outcome.mapAfter((run) => () => within(run))
          : outcome;
      return scope?.span === undefined
        ? mapOutcome(within(() => next(handed)), after)
        : ending(scope, () => within(() => next(handed)), after);
    };
  };
}

/** Ends the span of a run with that. */
function ending(
  scope: Scope,
  run: () => Awaitable<Outcome>,
  after: (outcome: Outcome) => Outcome,
): Awaitable<Outcome> {
  const ended = (outcome: Outcome): Outcome => {
    if (outcome instanceof Outcome) {
      scope.end({ [attribute.outcome]: wordOf(outcome) });
    } else scope.fail(outcome);
    return after(outcome);
  };
  const failed = (error: unknown): never => {
    scope.fail(error);
    throw error;
  };
  let outcome: Awaitable<Outcome>;
  try {
    outcome = run();
  } catch (error) {
    return failed(error);
  }
  return outcome instanceof Outcome
    ? ended(outcome)
    : Promise.resolve(outcome).then(ended, failed);
}
