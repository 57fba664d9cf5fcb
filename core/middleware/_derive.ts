import type { HandlerContext } from "../context.ts";

/** A context with other values in some places; the one it is given stays as it is. */
export function derive(
  ctx: HandlerContext,
  fields: Readonly<Record<PropertyKey, unknown>>,
): HandlerContext {
  const described: PropertyDescriptorMap = {};
  for (const key of Reflect.ownKeys(fields)) {
    described[key] = { value: fields[key as string], enumerable: true };
  }
  return Object.create(ctx, described);
}
