import { test } from "@ruststream/conformance/runner";
import { bytes, channel, type RustStream, subscriber } from "@ruststream/core";
import type { Command } from "@ruststream/core/cli";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { quietApp, run, TestWorld } from "./_kit_test.ts";

const orders = channel<{ id: number }>("orders.placed");

function shop(): RustStream {
  return quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(orders, {
        name: "place",
        group: "billing",
        concurrency: 8,
        retry: { maxAttempts: 3 },
        deadLetter: bytes("orders.dead"),
      }, () => {})),
  );
}

for (
  const [args, line] of [
    [
      "desribe",
      'Cannot run "desribe": no such command; the nearest is "describe"',
    ],
    [
      "zzzz",
      'Cannot run "zzzz": no such command; there are run, describe, publish, request, tail, dead-letters',
    ],
    ["help", 'Cannot run "help": no such command; the nearest is "--help"'],
    ["run more", 'Cannot take "more": "run" takes no words'],
    [
      "--json describe",
      'Cannot take "describe": a command comes first, before all options',
    ],
    [
      "--exit-when-idel",
      'Cannot take "--exit-when-idel": "run" has no such option; the nearest is "--exit-when-idle"',
    ],
    ["-x", 'Cannot take "-x": "run" has no such option'],
    ["--json=1", 'Cannot take "--json=1": --json takes no value'],
    [
      "--feed --json",
      'Cannot take "--feed": it needs a value, --feed ADDRESS=FILE',
    ],
    [
      "--drain-ms 1 --drain-ms 2",
      'Cannot take "--drain-ms": it is there twice',
    ],
    [
      "--drain-ms 1.5",
      'Cannot take "--drain-ms 1.5": expected a whole number of milliseconds of at least 0',
    ],
    [
      "--feed orders.placed",
      'Cannot feed "orders.placed": expected ADDRESS=FILE, as in orders.placed=orders.ndjson',
    ],
    [
      "--feed orders.placed=",
      'Cannot feed "orders.placed=": expected ADDRESS=FILE, as in orders.placed=orders.ndjson',
    ],
    [
      "--feed =file",
      'Cannot feed "=file": expected ADDRESS=FILE, as in orders.placed=orders.ndjson',
    ],
    [
      "--feed orders.{id}=file",
      'Cannot feed "orders.{id}=file": its address has parameters, expected one full address',
    ],
    [
      "--feed a..b=file",
      'Cannot feed "a..b=file": Cannot use address "a..b": it has an empty token',
    ],
    [
      "--feed a=- --feed b=-",
      'Cannot feed "-" twice: standard input can be read once',
    ],
    [
      "--broker memory",
      'Cannot use "--broker": it names the broker to feed, and there is no "--feed"',
    ],
    [
      "--feed a=- --broker memry",
      'Cannot feed broker "memry": "shop" has only memory; the nearest is "memory"',
    ],
    [
      "--feed orders.placed=gone.ndjson",
      'Cannot feed "orders.placed": there is no file "gone.ndjson"',
    ],
  ] as const
) {
  test(`main() refuses "${args}" in one line, and exits with 2`, async () => {
    const world = new TestWorld(args);

    const code = await run(world, shop());

    assert.equal(world.stderr, `${line}\n`);
    assert.equal(world.stdout, "");
    assert.equal(code, 2);
  });
}

test("main() shows the help of all commands, and of one", async () => {
  const all = new TestWorld("--help");
  const one = new TestWorld("describe -h");

  assert.equal(await run(all, shop()), 0);
  assert.equal(await run(one, shop()), 0);

  assert.match(all.stdout, /^shop 0\.1\.0\n/);
  assert.match(all.stdout, /\n {2}run {7}.*\(the default\)\n {2}describe /);
  assert.match(all.stdout, /\n {2}--feed ADDRESS=FILE {2}/);
  assert.match(one.stdout, /\nUsage: describe \[OPTIONS\]\n/);
  assert.match(one.stdout, /\n {2}--json /);
  assert.doesNotMatch(one.stdout, /--feed/);
});

test("main() says the title and the version", async () => {
  const world = new TestWorld("--version");

  assert.equal(await run(world, shop()), 0);

  assert.equal(world.stdout, "shop 0.1.0\n");
});

test("main() describes each subscriber in a block of at most 100 columns", async () => {
  const world = new TestWorld("describe");

  assert.equal(await run(world, shop()), 0);

  const block = world.stdout.slice(world.stdout.indexOf("subscriber"));
  assert.equal(
    block.slice(0, block.search(/^ {2}note|$(?![^])/m)),
    `subscriber place
  address        orders.placed
  broker         memory
  group          billing
  concurrency    8
  order          yield: what follows may overtake a retry
  retry          3 attempts, then dead-letter
  dead letter    orders.dead
  undecodable    dead-letter
  defaults       retry.backoff 100 ms to 30000 ms, times 2, random; deadLetter.unconfirmed false;
                 onExhausted dead-letter; maxHeld 1000; messageIds true; codec application/json
                 (each by --all)
  support        retry: native
                 delayed retry: native
                 attempts: native
                 dead letter: runtime
                 group: native
`,
  );
  assert.ok(world.stdout.split("\n").every((line) => line.length <= 100));
});

test("main() describes what was changed in a row of its own, and all settings by --all", async () => {
  const app = (): RustStream =>
    quietApp().withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(orders, { maxHeld: 5 }, () => {})),
      { onLost: "retry" },
    );
  const some = new TestWorld("describe");
  const all = new TestWorld("describe --all");

  assert.equal(await run(some, app()), 0);
  assert.equal(await run(all, app()), 0);

  assert.match(some.stdout, /\n {2}on a loss +open it again\n/);
  assert.match(
    some.stdout,
    /\n {2}settings {7}maxHeld: 5 \(runtime\)\n {2}defaults /,
  );
  assert.match(all.stdout, /\n {2}settings {7}group: none \(not in force\)\n/);
  assert.match(all.stdout, /\n {17}maxHeld: 5 \(runtime\)\n/);
  assert.match(all.stdout, /\n {17}abandonMs: 10000 ms \(not in force\)\n/);
  assert.doesNotMatch(all.stdout, /\n {2}defaults/);
});

test("main() describes as JSON all that describe() returns, keys without a value too", async () => {
  const world = new TestWorld("describe --json");
  const app = shop();
  const { subscribers: [subscriber], ...rest } = app.describe();

  assert.equal(await run(world, app), 0);

  const { subscribers: [written], ...others } = JSON.parse(world.stdout);
  assert.deepEqual(others, rest);
  assert.deepEqual(Object.keys(written), Object.keys(subscriber ?? {}));
  assert.equal(written.timeoutMs, null);
  assert.deepEqual(written.settings.abandonMs, {
    value: 10_000,
    by: null,
    isDefault: true,
  });
  assert.equal(written.settings.maxBodyBytes.value, "unlimited");
});

test("main() says in one line why an application cannot start, and exits with 1", async () => {
  const world = new TestWorld("run");
  const twice = quietApp()
    .withBroker(new MemoryBroker())
    .withBroker(new MemoryBroker());

  assert.equal(await run(world, twice), 1);

  assert.match(world.stderr, /^Cannot start "shop": two brokers .*\n$/);
});

test("main() says what lies beneath an error, and with --trace where", async () => {
  const cause = new Error("no route");
  const failing = (): RustStream =>
    shop().afterStart(() => {
      throw new TypeError("Cannot reach the till", { cause });
    });
  const line = new TestWorld("run");
  const trace = new TestWorld("run --trace");

  assert.equal(await run(line, failing()), 1);
  assert.equal(await run(trace, failing()), 1);

  assert.match(line.stderr, /^[^\n]*Cannot reach the till: no route\n$/);
  assert.match(trace.stderr, /main_test\.ts/);
});

test("main() runs a command of another module with its words and options", async () => {
  const seen: unknown[] = [];
  const command: Command = {
    name: "asyncapi",
    summary: "Write the document",
    usage: "gen|check",
    options: {
      out: { summary: "Where to", value: "FILE" },
      tag: { summary: "A tag", value: "NAME", repeats: true },
      strict: { summary: "No warnings" },
    },
    run({ app, words, value, values, has, write, say, signal }) {
      seen.push(app.info.title, words, value("out"), values("tag"));
      seen.push(has("strict"), has("out"), value("tag"), signal.aborted);
      write("document\n");
      say("done");
      return 3;
    },
  };
  const world = new TestWorld(
    "asyncapi gen --tag a --out=x.json --tag b --strict",
  );

  assert.equal(await run(world, shop(), { commands: [command] }), 3);

  assert.deepEqual(seen, [
    "shop",
    ["gen"],
    "x.json",
    ["a", "b"],
    true,
    true,
    "a",
    false,
  ]);
  assert.equal(world.stdout, "document\n");
  assert.equal(world.stderr, "done\n");
});

test("main() exits with 2 where a command refuses, and with 1 where it throws", async () => {
  const base = { summary: "Fails", usage: "[WORD]" };
  const refuses: Command = {
    ...base,
    name: "refuses",
    run: ({ refuse, words }) => refuse(`Cannot do "${words[0]}": no reason`),
  };
  const throws: Command = {
    ...base,
    name: "throws",
    run: () => Promise.reject(new RangeError("Cannot do it")),
  };
  const commands = [refuses, throws];
  const refused = new TestWorld("refuses this");
  const thrown = new TestWorld("throws");

  assert.equal(await run(refused, shop(), { commands }), 2);
  assert.equal(await run(thrown, shop(), { commands }), 1);

  assert.equal(refused.stderr, 'Cannot do "this": no reason\n');
  assert.equal(thrown.stderr, "Cannot do it\n");
});

test("main() refuses two commands of one name", async () => {
  const world = new TestWorld("describe");
  const commands = [{ name: "run", summary: "Again", run: () => {} }];

  assert.equal(await run(world, shop(), { commands }), 1);

  assert.match(world.stderr, /^Cannot add command "run"/);
});

test("main() listens to signals no longer than the command runs", async () => {
  const world = new TestWorld("describe");

  await run(world, shop());

  assert.equal(world.listeners.size, 0);
});
