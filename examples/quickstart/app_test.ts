import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { runExample } from "../run_example.ts";
import { app } from "./app.ts";

test("quickstart says which order it got", async () => {
  const { code, stdout, stderr } = await runExample(
    "quickstart",
    ["run", "--feed", "orders=-", "--exit-when-idle"],
    '{"id":1}\n{"id":2}\n',
  );

  assert.match(stdout, /^got order 1\ngot order 2\n/, stderr);
  assert.equal(code, 0, stderr);
});

test("quickstart starts, is ready and stops", async () => {
  await using running = await app.start();

  assert.equal(running.health().ready, true);
  assert.deepEqual(await running.stop(), { settled: 0, returned: 0, lost: 0 });
});
