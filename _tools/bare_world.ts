/**
 * Loads a bundle where there is nothing but JavaScript and the web platform, as on Workers.
 *
 * @module
 */
import vm from "node:vm";

/** What browsers and workers share. No `process`, `Deno`, `Bun`, `Buffer`, `require` or `setImmediate`. */
const webGlobals = [
  "AbortController",
  "AbortSignal",
  "Blob",
  "ByteLengthQueuingStrategy",
  "CountQueuingStrategy",
  "DOMException",
  "Event",
  "EventTarget",
  "Headers",
  "MessageChannel",
  "ReadableStream",
  "Request",
  "Response",
  "TextDecoder",
  "TextEncoder",
  "TransformStream",
  "URL",
  "URLSearchParams",
  "WritableStream",
  "atob",
  "btoa",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "performance",
  "queueMicrotask",
  "setInterval",
  "setTimeout",
  "structuredClone",
] as const;

/**
 * What keeps a bundle from running in a bare world; it is a script that leaves its exports in the global `core`.
 */
export function bundleFaults(script: string): readonly string[] {
  const mention = /.*\bnode:[a-z].*/.exec(script)?.[0];
  if (mention !== undefined) return [`it mentions "${mention.trim()}"`];
  const here = globalThis as unknown as Readonly<Record<string, unknown>>;
  const world: Record<string, unknown> = Object.fromEntries(
    webGlobals.map((name) => [name, here[name]]),
  );
  try {
    vm.runInNewContext(script, world, { timeout: 10_000 });
  } catch (error) {
    return [`it throws "${error}"`];
  }
  const { core } = world;
  return typeof core === "object" && core !== null &&
      Object.keys(core).length > 0
    ? []
    : ["it exports nothing"];
}
