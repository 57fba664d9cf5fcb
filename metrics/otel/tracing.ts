import * as installed from "@opentelemetry/api";
import type {
  FinishedEvent,
  HandlerContext,
  Middleware,
  Observer,
  PublishMiddleware,
  PublishTarget,
} from "@ruststream/core";
import type { OpenTelemetryApi, SystemOf } from "./api.ts";
import { CarriedStore } from "./carried.ts";
import { checkTracing } from "./check_options.ts";
import { consuming } from "./consume.ts";
import { type Parts, Scopes } from "./parts.ts";
import { producing } from "./produce.ts";

/** Options for {@linkcode tracing}. */
export interface TracingOptions {
  /** The API whose SDK the service has set up, where that is another copy. By default it is the one that is imported here. */
  readonly api?: OpenTelemetryApi;
  /** The value of `messaging.system`, for all brokers or by their names. By default it is the broker's name. */
  readonly system?: SystemOf;
  /**
   * What the message of a single delivery is to its handler's span: its parent and a link, or a link only, so that each service has traces of its own.
   *
   * @default {"parent"}
   */
  readonly relation?: "parent" | "link";
  /** Runs of handlers that get no span, and what they publish neither; the context goes through. It is called for each run. By default none is skipped. */
  readonly skip?: (ctx: HandlerContext) => boolean;
  /** Publishes that get no span, and whose headers stay as they are: to a broker that carries none, or to somebody who must not see them. By default none is skipped. */
  readonly skipPublish?: (to: PublishTarget) => boolean;
}

/** Parts that belong together. */
export interface Tracing {
  /** Runs handlers in spans: for `use`, and best first. */
  readonly middleware: Middleware;
  /** Puts publishes in spans, and their context on the messages: for `usePublish`, and best first. */
  readonly publishMiddleware: PublishMiddleware;
  /** Ends the spans of handlers that never end and were given up: for `observe`, where handlers have a `timeoutMs`. */
  readonly observer: Observer;
  /** The `trace_id` and `span_id` of a run whose span is sampled: for the option `exemplar` of `metrics()`. */
  readonly exemplar: (
    event: Pick<FinishedEvent, "delivery">,
  ) => Readonly<Record<string, string>> | undefined;
}

/**
 * Spans of what an application handles and publishes, by `@opentelemetry/api`: without an SDK none are made, and the headers of W3C go through.
 *
 * 1. A handler runs in a span `process <template>`, once for each attempt, and so do the work for after it and the stages of a pipeline. The span of a single delivery continues the trace of its message; that of a batch begins one, with a link to each of its messages.
 * 2. What is published by a slot or by hand, replies, dead letters, requests, schedules and what pipelines publish have spans `send`, `request` or `schedule` with their template. Replies and dead letters continue from the run that they are about, also where that has ended.
 * 3. The context of the span goes into the headers of the message, in the words of the propagator that the service has set up. A message that brings a context of its own keeps that, and the span has a link to it; what was copied from the delivery at hand is replaced.
 * 4. Payloads, bodies and headers are never attributes; addresses, ids of messages and texts of errors are.
 *
 * A channel whose header schema refuses unknown fields must know those of the propagator. Nothing that is published outside of the application is seen.
 *
 * @example Set up once, beside whatever SDK there is
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 * import { tracing } from "@ruststream/metrics/otel";
 *
 * const orders = channel<{ id: number }>("orders");
 * const seen: unknown[] = [];
 * const traced = tracing({ skip: ({ mounted }) => mounted.subscriber === "heartbeat" });
 * const app = new RustStream({ title: "orders", version: "0.1.0" })
 *   .use(traced.middleware)
 *   .usePublish(traced.publishMiddleware)
 *   .observe(traced.observer)
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, (order) => void seen.push(order.id))));
 *
 * const running = await app.start();
 * await running.publisher.publish(orders, { id: 1 });
 * await running.stop();
 * assert.deepEqual(seen, [1]);
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 */
export function tracing(options: TracingOptions = {}): Tracing {
  checkTracing(options);
  const { api = installed, system, relation = "parent" } = options;
  const { skip = () => false, skipPublish = () => false } = options;
  const scopes = new Scopes(api);
  const carried = new CarriedStore();
  const parts: Parts = {
    ...{ api, system, relation, skip, skipPublish },
    ...{ scopes, carried },
  };
  return Object.freeze({
    middleware: consuming(parts),
    publishMiddleware: producing(parts),
    exemplar: ({ delivery }: Pick<FinishedEvent, "delivery">) =>
      scopes.of(delivery)?.exemplar(api),
    observer: Object.freeze({
      finished(event: FinishedEvent) {
        if ("error" in event) scopes.of(event.delivery)?.fail(event.error);
      },
    }),
  });
}
