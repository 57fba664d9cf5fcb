import { checks } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { faults } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { checkList } from "./_check_list_test.ts";

const here = new URL(".", import.meta.url);

test("every file of checks is in the list", async () => {
  const files = await readdir(new URL("checks", here), { recursive: true });
  const list = await readFile(new URL("all_checks.ts", here), "utf8");

  const missing = files
    .filter((path) => path.endsWith(".ts"))
    .filter((path) =>
      !list.includes(`"./checks/${path.replaceAll("\\", "/")}"`)
    );
  assert.deepEqual(missing, []);
});

test("every check has an id of its own, a sentence, a rule, and a fault that there is", () => {
  const wrong = checks.filter(({ id, promise, rule, catches }) =>
    !/^[a-z]+\/[a-z-]+$/.test(id) || !/^\w.*\.$/.test(promise) ||
    !(rule >= 1 && rule <= 21) || !Object.hasOwn(faults, catches)
  );

  assert.deepEqual(wrong.map(({ id }) => id), []);
  assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
});

test("every rule of the contract has a check", () => {
  const rules = new Set(checks.map(({ rule }) => rule));

  assert.deepEqual(
    Array.from({ length: 21 }, (_, i) => i + 1).filter((n) => !rules.has(n)),
    [],
  );
});

test("the README lists every check", async () => {
  const readme = await readFile(new URL("README.md", here), "utf8");

  assert.ok(
    readme.includes(checkList()),
    "run _check_list_test.ts to write it anew",
  );
});
