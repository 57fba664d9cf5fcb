/**
 * The brokers that `deno task conformance` tries. A new one is one line here, and the bench that its own test uses.
 *
 * @module
 */
import type { ConformanceRunOptions } from "@ruststream/conformance";
import type { NatsGeneration } from "./nats_binary.ts";

/** How a broker is tried, and what is let go of after that. */
export type Bench =
  & ConformanceRunOptions
  & Partial<AsyncDisposable & Disposable>;

/** What a broker is tried on. */
export interface BenchOptions {
  /** Which of its servers, where it has several. By default the newest. */
  readonly generation?: NatsGeneration;
}

/** A broker to try. */
export interface TriedBroker {
  /** What it is called on the command line, in the table, and in `docs/results/`. */
  readonly name: string;
  /** Its folder, from the root. */
  readonly folder: string;
  /** The servers that it is tried on, the oldest first. By default it needs none. */
  readonly servers?: readonly NatsGeneration[];
  /** Makes the bench of one run. */
  bench(options?: BenchOptions): Promise<Bench>;
}

/** A broker whose folder has a `conformance_bench.ts` that exports `bench()`. */
function inFolder(
  name: string,
  folder: string,
  more: Pick<TriedBroker, "servers"> = {},
): TriedBroker {
  return {
    name,
    folder,
    ...more,
    async bench(options) {
      const file = new URL(
        `../${folder}/conformance_bench.ts`,
        import.meta.url,
      );
      const { bench } = await import(file.href) as {
        bench(options?: BenchOptions): Bench | Promise<Bench>;
      };
      return await bench(options);
    },
  };
}

const onNats = { servers: ["2.9", "2.10", "newest"] } as const;

/** All of them, in the order of the table. */
export const triedBrokers: readonly TriedBroker[] = [
  inFolder("memory", "memory"),
  inFolder("file", "examples/custom_broker"),
  inFolder("nats", "nats", onNats),
  inFolder("jetstream", "nats/jetstream", onNats),
];
