import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "@ruststream/conformance/runner";

const page = new URL("../docs/nats_pitfalls.md", import.meta.url);

interface Claim {
  readonly file: string;
  readonly name: string;
}

/** What the page says that shows a pitfall: tests, or checks of the conformance suite. */
function claims(): readonly Claim[] {
  const text = readFileSync(page, "utf8").replace(/\s+/g, " ");
  return [...text.matchAll(/\]\((\.\.[^)]+\.ts)\) "([^"]+)"/g)].map((
    [, file = "", name = ""],
  ) => ({ file, name }));
}

function isThere({ file, name }: Claim): boolean {
  const url = new URL(file, page);
  if (!existsSync(url)) return false;
  const source = readFileSync(url, "utf8");
  return source.includes(`"${name}"`) || source.includes(`\`${name} `);
}

test("every test that the page of pitfalls names is there", () => {
  const missing = claims().filter((claim) => !isThere(claim));

  assert.deepEqual(missing, []);
});

test("every pitfall of the page but those without a test names one", () => {
  const [listed = ""] = readFileSync(page, "utf8").split("## What has no test");
  const pitfalls = listed.split(/^\d+\. /m).slice(1);

  assert.ok(pitfalls.length > 40);
  assert.deepEqual(
    pitfalls.filter((text) => !/\)\s+"/.test(text)),
    [],
  );
});
