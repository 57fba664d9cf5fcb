import { classOf, codeOf } from "../class_of.ts";

/** What is used of `@opentelemetry/api`: any copy of it fits. */
export interface OpenTelemetryApi {
  /** Makes spans. */
  readonly trace: Pick<
    typeof import("@opentelemetry/api")["trace"],
    "getTracer" | "setSpan" | "getSpanContext" | "deleteSpan"
  >;
  /** Knows what runs in which context. */
  readonly context: Pick<
    typeof import("@opentelemetry/api")["context"],
    "active" | "with"
  >;
  /** Reads and writes headers. */
  readonly propagation: Pick<
    typeof import("@opentelemetry/api")["propagation"],
    "extract" | "inject" | "fields"
  >;
  /** Makes instruments. */
  readonly metrics: Pick<
    typeof import("@opentelemetry/api")["metrics"],
    "getMeter"
  >;
  /** The context that holds nothing. */
  readonly ROOT_CONTEXT: typeof import("@opentelemetry/api")["ROOT_CONTEXT"];
}

/** What tracers and meters are called. */
export const scopeName = "@ruststream/metrics";

/** Names of attributes: those of the semantic conventions for messaging 1.44.0, and our own. */
export const attribute = {
  system: "messaging.system",
  operationName: "messaging.operation.name",
  operationType: "messaging.operation.type",
  destinationName: "messaging.destination.name",
  destinationTemplate: "messaging.destination.template",
  group: "messaging.consumer.group.name",
  messageId: "messaging.message.id",
  conversationId: "messaging.message.conversation_id",
  bodySize: "messaging.message.body.size",
  batchCount: "messaging.batch.message_count",
  errorType: "error.type",
  subscriber: "ruststream.subscriber",
  broker: "ruststream.broker",
  attempt: "ruststream.attempt",
  outcome: "ruststream.outcome",
  kind: "ruststream.publish.kind",
} as const;

/** What each kind of publish is called. */
export const operations = {
  publish: "send",
  reply: "send",
  "dead-letter": "send",
  schedule: "schedule",
  request: "request",
} as const;

/** What a broker is called in `messaging.system`. */
export type SystemOf = string | ((broker: string) => string);

/** The name that is meant for one broker. */
export function systemOf(system: SystemOf | undefined, broker: string): string {
  if (typeof system === "string") return system;
  try {
    return system?.(broker) ?? broker;
  } catch {
    // Whoever has no name for it leaves it its own.
    return broker;
  }
}

/** The class of what was thrown: there are few of those, and it says nothing of the message. A `MessagingError` says its code. */
export function errorTypeOf(error: unknown): string {
  return codeOf(error) ?? classOf(error);
}

/** Whether the address of a template is known from it. */
export function isFixed(template: string): boolean {
  return !template.includes("{");
}
