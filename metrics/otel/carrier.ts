import type { TextMapGetter, TextMapSetter } from "@opentelemetry/api";
import {
  headers,
  type Message,
  type MessageHeaders,
} from "@ruststream/core/contract";

/** The headers of W3C: what goes through a service that has no propagator of its own. */
export const w3c: readonly string[] = ["traceparent", "tracestate", "baggage"];

/** Fields of a message to be. */
export type Fields = Map<string, string>;

/** How a propagator reads headers. A field that must be there once and is not says nothing. */
export const getter: TextMapGetter<MessageHeaders | undefined> = {
  keys: (from) => [...from ?? []].map(([name]) => name.toLowerCase()),
  get(from, name) {
    const all = from?.getAll(name) ?? [];
    if (all.length < 2) return all[0];
    return name.toLowerCase() === "traceparent" ? undefined : all.join(",");
  },
};

/** How a propagator writes them. */
export const setter: TextMapSetter<Fields> = {
  set: (to, name, value) => void to.set(name.toLowerCase(), value),
};

/** The fields of W3C that a message brought, as they go on. */
export function w3cOf(
  all: MessageHeaders,
): readonly (readonly [string, string])[] {
  return w3c.flatMap((name) => {
    // Most are not there, and to ask for all of a name costs more.
    const value = all.has(name) ? getter.get(all, name) : undefined;
    return typeof value === "string" ? [[name, value] as const] : [];
  });
}

/** Whether a message has one of these fields. */
export function hasField(
  { headers: all }: Pick<Message, "headers">,
  names: readonly string[],
): boolean {
  return all !== undefined && names.some((name) => all.has(name));
}

/** The same message with these fields, and without what it had of `names`. What cannot be written is left out: a message is worth more than its trace. */
export function withFields(
  message: Message,
  fields: Fields,
  names: readonly string[],
): Message {
  const kept = [...message.headers ?? []]
    .filter(([name]) => !names.includes(name.toLowerCase()));
  if (fields.size === 0 && kept.length === 0) return message;
  try {
    return { ...message, headers: headers([...kept, ...fields]) };
  } catch {
    return message;
  }
}
