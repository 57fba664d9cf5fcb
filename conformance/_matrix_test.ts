// Prints every check against every mutant of memory. There is no test in it: `deno run -A conformance/_matrix_test.ts --print`.
import { checks, runConformance } from "@ruststream/conformance";
import { faults } from "@ruststream/core/testing";
import process from "node:process";
import { benchOf } from "./_mutants_test.ts";

/** Which checks a mutant of memory fails. */
export async function failedBy(fault: string): Promise<readonly string[]> {
  const { results } = await runConformance({
    ...benchOf("memory", fault),
    checks: checks.filter(({ id }) => id !== "subscription/many"),
    deadlineMs: 1_000,
  });
  return results.filter(({ status }) => status === "failed").map(({ id }) =>
    id
  );
}

// Not by `import.meta.main`: node --test runs each file as the main one.
if (process.argv.includes("--print")) {
  for (const fault of Object.keys(faults)) {
    const failed = await failedBy(fault).catch(
      () => ["before the first check"],
    );
    process.stdout.write(`${fault}: ${failed.join(", ") || "none"}\n`);
  }
}
