/**
 * What runs of chaos came to, in words.
 *
 * @module
 */
import type { ChaosOptions, ChaosResult, Recovery } from "./chaos_run.ts";

/** Whether what was to go wrong did, but for a tenth that all was handled before, and nothing was lost, stored twice or handled out of order; without a fault nothing twice either. */
export function isSound(
  { messages, stored, lost, disordered, twice, planned, recoveries }:
    ChaosResult,
): boolean {
  return stored === messages && lost === 0 && disordered === 0 &&
    recoveries.length >= planned * 0.9 && (planned > 0 || twice === 0);
}

interface Times {
  readonly name: string;
  readonly count: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

/** The times of recovery by what went wrong. */
export function timesOf(recoveries: readonly Recovery[]): readonly Times[] {
  const byName = Map.groupBy(recoveries, ({ name }) => name);
  return [...byName].sort(([a], [b]) => a < b ? -1 : 1).map(([name, all]) => {
    const sorted = all.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      name,
      count: sorted.length,
      medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
      longestMs: sorted.at(-1) ?? 0,
    };
  });
}

/** One run for a terminal. */
export function reportText(result: ChaosResult): string {
  const { seed, server, messages, stored, lost, twice, disordered, seconds } =
    result;
  const lines = [
    `seed ${seed}, server ${server}, ${
      seconds.toFixed(1)
    } s: ${stored} of ${messages} stored, ${lost} lost, ${twice} handled twice, ${disordered} out of order; ${result.recoveries.length} of ${result.planned} faults came, ${result.fallen} starts failed`,
    ...timesOf(result.recoveries).map((
      { name, count, medianMs, longestMs },
    ) =>
      `  ${name}, ${count} times: all shops went on after ${medianMs} ms (median), ${longestMs} ms (longest)`
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The page that is kept. */
export function resultsPage(
  form: Omit<ChaosOptions, "seed" | "say">,
  calm: ChaosResult,
  results: readonly ChaosResult[],
): string {
  const { cluster, messages, shops, workers } = form;
  const command = `deno task chaos${
    cluster ? " --cluster" : ""
  } --runs ${results.length} --write`;
  const rows = results.map((one) =>
    `| ${one.seed} | ${one.stored} | ${one.lost} | ${one.twice} | ${one.disordered} | ${one.fallen} | ${
      one.seconds.toFixed(0)
    } s |`
  );
  const times = timesOf(results.flatMap(({ recoveries }) => recoveries)).map((
    { name, count, medianMs, longestMs },
  ) => `| ${name} | ${count} | ${medianMs} | ${longestMs} |`);
  return `<!-- deno-fmt-ignore-file -->
# Chaos ${cluster ? "in a cluster of three" : "on one server"}

\`${command}\` writes this page: ${workers} workers of
[examples/scale_out](../../examples/scale_out/README.md) handle ${messages} orders of ${shops} shops
while things go wrong. Server ${calm.server}, ${
    new Date().toISOString().slice(0, 10)
  }.

| seed | stored | lost | handled twice | out of order | starts that failed | took |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

Without a fault, ${calm.messages} orders: ${calm.lost} lost, ${calm.twice} handled twice, ${calm.disordered} out of order.

| what went wrong | times, all runs | until every shop went on: median, ms | longest, ms |
| --- | --- | --- | --- |
${times.join("\n")}

Faults follow each other sooner than all shops have recovered, so the times hold
those of their neighbours.
`;
}
