/**
 * One {@linkcode test} for whichever runner is present: `deno test`, `node --test` or `bun test`.
 *
 * @module
 */

/** What a test does; it fails by throwing. */
export type TestBody = () => void | Promise<void>;

/** Options for {@linkcode Test}. */
export interface TestOptions {
  /** Why the test is skipped. Without a reason it runs. */
  readonly skip?: string;
  /**
   * The longest it may take.
   *
   * @default {30_000}
   */
  readonly timeoutMs?: number;
}

/** Registers one test with a runner. */
export type Test = (
  name: string,
  body: TestBody,
  options?: TestOptions,
) => void;

interface DenoTest {
  (definition: {
    name: string;
    fn: TestBody;
    ignore: boolean;
    timeout: number;
    sanitizeOps: boolean;
    sanitizeResources: boolean;
  }): void;
}

interface NodeTest {
  (
    name: string,
    options: { skip: string | false; timeout: number },
    fn: TestBody,
  ): unknown;
}

interface Globals {
  readonly Deno?: { readonly test: DenoTest };
  readonly process?: {
    getBuiltinModule?(id: "node:test"): { readonly test: NodeTest } | undefined;
  };
}

function present(): Test {
  const { Deno: deno, process } = globalThis as unknown as Globals;
  if (deno !== undefined) {
    return (name, fn, { skip, timeoutMs = 30_000 } = {}) =>
      deno.test({
        name,
        fn,
        ignore: skip !== undefined,
        timeout: timeoutMs,
        sanitizeOps: true,
        sanitizeResources: true,
      });
  }
  const node = process?.getBuiltinModule?.("node:test");
  if (node !== undefined) {
    return (name, fn, { skip, timeoutMs = 30_000 } = {}) =>
      void node.test(
        name,
        { skip: skip ?? false, timeout: timeoutMs },
        async () => await fn(),
      );
  }
  return () => {
    throw new TypeError(
      "Cannot register a test: no runner found, expected deno test, node --test or bun test",
    );
  };
}

/** Registers one test with the runner that is present, leak sanitizers on where it has them. */
export const test: Test = present();
