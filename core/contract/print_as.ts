import type { Delivery } from "./delivery.ts";

const hook = Symbol.for("nodejs.util.inspect.custom");

/**
 * Says what Deno, Node and Bun print of the objects of a class, instead of all that can be reached from them.
 *
 * It is said on the prototype, so that an object costs nothing more.
 */
export function printAs<T extends object>(
  of: { readonly prototype: T },
  view: (object: T) => object,
): void {
  Object.defineProperty(of.prototype, hook, {
    value(this: T): object {
      return view(this);
    },
  });
}

/** Headers as they are printed: their fields, where they are a list of them. */
export function printedHeaders(headers: unknown): unknown {
  const { [Symbol.iterator]: fields } = (headers ?? {}) as Iterable<unknown>;
  return fields === undefined ? headers : [...headers as Iterable<unknown>];
}

/** A delivery as it is printed: what it says of its message. */
export function printedDelivery(
  { id, attempt, message }: Delivery,
): object {
  const headers = printedHeaders(message.headers);
  return { id, attempt, message: { ...message, headers } };
}
