import type {
  Attributes,
  Context,
  Span,
  SpanContext,
} from "@opentelemetry/api";
import type { Labels } from "../family.ts";
import { attribute, errorTypeOf, type OpenTelemetryApi } from "./api.ts";

/** The code of a span that failed. Not imported, for the API may be one that the user gives. */
const failed = 2;
/** The flag of a span that is kept. Not imported either. */
const sampled = 1;

/** Does something to a span. What an SDK throws there is not the message's to suffer from. */
export function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // There is nobody to tell: it would be told of each message.
  }
}

/** Puts what went wrong on a span. */
export function markFailed(span: Span, error: unknown): void {
  span.setAttribute(attribute.errorType, errorTypeOf(error));
  if (error instanceof Error) {
    span.recordException(error);
    span.setStatus({ code: failed, message: error.message });
  } else span.setStatus({ code: failed });
}

/** One run of a handler: what it is part of, and what is made of it continues. */
export class Scope {
  /** What the handler runs in. */
  context: Context;
  /** Where its message was made; undefined of a batch, and where nobody said. */
  readonly origin: SpanContext | undefined;
  /** Whether what it publishes has no spans either. */
  readonly isSilent: boolean;
  /** Its own span, until that has ended. */
  span: Span | undefined = undefined;

  constructor(
    context: Context,
    of: {
      readonly origin: SpanContext | undefined;
      readonly isSilent: boolean;
    },
  ) {
    this.context = context;
    this.origin = of.origin;
    this.isSilent = of.isSilent;
  }

  /** How its span is found; undefined where it has none, or nobody keeps it. */
  exemplar({ trace }: Pick<OpenTelemetryApi, "trace">): Labels | undefined {
    const found = this.isSilent
      ? undefined
      : trace.getSpanContext(this.context);
    if (found === undefined || (found.traceFlags & sampled) === 0) {
      return undefined;
    }
    return { trace_id: found.traceId, span_id: found.spanId };
  }

  /** Ends its span. Whoever comes second is too late. */
  end(attributes: Attributes): void {
    const { span } = this;
    this.span = undefined;
    if (span === undefined) return;
    quietly(() => span.setAttributes(attributes));
    quietly(() => span.end());
  }

  /** Ends it by what was thrown. */
  fail(error: unknown): void {
    const { span } = this;
    if (span === undefined) return;
    quietly(() => markFailed(span, error));
    this.end({ [attribute.outcome]: "error" });
  }
}
