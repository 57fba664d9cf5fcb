import { test } from "@ruststream/conformance/runner";
import { RustStream } from "@ruststream/core";
import { faulty } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { run, SharedBroker, TestWorld } from "./_kit_test.ts";
import {
  encoder,
  idsOf,
  keeping,
  keptAt,
  letter,
  put,
  shop,
} from "./_letters_test.ts";

for (
  const [options, ids] of [
    ["", [1, 2, 3, 4]],
    ["--where kind=a", [1, 3]],
    ["--where KIND=a --where size=l", [3]],
    ["--reason codec", [2]],
    ["--older-than 7d", [1, 2, 3]],
    ["--limit 2", [1, 2]],
    ["--where kind=a --limit 1", [1]],
    ["--where kind=z", []],
  ] as const
) {
  test(`dead-letters list ${options} gives ${ids.join(", ") || "none"}`, async () => {
    const broker = keeping();
    await using connection = await broker.connect();
    await put(
      connection,
      letter(1, { kind: "a" }),
      letter(2, { "ruststream-dead-letter-reason": "codec" }),
      letter(3, { kind: "a", size: "l" }),
      letter(4, { "ruststream-dead-letter-at": new Date().toISOString() }),
      // Not one of ours: nothing touches it.
      { address: "dead", body: encoder.encode("{}") },
    );

    const world = new TestWorld(`dead-letters list dead ${options}`);
    const code = await run(world, shop(broker));

    const lines = world.stdout.split("\n").filter(Boolean);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).id),
      ids.map((id) => `dead#${id}`),
    );
    assert.equal(code, 0);
  });
}

test("dead-letters show writes all of a letter", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1), letter(2));
  const json = new TestWorld("dead-letters show dead#2");
  const text = new TestWorld("dead-letters show dead#2");
  text.terminal = true;
  const gone = new TestWorld("dead-letters show dead#7");

  assert.equal(await run(json, shop(broker)), 0);
  assert.equal(await run(text, shop(broker)), 0);
  assert.equal(await run(gone, shop(broker)), 1);

  assert.deepEqual(JSON.parse(json.stdout), {
    id: "dead#2",
    at: "2020-01-01T00:00:00.000Z",
    address: "orders",
    reason: "error",
    attempts: 3,
    subscriber: "place",
    error: "out of stock",
    key: "k",
    headers: [["message-id", "order-2"]],
    body: { id: 2 },
  });
  assert.match(text.stdout, /^id {10}dead#2\n/);
  assert.match(text.stdout, /\nheader {6}message-id: order-2\n/);
  assert.match(text.stdout, /\n\{\n {2}"id": 2\n\}\n\n$/);
  assert.equal(
    gone.stderr,
    'Cannot find dead letter "dead#7": it is not kept, or no longer\n',
  );
});

test("dead-letters --dry-run counts, and does nothing", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1), letter(2));
  const redrive = new TestWorld("dead-letters redrive --dry-run --limit 1");
  const purge = new TestWorld("dead-letters purge dead --dry-run");
  purge.terminal = true;

  assert.equal(await run(redrive, shop(broker)), 0);
  assert.equal(await run(purge, shop(broker)), 0);

  assert.deepEqual(JSON.parse(redrive.stdout), { matched: 1 });
  assert.equal(purge.stdout, "matched  2\n");
  assert.equal((await keptAt(connection, "dead")).length, 2);
  assert.equal((await keptAt(connection, "orders")).length, 0);
});

test("dead-letters purge removes the letters that match, and nothing that is none", async () => {
  const broker = keeping();
  await using connection = await broker.connect();
  await put(connection, letter(1, { kind: "a" }), letter(2), letter(3));
  await put(connection, { ...letter(4), address: "other" });

  await put(
    connection,
    { address: "other", body: encoder.encode('{"id":5}') },
    { address: "dead", body: encoder.encode('{"id":6}') },
  );

  for (const args of ["dead --where kind=a", "dead", "other"]) {
    const world = new TestWorld(`dead-letters purge ${args}`);
    assert.equal(await run(world, shop(broker)), 0);
    const { matched, purged } = JSON.parse(world.stdout);
    assert.deepEqual([matched, purged], args === "dead" ? [2, 2] : [1, 1]);
  }

  assert.deepEqual(idsOf(await keptAt(connection, "dead")), [6]);
  assert.deepEqual(idsOf(await keptAt(connection, "other")), [5]);
});

test("dead-letters names the broker whose messages cannot be looked at", async () => {
  const bare = new TestWorld("dead-letters list");
  assert.equal(await run(bare, shop(new SharedBroker())), 1);
  const blind = faulty(keeping(), {
    breaks: "What it keeps cannot be looked at.",
    connection: () => ({ kept: undefined }),
  });
  const lacking = new TestWorld("dead-letters list");
  assert.equal(await run(lacking, shop(blind)), 1);

  assert.equal(
    bare.stderr,
    'Cannot look at what is kept of "dead": this broker keeps no log, it was made without the option "retain"\n',
  );
  assert.match(
    lacking.stderr,
    /^Cannot look at dead letters of "dead": broker "memory" lacks "kept", /,
  );
});

for (
  const [args, line] of [
    ["", 'Cannot run "dead-letters": expected list, show, redrive, purge'],
    [
      "lst",
      'Cannot run "dead-letters lst": no such word; the nearest is "list"',
    ],
    [
      "purge",
      "Cannot purge dead letters: expected ADDRESS or ID, so that none is removed by mistake",
    ],
    ["show", "Cannot show dead letters: expected ADDRESS or ID"],
    [
      "list a b",
      "Cannot list dead letters: expected [ADDRESS|ID], found 2 words",
    ],
    [
      "list --dry-run",
      'Cannot take "--dry-run": "dead-letters list" has no such option',
    ],
    [
      "list --older-than 7",
      'Cannot take "--older-than 7": expected a time as 500ms, 90s, 15m, 2h or 7d',
    ],
    ["list --where a", 'Cannot take "--where a": expected NAME=VALUE'],
    [
      "list --broker memry",
      'Cannot use broker "memry": "shop" has only memory; the nearest is "memory"',
    ],
    [
      "redrive --to a.{b}",
      'Cannot redrive to "a.{b}": it has parameters, expected one full address',
    ],
  ] as const
) {
  test(`main() refuses "dead-letters ${args}" in one line, and exits with 2`, async () => {
    const world = new TestWorld(`dead-letters ${args}`);

    const code = await run(world, shop(keeping()));

    assert.equal(world.stderr, `${line}\n`);
    assert.equal(world.stdout, "");
    assert.equal(code, 2);
  });
}

test("dead-letters asks for an address where no subscriber declares any", async () => {
  const app = new RustStream({ title: "shop", version: "0.1.0" })
    .withBroker(keeping());
  const world = new TestWorld("dead-letters list");

  assert.equal(await run(world, app), 2);

  assert.equal(
    world.stderr,
    "Cannot list dead letters: no subscriber declares any, expected ADDRESS\n",
  );
});

for (const filter of ["--where kind=b", "--reason codec", "--limit 2"]) {
  test(`dead-letters refuses ${filter} beside the id of one letter`, async () => {
    const broker = keeping();
    await using connection = await broker.connect();
    await put(connection, letter(1, { kind: "a" }));
    const world = new TestWorld(`dead-letters purge dead#1 ${filter}`);

    assert.equal(await run(world, shop(broker)), 2);

    assert.equal(
      world.stderr,
      'Cannot purge "dead#1": that is one letter, and --where, --reason, --older-than, --limit choose among many\n',
    );
    assert.deepEqual(idsOf(await keptAt(connection, "dead")), [1]);
  });
}
