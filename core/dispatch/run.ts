/** One run of a handler: what a timeout or a lost delivery aborts. */
export class Run {
  /** How far into the middleware it has come: each `next` may be called once. */
  layer = 0;
  /** It has ended or was given up: what comes of it later is dropped. */
  over = false;
  /** Ends its time, if it has a limit. */
  stopTime: (() => void) | undefined = undefined;
  // The signal is made when it is asked for: most handlers never do. No private fields, for a derived context reads it too.
  controller: AbortController | undefined = undefined;
  aborted: { readonly reason: unknown } | undefined = undefined;

  /** Aborted when the handler should stop. */
  get stopSignal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted !== undefined) {
        this.controller.abort(this.aborted.reason);
      }
    }
    return this.controller.signal;
  }

  /** Asks the handler to stop. */
  abort(reason: unknown): void {
    if (this.aborted !== undefined) return;
    this.aborted = { reason };
    this.controller?.abort(reason);
  }
}
