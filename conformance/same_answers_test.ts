import { sameAnswers } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { benchOf } from "./_mutants_test.ts";

test("sameAnswers() gives what two brokers alike answer", async () => {
  const answers = await sameAnswers(benchOf("memory"), benchOf("memory"));

  assert.equal(
    answers['group, {"kind":"retry"}'],
    "resolves, comes back 1 times",
  );
  assert.equal(answers["backlog, alone"], "after");
});

for (const fault of ["loses-retry", "takes-too-large", "ack-as-retry"]) {
  test(`sameAnswers() tells a broker that differs by ${fault}`, async () => {
    await assert.rejects(
      sameAnswers(benchOf("memory"), benchOf("memory", fault)),
      { name: "ConformanceError" },
    );
  });
}
