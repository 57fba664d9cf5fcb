import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { quietApp, run, TestWorld } from "./_kit_test.ts";
import type { Command } from "./command.ts";

const copy: Command = {
  name: "copy",
  summary: "Copy a file",
  usage: "FILE",
  options: {
    to: { summary: "Where to", value: "FILE", short: "t" },
    version: { summary: "Which one", value: "N" },
  },
  async run({ words: [from = ""], read, save, value, write }) {
    await save(value("to") ?? "copied", await read(from));
    write(`version ${value("version")}\n`);
  },
};

test("CommandContext.read() reads to the end, and save() writes", async () => {
  const world = new TestWorld("copy in.txt -t out.txt").file(
    "in.txt",
    "größer",
  );

  const code = await run(world, quietApp(), { commands: [copy] });

  assert.equal(code, 0, world.stderr);
  assert.deepEqual([...world.saved], [["out.txt", "größer"]]);
});

test("CommandContext.read() says which file is not there, and which is no text", async () => {
  const missing = new TestWorld("copy in.txt");
  const broken = new TestWorld("copy in.bin")
    .file("in.bin", new Uint8Array([0x80]));

  const codes = [
    await run(missing, quietApp(), { commands: [copy] }),
    await run(broken, quietApp(), { commands: [copy] }),
  ];

  assert.deepEqual(codes, [1, 1]);
  assert.match(missing.stderr, /^Cannot read "in.txt": found nothing\n$/);
  assert.match(broken.stderr, /^Cannot read "in.bin": /);
});

test("CommandContext.save() says which file it cannot write", async () => {
  const world = new TestWorld("copy a -t /nowhere/b").file("a", "");

  const code = await run(world, quietApp(), { commands: [copy] });

  assert.equal(code, 1);
  assert.equal(world.stderr, 'Cannot write "/nowhere/b": found no folder\n');
});

test("Command.options may have a version of their own, and letters", async () => {
  const world = new TestWorld("copy a --version 7").file("a", "");
  const help = new TestWorld("copy --help");

  await run(world, quietApp(), { commands: [copy] });
  await run(help, quietApp(), { commands: [copy] });

  assert.equal(world.stdout, "version 7\n");
  assert.match(help.stdout, /--to FILE +Where to \(-t\)\n/);
  assert.match(help.stdout, /--version N +Which one\n/);
  assert.doesNotMatch(help.stdout, /Show the title/);
});
