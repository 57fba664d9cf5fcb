import { checks } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main, type World } from "./conformance.ts";
import { type TriedBroker, triedBrokers } from "./conformance_brokers.ts";
import { claimedBy } from "./conformance_result.ts";
import { readKept, table, withTable } from "./conformance_table.ts";
import { root } from "./repository.ts";

const some = ["settle/twice", "publish/survives-restart", "bodies/empty"];

/** Memory under another name, tried on three checks. */
function memory(name: string, breaks?: string): TriedBroker {
  const broker = (): MemoryBroker => new MemoryBroker();
  return {
    name,
    folder: "memory",
    bench: () =>
      Promise.resolve({
        broker: breaks === undefined ? broker : () => faulty(broker(), breaks),
        clock: () => new VirtualClock(),
        checks: checks.filter(({ id }) => some.includes(id)),
      }),
  };
}

const broken = memory("broken", "settles-twice");
const absent: TriedBroker = {
  name: "absent",
  folder: "memory",
  bench: () => Promise.reject(new TypeError('Cannot start "server": no port')),
};

/** A world without a terminal, its brokers, and what was written. */
class TestWorld implements World {
  readonly brokers: readonly TriedBroker[];
  readonly root: string;
  readonly colour = false;
  readonly shown: string[] = [];
  stdout = "";
  stderr = "";

  constructor(brokers: readonly TriedBroker[], root = "") {
    this.brokers = brokers;
    this.root = root;
  }

  out(text: string): void {
    this.stdout += text;
  }

  err(text: string): void {
    this.stderr += text;
  }

  show(text: string): void {
    this.shown.push(text);
  }
}

test("main() prints brokers × checks, what is not claimed and the totals", async () => {
  const world = new TestWorld([memory("one"), memory("another")]);

  const code = await main([], world);

  assert.equal(
    world.stdout,
    `                    one     another
publish
  survives-restart  -       -
bodies
  empty             passed  passed
settle
  twice             passed  passed

one does not claim
  the bench has no restart
    publish/survives-restart

another does not claim
  the bench has no restart
    publish/survives-restart

one: 3 checks: 2 passed, 0 failed, 1 not claimed
another: 3 checks: 2 passed, 0 failed, 1 not claimed
`,
  );
  assert.equal(code, 0);
});

test("main() tries the one that is named, and shows where it is", async () => {
  const world = new TestWorld([memory("one"), memory("another")]);

  const code = await main(["another"], world);

  assert.match(world.stdout, /^ {20}another\n/);
  assert.deepEqual(world.shown, [
    "another: check 1, bodies/empty",
    "another: check 2, settle/twice",
    "",
  ]);
  assert.equal(code, 0);
});

test("main() says what was promised and what was found, and exits with 1", async () => {
  const world = new TestWorld([broken]);

  const code = await main([], world);

  assert.match(world.stdout, /\n {2}twice +FAILED\n/);
  assert.match(
    world.stdout,
    /\nFAILED settle\/twice on broken \(rule 5\)\n {2}Promised: .+\n(.+\n)* {2}Found: .*expected(.|\n)*found(.|\n)*\n\n/,
  );
  assert.match(
    world.stdout,
    /\nbroken: 3 checks: 1 passed, 1 failed, 1 not claimed\n$/,
  );
  assert.equal(code, 1);
});

test("main() says why a broker cannot be tried, tries the others, and exits with 1", async () => {
  const world = new TestWorld([absent, memory("one")]);

  const code = await main([], world);

  assert.match(
    world.stdout,
    /\nabsent: cannot be tried: Cannot start "server": no port\none: 3 checks/,
  );
  assert.equal(code, 1);
});

test("main() writes the same as data", async () => {
  const world = new TestWorld([memory("one"), broken, absent]);

  const code = await main(["--json"], world);

  const { brokers } = JSON.parse(world.stdout);
  const [one, two, three] = brokers;
  assert.deepEqual(one, {
    name: "one",
    totals: { checks: 3, passed: 2, failed: 0, notClaimed: 1 },
    checks: [
      {
        id: "publish/survives-restart",
        rule: 14,
        status: "not claimed",
        reason: "the bench has no restart",
      },
      { id: "bodies/empty", rule: 11, status: "passed" },
      { id: "settle/twice", rule: 5, status: "passed" },
    ],
  });
  assert.equal(two.checks[2].status, "failed");
  assert.match(two.checks[2].error, /expected .*found/);
  assert.equal(three.error, 'Cannot start "server": no port');
  assert.equal(code, 1);
});

for (
  const [args, line] of [
    [
      ["memry"],
      'Cannot try "memry": there are only memory, file; the nearest is "memory"',
    ],
    [
      ["--jsn"],
      'Cannot take "--jsn": there are only --help, --json, --runtime, --write; the nearest is "--json"',
    ],
    [
      ["--runtime", "nodde"],
      'Cannot run on "nodde": there are only node, bun; the nearest is "node"',
    ],
  ] as const
) {
  test(`main() refuses "${args.join(" ")}" in one line, and exits with 2`, async () => {
    const world = new TestWorld(triedBrokers);

    const code = await main(args, world);

    assert.equal(world.stderr, `${line}\n`);
    assert.equal(world.stdout, "");
    assert.equal(code, 2);
  });
}

test("main() says how it is called", async () => {
  const world = new TestWorld(triedBrokers);

  assert.equal(await main(["--help"], world), 0);

  assert.match(world.stdout, /\nBrokers: memory, file; without one, all\n/);
});

test("main() keeps what it found, and writes the table of all that is kept", async () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const readme = join(folder, "README.md");
  const before =
    "# a\n\n<!-- conformance -->\nold\n<!-- end of conformance -->\n";
  writeFileSync(readme, before);
  const brokers = [memory("one"), broken];
  try {
    await main(["--write", "broken"], new TestWorld(brokers, folder));
    await main(["--write", "one"], new TestWorld(brokers, folder));
    const text = readFileSync(readme, "utf8");

    assert.match(
      text,
      /\n\| checks of \| \[one\]\(memory\/\) \| \[broken\]\(memory\/\) \|\n/,
    );
    assert.match(
      text,
      /\n\| `settle` \| 1 of 1 \| 0 of 1, \*\*1 failed\*\* \|\n/,
    );
    assert.match(text, /\n\| all \| 2 of 3 \| 1 of 3, \*\*1 failed\*\* \|\n/);
    assert.match(
      text,
      /\n- \*\*one\*\*: 3 checks: .* 1 not claimed: the bench has no restart\.\n/,
    );
    assert.doesNotMatch(text, /old/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("withTable() refuses a text without its markers", () => {
  assert.throws(() => withTable("# a\n", "table"), {
    name: "TypeError",
    message: /^Cannot write the table: expected the lines /,
  });
});

// That each check passes is for the brokers' own tests; what is claimed is known without running any.
for (const broker of triedBrokers) {
  test(`docs/results/${broker.name}.json says what it claims; deno task conformance --write`, async () => {
    const claimed = await claimedBy(broker);

    const [kept] = readKept(root, [broker]);

    assert.deepEqual(kept, claimed);
  });
}

test("README.md has the table of docs/results; deno task conformance --write", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");

  const made = table(triedBrokers, readKept(root, triedBrokers));

  assert.equal(readme, withTable(readme, made));
});
