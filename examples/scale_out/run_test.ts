import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { short } from "../../_tools/chaos.ts";
import { isSound } from "../../_tools/chaos_report.ts";
import { runChaos } from "../../_tools/chaos_run.ts";

test(
  "the service that scales out loses nothing, and keeps each shop's order, while all around it fails",
  async () => {
    const seed = Date.now() % 1_000_000;
    const said: string[] = [];

    const result = await runChaos({
      ...short,
      seed,
      say: (line) => said.push(line),
    });

    assert.ok(isSound(result), `${JSON.stringify(result)}\n${said.join("\n")}`);
  },
  { timeoutMs: 60_000 },
);
