import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { app } from "./app.ts";
import { makeOrders } from "./make_orders.ts";
import { eventsOf, inProcess, shopTests } from "./shop_tests.ts";

const { text, holds } = makeOrders();
const inMemory = inProcess(app);

shopTests({
  name: "in memory",
  isLive: false,
  open: () => Promise.resolve(inMemory),
});

test("the same events happen in the same order on each runtime", async () => {
  const events = await eventsOf(inMemory);

  const log = new URL("expected_events.txt", import.meta.url);
  assert.equal(events, await readFile(log, "utf8"));
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

test("makeOrders() makes the file that is there", async () => {
  const there = await readFile(
    new URL("orders.ndjson", import.meta.url),
    "utf8",
  );
  assert.equal(there, text);
});

test("makeOrders() counts each line once, and has some of every kind", () => {
  const { lines: all, silences, ...kinds } = holds;
  const counts = Object.values(kinds);
  assert.equal(counts.reduce((sum, count) => sum + count, 0), all);
  assert.ok(counts.every((count) => count > 0), JSON.stringify(kinds));
  assert.ok(silences > holds.flaky && holds.fine > 1_000);
  const broken = text.split("\n").slice(0, -1).filter((line) => !isJson(line));
  assert.equal(broken.length, holds.notJson + holds.blank);
});
