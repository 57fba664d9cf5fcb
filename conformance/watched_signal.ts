/** A signal that counts who listens to it. */
export interface WatchedSignal {
  /** Never aborted. */
  readonly signal: AbortSignal;
  /** How many listen to it now. */
  readonly listeners: () => number;
}

/** Makes a signal that is watched. */
export function watchedSignal(): WatchedSignal {
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  const watch = (method: string, note: (listener: unknown) => void): void => {
    const real = Reflect.get(signal, method).bind(signal);
    const value = (type: string, listener: unknown, options: unknown): void => {
      note(listener);
      real(type, listener, options);
    };
    Object.defineProperty(signal, method, { value });
  };
  watch("addEventListener", (listener) => listening.add(listener));
  watch("removeEventListener", (listener) => listening.delete(listener));
  return { signal, listeners: () => listening.size };
}
