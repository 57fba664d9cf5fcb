import type { Context, Span } from "@opentelemetry/api";
import type { HandlerContext, PublishTarget } from "@ruststream/core";
import type { Message } from "@ruststream/core/contract";
import type { OpenTelemetryApi, SystemOf } from "./api.ts";
import { getter } from "./carrier.ts";
import type { CarriedStore } from "./carried.ts";
import { Scope } from "./scope.ts";

/** What the two halves of {@linkcode tracing} share. */
export interface Parts {
  readonly api: OpenTelemetryApi;
  readonly system: SystemOf | undefined;
  readonly relation: "parent" | "link";
  readonly skip: (ctx: HandlerContext) => boolean;
  readonly skipPublish: (to: PublishTarget) => boolean;
  readonly scopes: Scopes;
  readonly carried: CarriedStore;
}

/** Where a message was made, as its headers say. */
export function contextOf(
  { propagation, ROOT_CONTEXT }: OpenTelemetryApi,
  { headers }: Pick<Message, "headers">,
): Context {
  if (headers === undefined) return ROOT_CONTEXT;
  try {
    return propagation.extract(ROOT_CONTEXT, headers, getter);
  } catch {
    // A propagator that cannot read it: the message begins a trace of its own.
    return ROOT_CONTEXT;
  }
}

/** What a message is part of that no handler got. */
export function bareScope(api: OpenTelemetryApi, message: Message): Scope {
  const context = contextOf(api, message);
  return new Scope(context, {
    origin: api.trace.getSpanContext(context),
    isSilent: false,
  });
}

const scopeKey: symbol = Symbol("scope of a delivery");

/** Which run something belongs to. */
export class Scopes {
  readonly #api: OpenTelemetryApi;
  readonly #byDelivery = new WeakMap<object, Scope>();

  constructor(api: OpenTelemetryApi) {
    this.#api = api;
  }

  /** Remembers the latest run of a delivery. */
  keep(delivery: object, scope: Scope): void {
    this.#byDelivery.set(delivery, scope);
  }

  of(delivery: object): Scope | undefined {
    return this.#byDelivery.get(delivery);
  }

  /** The run that this is called in. */
  get current(): Scope | undefined {
    return this.#api.context.active().getValue(scopeKey) as Scope | undefined;
  }

  /** What runs in a scope, and with its span. */
  contextOf(scope: Scope, base: Context, span: Span | undefined): Context {
    const marked = base.setValue(scopeKey, scope);
    return span === undefined ? marked : this.#api.trace.setSpan(marked, span);
  }
}
