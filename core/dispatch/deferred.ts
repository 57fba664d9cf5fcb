/** Who is told how something ended, by a key of its own: no closure is made for each. */
export interface Told<in K> {
  succeeded(key: K, value: unknown): void;
  failed(key: K, error: unknown): void;
}

/** A listener of a promise. */
const ofPromise: Told<PromiseWithResolvers<unknown>> = {
  succeeded: ({ resolve }, value) => resolve(value),
  failed: ({ reject }, error) => reject(error),
};

/**
 * What a handler returns whose end somebody else decides: a promise that costs none where only the dispatcher waits for it.
 */
export class Deferred implements PromiseLike<unknown> {
  #told: Told<unknown> | undefined = undefined;
  #key: unknown = undefined;
  #end: (() => void) | undefined = undefined;

  /** Until when it waits for nothing but the clock; undefined where it does not. For tests, whose clock stands still. */
  get restsUntil(): number | undefined {
    return undefined;
  }

  /** Tells one listener, at once where it has ended already. */
  tell<K>(told: Told<K>, key: K): void {
    this.#told = told as Told<unknown>;
    this.#key = key;
    this.#end?.();
  }

  then<A = unknown, B = never>(
    fulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const made = Promise.withResolvers<unknown>();
    this.tell(ofPromise, made);
    return made.promise.then(fulfilled, rejected);
  }

  /** Ends it with a value. */
  succeed(value: unknown): void {
    if (this.#told !== undefined) this.#told.succeeded(this.#key, value);
    else this.#end = () => this.#told?.succeeded(this.#key, value);
  }

  /** Ends it with an error. */
  fail(error: unknown): void {
    if (this.#told !== undefined) this.#told.failed(this.#key, error);
    else this.#end = () => this.#told?.failed(this.#key, error);
  }
}
