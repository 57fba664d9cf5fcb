/** One run of a handler: what a timeout or a lost delivery aborts. */
export class Run {
  /** How far into the middleware it has come: each `next` may be called once. */
  layer = 0;
  /** It has ended or was given up: what comes of it later is dropped. */
  over = false;
  /** When it started, by the clock of the application. */
  startedAt = 0;
  // The signal is made when it is asked for: most handlers never do.
  #controller: AbortController | undefined = undefined;
  #reason: { readonly reason: unknown } | undefined = undefined;

  /** Aborted when the handler should stop. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) {
        this.#controller.abort(this.#reason.reason);
      }
    }
    return this.#controller.signal;
  }

  /** Asks the handler to stop. */
  abort(reason: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = { reason };
    this.#controller?.abort(reason);
  }
}
