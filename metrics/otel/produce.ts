import type {
  Attributes,
  Context,
  Link,
  Span,
  Tracer,
} from "@opentelemetry/api";
import type {
  Publish,
  PublishMiddleware,
  PublishTarget,
} from "@ruststream/core";
import type { Message } from "@ruststream/core/contract";
import { attribute, isFixed, operations, scopeName, systemOf } from "./api.ts";
import { type Fields, hasField, setter, withFields } from "./carrier.ts";
import { Carried } from "./carried.ts";
import type { Parts } from "./parts.ts";
import { type Ends, followed } from "./followed.ts";
import { bareScope, contextOf } from "./parts.ts";
import { markFailed, quietly, type Scope } from "./scope.ts";

// The kinds of a span. Not imported, for the API may be one that the user gives.
const client = 2;
const producer = 3;

/** Gives all that is published the context that it is made in. */
class Producing {
  readonly #parts: Parts;
  readonly #tracer: Tracer;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#tracer = parts.api.trace.getTracer(scopeName);
  }

  publish(next: Publish, message: Message, to: PublishTarget): unknown {
    if (this.#isSkipped(to)) return next(message, to);
    return this.#prepared(next, message, to)();
  }

  /** What publishes it. Where there is no tracing it, it goes as it is: a message is worth more than its trace. */
  #prepared(next: Publish, message: Message, to: PublishTarget): () => unknown {
    try {
      const names = this.#parts.api.propagation.fields();
      return names.length === 0
        ? this.#pass(next, message, to)
        : this.#trace(next, message, to, names);
    } catch {
      return () => next(message, to);
    }
  }

  /** Without a propagator: what came goes on, in a span where there is an SDK all the same. */
  #pass(next: Publish, message: Message, to: PublishTarget): () => unknown {
    const { api, scopes, carried } = this.#parts;
    const { deliveries } = to;
    const [delivery] = deliveries ?? [];
    const from = deliveries === undefined
      ? carried.current
      : new Carried(deliveries.length === 1 ? delivery?.message : undefined);
    const sent = from === undefined ? message : from.put(message);
    const parent = delivery === undefined
      ? api.context.active()
      : scopes.of(delivery)?.context ?? api.ROOT_CONTEXT;
    const span = this.#tracer.startSpan(nameOf(to), kindOf(to), parent);
    if (!span.isRecording()) return () => next(sent, to);
    span.setAttributes(this.#attributesOf(message, to));
    return this.#within(span, parent, () => next(sent, to));
  }

  #trace(
    next: Publish,
    message: Message,
    to: PublishTarget,
    names: readonly string[],
  ): () => unknown {
    const { api, scopes } = this.#parts;
    // What no handler got, for it does not decode, has a trace too.
    const made = to.deliveries?.map((delivery) =>
      scopes.of(delivery) ?? bareScope(api, delivery.message)
    );
    const scope = made === undefined
      ? scopes.current
      : made.length === 1
      ? made[0]
      : undefined;
    const parent = made === undefined
      ? api.context.active()
      : scope?.context ?? api.ROOT_CONTEXT;
    const own = this.#own(message, scope, names);
    const send = (inside: Context): unknown =>
      next(
        own === undefined ? this.#inject(message, inside, names) : message,
        to,
      );
    if (scope?.isSilent) return () => send(parent);
    const span = this.#tracer.startSpan(nameOf(to), {
      ...kindOf(to),
      attributes: this.#attributesOf(message, to),
      links: [
        ...(own === undefined ? [] : [{ context: own }]),
        ...(made === undefined || made.length < 2 ? [] : this.#linksTo(made)),
      ],
    }, parent);
    return this.#within(span, parent, send);
  }

  /** What does something in the context of a span, and ends that with it. */
  #within(
    span: Span,
    parent: Context,
    run: (inside: Context) => unknown,
  ): () => unknown {
    const { context, trace } = this.#parts.api;
    const inside = trace.setSpan(parent, span);
    const isRecording = span.isRecording();
    const ends: Ends = {
      ended: () => quietly(() => span.end()),
      failed(error) {
        quietly(() => markFailed(span, error));
        quietly(() => span.end());
      },
    };
    const within = (): unknown => context.with(inside, () => run(inside));
    return () => followed(within, ends, isRecording);
  }

  #isSkipped(to: PublishTarget): boolean {
    try {
      return this.#parts.skipPublish(to);
    } catch {
      // Whoever cannot say so does not skip.
      return false;
    }
  }

  /** Where a message was made that brings its context along, unless that is only a copy of what its delivery had. */
  #own(message: Message, scope: Scope | undefined, names: readonly string[]) {
    if (!hasField(message, names)) return undefined;
    const { api } = this.#parts;
    const found = api.trace.getSpanContext(contextOf(api, message));
    return found === undefined || found.spanId === scope?.origin?.spanId
      ? undefined
      : found;
  }

  #linksTo(scopes: readonly Scope[]): Link[] {
    const { trace } = this.#parts.api;
    return scopes.flatMap(({ context }) => {
      const found = trace.getSpanContext(context);
      return found === undefined ? [] : [{ context: found }];
    });
  }

  #inject(
    message: Message,
    context: Context,
    names: readonly string[],
  ): Message {
    const fields: Fields = new Map();
    quietly(() => this.#parts.api.propagation.inject(context, fields, setter));
    return withFields(message, fields, names);
  }

  #attributesOf(
    { address, body, headers }: Message,
    { template, broker, subscriber, kind }: PublishTarget,
  ): Attributes {
    const made: Attributes = {
      [attribute.system]: systemOf(this.#parts.system, broker),
      [attribute.operationName]: operations[kind],
      [attribute.operationType]: "send",
      [attribute.destinationName]: address,
      [attribute.bodySize]: body.byteLength,
      [attribute.broker]: broker,
      [attribute.kind]: kind,
    };
    if (!isFixed(template)) made[attribute.destinationTemplate] = template;
    if (subscriber !== undefined) made[attribute.subscriber] = subscriber;
    const id = headers?.get("message-id");
    if (id !== undefined) made[attribute.messageId] = id;
    const conversation = headers?.get("correlation-id");
    if (conversation !== undefined) {
      made[attribute.conversationId] = conversation;
    }
    return made;
  }
}

function nameOf({ kind, template }: PublishTarget): string {
  return `${operations[kind]} ${template}`;
}

function kindOf({ kind }: PublishTarget): { readonly kind: number } {
  return { kind: kind === "request" ? client : producer };
}

/** Puts each publish into a span of its own, and the context of that on the message. */
export function producing(parts: Parts): PublishMiddleware {
  return (next) => {
    const spans = new Producing(parts);
    return (message, to) => spans.publish(next, message, to);
  };
}
