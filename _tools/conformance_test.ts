import { checks } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main, type World } from "./conformance.ts";
import { type Everywhere, readRows, rowsTable } from "./conformance_all.ts";
import { type TriedBroker, triedBrokers } from "./conformance_brokers.ts";
import { claimedBy, totalsText } from "./conformance_result.ts";
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

const deno = { name: "Deno", path: "deno", version: "2.9.6" } as const;
const bun = { name: "Bun", path: "bun", version: "1.4.5" } as const;

/** Two runtimes and servers without any of them: what is old has no groups, and fails on Bun. */
const two: Everywhere = {
  runtimes: () => [deno, bun],
  versionOf: (generation) => generation === "newest" ? "2.14.2" : "2.9.10",
  tryOn: ({ name: runtime }, name, generation) => {
    const old = generation === "2.9";
    const bad = old && runtime === "Bun";
    return {
      name,
      totals: {
        checks: 2,
        passed: old ? 0 : 2,
        failed: Number(bad),
        notClaimed: old ? 2 - Number(bad) : 0,
      },
      checks: [
        ...(old
          ? [
            {
              id: "groups/share",
              rule: 8,
              status: "not claimed",
              reason: "it has no groups",
            } as const,
          ]
          : []),
        ...(bad
          ? [
            {
              id: "settle/twice",
              rule: 5,
              status: "failed",
              error: "expected one, found two",
            } as const,
          ]
          : []),
      ],
    };
  },
};

/** A world without a terminal, its brokers, and what was written. */
class TestWorld implements World {
  readonly brokers: readonly TriedBroker[];
  readonly root: string;
  readonly colour = false;
  readonly everywhere = two;
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
      'Cannot try "memry": there are only memory, file, nats, jetstream; the nearest is "memory"',
    ],
    [
      ["--jsn"],
      'Cannot take "--jsn": there are only --all, --help, --json, --runtime, --server, --write; the nearest is "--json"',
    ],
    [
      ["--runtime", "nodde"],
      'Cannot run on "nodde": there are only node, bun; the nearest is "node"',
    ],
    [
      ["--server", "2.8"],
      'Cannot try on "2.8": there are only 2.9, 2.10, newest; the nearest is "2.9"',
    ],
    [
      ["--all", "--json"],
      'Cannot take "--json": "--all" is there too',
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

  assert.match(
    world.stdout,
    /\nBrokers: memory, file, nats, jetstream; without one, all\n/,
  );
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

test("main() tries everywhere with --all, with those in the folder of what is named, and keeps each row", async () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const one = memory("one");
  const world = new TestWorld([
    { ...one, folder: "nats", servers: ["2.9", "newest"] },
    { ...one, name: "inner", folder: "nats/inner" },
    { ...one, name: "other" },
  ], folder);
  try {
    const code = await main(["one", "--all", "--write"], world);
    const narrow = new TestWorld(world.brokers, folder);
    const args = ["one", "--all", "--write", "--server", "2.9"];
    await main([...args, "--runtime", "bun"], narrow);
    const text = readFileSync(join(folder, "docs/results/all.md"), "utf8");

    assert.equal(code, 1);
    assert.equal(
      world.stdout,
      `one on 2.9.10, Deno 2.9.6: 0 of 2
one on 2.9.10, Bun 1.4.5: 0 of 2, 1 failed
  FAILED settle/twice: expected one, found two
one on 2.14.2, Deno 2.9.6: 2 of 2
one on 2.14.2, Bun 1.4.5: 2 of 2
inner, Deno 2.9.6: 2 of 2
inner, Bun 1.4.5: 2 of 2
`,
    );
    assert.match(
      narrow.stdout,
      /^one on 2\.9\.10, Bun 1\.4\.5: 0 of 2, 1 failed\n.*\ninner, Bun 1\.4\.5: 2 of 2\n$/,
    );
    assert.ok(
      text.includes(`
| broker | server | Deno | Bun |
| --- | --- | --- | --- |
| one | 2.9.10 | 0 of 2 (2.9.6) | 0 of 2, 1 failed (1.4.5) |
| one | 2.14.2 | 2 of 2 (2.9.6) | 2 of 2 (1.4.5) |
| inner | – | 2 of 2 (2.9.6) | 2 of 2 (1.4.5) |

- **one** on 2.9.10 does not claim besides: it has no groups (1).
`),
      text,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// That each check passes is for the brokers' own tests; what is claimed is known without running any.
for (const broker of triedBrokers.filter(({ servers }) => !servers)) {
  test(`docs/results/${broker.name}.json says what it claims; deno task conformance --write`, async () => {
    const claimed = await claimedBy(broker);

    const [kept] = readKept(root, [broker]);

    assert.deepEqual(kept, claimed);
  });
}

// What these claim only a server knows, and this test is to run without one.
for (const broker of triedBrokers.filter(({ servers }) => servers)) {
  test(`docs/results/${broker.name}.json has all checks; deno task conformance ${broker.name} --write`, () => {
    const [kept] = readKept(root, [broker]);

    assert.deepEqual(
      kept?.checks.map(({ id }) => id),
      checks.map(({ id }) => id),
    );
    assert.equal(kept?.totals.failed, 0);
  });
}

test("README.md has the table of docs/results; deno task conformance --write", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");

  const made = table(triedBrokers, readKept(root, triedBrokers));

  assert.equal(readme, withTable(readme, made));
});

test("no README says another number of checks than there are, nor another count of the file broker", () => {
  const { length } = checks;
  const file = readKept(root, triedBrokers).find(({ name }) => name === "file");
  const says = (path: string) => readFileSync(join(root, path), "utf8");

  assert.ok(file !== undefined);
  assert.ok(
    says("examples/custom_broker/README.md").includes(
      `FileBroker: ${totalsText(file)}\n`,
    ),
  );
  assert.match(
    says("conformance/README.md"),
    new RegExp(`^mailbox: ${length} checks: `, "m"),
  );
});

// How old its rows are each of them says: trying all of them again takes too long for each new check.
test("docs/results/all.md is the table of all.json", () => {
  const text = readFileSync(join(root, "docs/results/all.md"), "utf8");

  assert.equal(text, rowsTable(readRows(root)));
});
