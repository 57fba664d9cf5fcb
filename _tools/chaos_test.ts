import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "@ruststream/conformance/runner";
import { Account } from "./chaos_account.ts";
import { faultsOf, randomOf } from "./chaos_faults.ts";
import { isSound, timesOf } from "./chaos_report.ts";
import type { ChaosResult } from "./chaos_run.ts";
import type { Workers } from "./chaos_workers.ts";

/** An account of a book with these lines: when, who, which shop, which number. */
function read(...lines: readonly string[]): Account {
  const folder = mkdtempSync(join(tmpdir(), "chaos-test-"));
  const path = join(folder, "book.txt");
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  const account = new Account(path);
  account.read();
  account.close();
  rmSync(folder, { recursive: true });
  return account;
}

const sound: ChaosResult = {
  seed: 1,
  server: "2.15.1",
  messages: 2,
  stored: 2,
  handled: 2,
  lost: 0,
  twice: 1,
  disordered: 0,
  seconds: 1,
  fallen: 0,
  planned: 1,
  recoveries: [{ name: "connections cut", ms: 5 }],
};

test("Account counts what was handled, what twice, and what out of order", () => {
  const repeated = read("1 a x 0", "2 a x 1", "3 b x 0", "3 b y 0");
  const overtaken = read("1 a x 0", "2 a x 2", "3 b x 1", "4 b x 3");

  assert.deepEqual(repeated.count, { handled: 3, twice: 1, disordered: 0 });
  assert.deepEqual(overtaken.count, { handled: 4, twice: 0, disordered: 1 });
});

test("Account.recovered() is when the last shop went on", () => {
  const account = read(
    "10 a x 0",
    "11 a y 0",
    "25 a x 1",
    "40 b y 1",
    "90 a x 2",
  );

  assert.equal(account.recovered(12), 40);
  assert.equal(account.recovered(95), 95);
});

test("faultsOf() gives the same faults in the same order for a seed", () => {
  const victims = {
    server: undefined,
    cluster: undefined,
    proxies: [],
    workers: {} as Workers,
  };
  const names = (seed: number) =>
    faultsOf({ restarts: 3, cuts: 5, workers: 5 }, victims, randomOf(seed))
      .map(({ name }) => name);

  assert.equal(names(1).length, 10);
  assert.deepEqual(names(1), names(1));
  assert.notDeepEqual(names(1), names(2));
});

test("isSound() refuses each loss, and a duplicate without a fault", () => {
  assert.ok(isSound(sound));
  assert.ok(!isSound({ ...sound, lost: 1 }));
  assert.ok(!isSound({ ...sound, stored: 1 }));
  assert.ok(!isSound({ ...sound, disordered: 1 }));
  assert.ok(!isSound({ ...sound, planned: 2 }));
  assert.ok(isSound({ ...sound, planned: 0, recoveries: [], twice: 0 }));
  assert.ok(!isSound({ ...sound, planned: 0, recoveries: [] }));
});

test("timesOf() says the median and the longest of each fault", () => {
  const times = timesOf([
    { name: "b", ms: 3 },
    { name: "a", ms: 9 },
    { name: "b", ms: 1 },
    { name: "b", ms: 2 },
  ]);

  assert.deepEqual(times, [
    { name: "a", count: 1, medianMs: 9, longestMs: 9 },
    { name: "b", count: 3, medianMs: 2, longestMs: 3 },
  ]);
});
