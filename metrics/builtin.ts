/** What of the runtime's own modules is used here. */
interface Builtins {
  "node:async_hooks": {
    readonly AsyncLocalStorage: new <T>() => {
      getStore(): T | undefined;
      run<R>(store: T, run: () => R): R;
    };
  };
  "node:diagnostics_channel": {
    channel(name: string): {
      readonly hasSubscribers: boolean;
      publish(message: unknown): void;
    };
  };
}

/** A module of the runtime, without importing it: undefined where the runtime has none, as on workers and in browsers. */
export function builtin<N extends keyof Builtins>(
  name: N,
): Builtins[N] | undefined {
  const { process } = globalThis as {
    readonly process?: {
      readonly getBuiltinModule?: (name: string) => unknown;
    };
  };
  return process?.getBuiltinModule?.(name) as Builtins[N] | undefined;
}
