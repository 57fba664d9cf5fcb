import { onAbort } from "../contract/on_abort.ts";
import type { World } from "./world.ts";

/** What is done for the reader of standard output, until it is released. */
export interface WhileRead {
  /** Aborted by the command's own signal, with its reason, and when the reader has gone. */
  readonly signal: AbortSignal;
  /** Whether something failed because it was aborted. */
  isReason(error: unknown): boolean;
  release(): void;
}

/** Begins what is done only as long as somebody reads. */
export function whileRead(
  signal: AbortSignal,
  world: Pick<World, "onLeft">,
): WhileRead {
  const ending = new AbortController();
  const forget = [
    onAbort(signal, (reason) => ending.abort(reason)),
    world.onLeft(() => ending.abort()),
  ];
  return {
    signal: ending.signal,
    isReason: (error) =>
      ending.signal.aborted && error === ending.signal.reason,
    release: () => forget.forEach((one) => one()),
  };
}
