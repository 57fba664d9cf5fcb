// The list of checks in the README. There is no test in it: `deno run -A conformance/_check_list_test.ts --write` writes it anew.
import { checks } from "@ruststream/conformance";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";

const begin = "<!-- checks -->\n";
const end = "\n<!-- end of checks -->";

/** Every check by its rule, as a table of Markdown. */
export function checkList(): string {
  const rows = checks
    .toSorted((one, other) => one.rule - other.rule)
    .map(({ id, promise, rule, catches }) =>
      `| ${rule} | \`${id}\` | ${
        promise.replaceAll("|", "\\|")
      } | \`${catches}\` |`
    );
  return [
    "<!-- deno-fmt-ignore-start -->",
    "| rule | check | what it tries | the mutant that it catches |",
    "| --- | --- | --- | --- |",
    ...rows,
    "<!-- deno-fmt-ignore-end -->",
  ].join("\n");
}

// Not by `import.meta.main`: node --test runs each file as the main one.
if (process.argv.includes("--write")) {
  const path = new URL("README.md", import.meta.url);
  const text = await readFile(path, "utf8");
  const [before = ""] = text.split(begin);
  const [, after = ""] = text.split(end);
  await writeFile(path, `${before}${begin}${checkList()}${end}${after}`);
}
