/** One run of a handler: what a timeout or a lost delivery aborts. */
export interface Run {
  /** How far into the middleware it has come: each `next` may be called once. */
  layer: number;
  /** It has ended or was given up: what comes of it later is dropped. */
  over: boolean;
  /** Ends its time, if it has a limit. */
  stopTime: (() => void) | undefined;
  /** Why it was asked to stop, if it was. */
  readonly aborted: { readonly reason: unknown } | undefined;
  /** Aborted when the handler should stop. */
  readonly stopSignal: AbortSignal;
  /** Asks the handler to stop. */
  abort(reason: unknown): void;
}
