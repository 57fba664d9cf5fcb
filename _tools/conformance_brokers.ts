/**
 * The brokers that `deno task conformance` tries. A new one is one line here, and the bench that its own test uses.
 *
 * @module
 */
import type { ConformanceRunOptions } from "@ruststream/conformance";

/** How a broker is tried, and what is let go of after that. */
export type Bench =
  & ConformanceRunOptions
  & Partial<AsyncDisposable & Disposable>;

/** A broker to try. */
export interface TriedBroker {
  /** What it is called on the command line, in the table, and in `docs/results/`. */
  readonly name: string;
  /** Its folder, from the root. */
  readonly folder: string;
  /** Makes the bench of one run. */
  bench(): Promise<Bench>;
}

/** A broker whose folder has a `conformance_bench.ts` that exports `bench()`. */
function inFolder(name: string, folder: string): TriedBroker {
  return {
    name,
    folder,
    async bench() {
      const file = new URL(
        `../${folder}/conformance_bench.ts`,
        import.meta.url,
      );
      const { bench } = await import(file.href) as {
        bench(): Bench | Promise<Bench>;
      };
      return await bench();
    },
  };
}

/** All of them, in the order of the table. */
export const triedBrokers: readonly TriedBroker[] = [
  inFolder("memory", "memory"),
  inFolder("file", "examples/custom_broker"),
];
