import type { HandlerContext } from "../context.ts";
import type { Logger } from "../log.ts";

/** Says something, and goes on where the logger throws: how a delivery ends is not for a logger to decide. */
export function say(
  { log }: Pick<HandlerContext, "log">,
  level: keyof Logger,
  message: string,
  fields: object,
): void {
  try {
    log[level](message, fields);
  } catch {
    // There is nobody left to tell.
  }
}
