import type { Delivery } from "../contract/mod.ts";
import { replaced } from "./faulty_replace.ts";

/** A stream whose readers give other deliveries, or are others themselves. */
export function faultyStream<T extends object>(
  stream: ReadableStream<T>,
  wrap: (delivery: Delivery) => Delivery,
  change: (reader: ReadableStreamDefaultReader<unknown>) => object,
): ReadableStream<T> {
  const wrapAll = (chunk: unknown): unknown =>
    Array.isArray(chunk) ? chunk.map(wrap) : wrap(chunk as Delivery);
  return replaced(stream, {
    getReader: () => {
      const reader = stream.getReader() as ReadableStreamDefaultReader<unknown>;
      const changed = replaced(reader, change(reader));
      return replaced(changed, {
        read: async () => {
          const { done, value } = await changed.read();
          return done ? { done, value } : { done, value: wrapAll(value) };
        },
      });
    },
  });
}
