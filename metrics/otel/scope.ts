import type {
  Attributes,
  Context,
  Span,
  SpanContext,
} from "@opentelemetry/api";
import { attribute, errorTypeOf } from "./api.ts";

/** The code of a span that failed. Not imported, for the API may be one that the user gives. */
const failed = 2;

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

  /** Ends its span. Whoever comes second is too late. */
  end(attributes: Attributes): void {
    const { span } = this;
    this.span = undefined;
    span?.setAttributes(attributes);
    span?.end();
  }

  /** Ends it by what was thrown. */
  fail(error: unknown): void {
    if (this.span === undefined) return;
    markFailed(this.span, error);
    this.end({ [attribute.outcome]: "error" });
  }
}
