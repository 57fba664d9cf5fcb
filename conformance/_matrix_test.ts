// Prints every check against every mutant, and which mutants one check alone catches. There is no test in it: `deno run -A conformance/_matrix_test.ts --print`.
import { checks, runConformance } from "@ruststream/conformance";
import { faults } from "@ruststream/core/testing";
import process from "node:process";
import { bases, benchOf, runOnBases } from "./_mutants_test.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Which checks a mutant fails, each tried on the first broker that claims it. */
export async function failedBy(
  fault: string,
  baseOf: (id: string) => string | undefined,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const base of Object.keys(bases)) {
    const wanted = checks.filter(({ id, catches }) =>
      // It takes as long as all others together, and cares for one fault alone.
      baseOf(id) === base && (id !== "subscription/many" || catches === fault)
    );
    const run = runConformance({
      ...benchOf(base, fault),
      checks: wanted,
      deadlineMs: 1_000,
    });
    const ids = await run.then(
      ({ results }) =>
        results.filter(({ status }) => status === "failed").map(({ id }) => id),
      () => [`before the first check on ${base}`],
    );
    failed.push(...ids);
  }
  return failed;
}

async function printAll(): Promise<void> {
  const claimed = await runOnBases();
  const alone = new Map<string, string>();
  const names = Object.keys(faults);
  for (const fault of names) {
    const failed = await failedBy(fault, (id) => claimed.get(id)?.base);
    print(`${fault}: ${failed.join(", ") || "none"}`);
    const [only] = failed;
    if (failed.length === 1 && only !== undefined) alone.set(fault, only);
  }
  print(`\nCaught by one check alone (${alone.size} of ${names.length}):`);
  for (const [fault, id] of alone) print(`  ${fault}: ${id}`);
}

// Not by `import.meta.main`: node --test runs each file as the main one.
if (process.argv.includes("--print")) await printAll();
