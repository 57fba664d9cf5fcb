import type { Awaitable } from "./contract/awaitable.ts";

/** Runs a function at once, and gives even one that throws a promise that rejects. Like `Promise.try`, which Node 22 lacks. */
export async function attempt<T>(run: () => Awaitable<T>): Promise<T> {
  return await run();
}
