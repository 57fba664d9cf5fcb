import {
  context,
  metrics,
  propagation,
  type SpanContext,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from "@opentelemetry/core";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { AppInfo, RustStream } from "@ruststream/core";
import { tracing, type TracingOptions } from "@ruststream/metrics/otel";

const nothing = (): void => {};

/** What the applications of these tests are called; they say nothing. */
export const info: AppInfo = {
  title: "shop",
  version: "1.0.0",
  logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
};

/** The context of somebody else, as a header says it. */
export const foreign = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  header: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

/** The SDK as a service sets it up, until it is disposed of. */
export class Sdk implements AsyncDisposable {
  readonly #exporter = new InMemorySpanExporter();
  readonly #manager = new AsyncLocalStorageContextManager().enable();

  readonly #provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: this.#exporter })],
  });

  constructor(isPropagating = true) {
    trace.setGlobalTracerProvider(this.#provider);
    context.setGlobalContextManager(this.#manager);
    if (!isPropagating) return;
    propagation.setGlobalPropagator(
      new CompositePropagator({
        propagators: [
          new W3CTraceContextPropagator(),
          new W3CBaggagePropagator(),
        ],
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The exporter answers in a turn of its own.
    await this.#provider.forceFlush();
    this.#manager.disable();
    trace.disable();
    context.disable();
    propagation.disable();
    metrics.disable();
  }

  /** What has ended, in order of its end. */
  get spans(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  /** The one of that name. */
  span(name: string): ReadableSpan {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length === 1 && found[0] !== undefined) return found[0];
    throw new RangeError(
      `Cannot find one span "${name}": found ${found.length} among ${
        this.spans.map((span) => span.name).join(", ")
      }`,
    );
  }

  /** All spans as a tree, a line each: children under their parent, by name. Links say what they lead to, if that is not the parent. */
  tree(): readonly string[] {
    const { spans } = this;
    const byId = new Map(
      spans.map((span) => [span.spanContext().spanId, span] as const),
    );
    const named = ({ spanId }: SpanContext): string =>
      byId.get(spanId)?.name ?? "somebody else";
    const write = (span: ReadableSpan, depth: number): string[] => {
      const links = span.links
        .map(({ context: to }) => to)
        .filter(({ spanId }) => spanId !== span.parentSpanContext?.spanId)
        .map(named).sort();
      const line = "  ".repeat(depth) + span.name +
        (links.length === 0 ? "" : ` -> ${links.join(", ")}`);
      const below = spans
        .filter((other) =>
          other.parentSpanContext?.spanId === span.spanContext().spanId
        )
        .sort((a, b) => a.name < b.name ? -1 : 1);
      return [line, ...below.flatMap((other) => write(other, depth + 1))];
    };
    const isRoot = ({ parentSpanContext: parent }: ReadableSpan): boolean =>
      parent === undefined || !byId.has(parent.spanId);
    return spans.filter(isRoot)
      .sort((a, b) => a.name < b.name ? -1 : 1)
      .flatMap((span) => write(span, 0));
  }
}

/** Puts tracing on an application, whole. */
export function traced<S>(
  app: RustStream<S>,
  options?: TracingOptions,
): RustStream<S> {
  const { middleware, publishMiddleware, observer } = tracing(options);
  return app.use(middleware).usePublish(publishMiddleware).observe(observer);
}
