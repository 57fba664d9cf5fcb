import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runExample, startExample } from "../run_example.ts";
import { makeOrders } from "./make_orders.ts";
import { summary, wholeDay } from "./summary.ts";

const file = fileURLToPath(new URL("orders.ndjson", import.meta.url));

test("run --feed counts what the file holds, and exits with 1", async () => {
  const { code, stdout, stderr } = await runExample("orders", [
    "run",
    "--feed",
    `orders.acme.placed=${file}`,
    "--exit-when-idle",
    "--json",
  ]);

  assert.deepEqual(summary.parse(JSON.parse(stdout)), wholeDay);
  assert.equal(code, 1, stderr);
});

test("run says in words what it could not publish and what it refused", async () => {
  const { code, stdout, stderr } = await runExample(
    "orders",
    ["run", "--feed", "orders.acme.placed=-", "--exit-when-idle"],
    "{}\n\nno order\n",
  );

  assert.match(stdout, /lines not JSON +1\n/);
  assert.match(stdout, /deliveries dead-lettered +1\n/);
  assert.match(stderr, /line 3 of "-": it is not JSON/);
  assert.match(stderr, /refused: 1 \(schema\)/);
  assert.equal(code, 1, stderr);
});

test("run counts what SIGTERM leaves unsettled, and says so", async () => {
  const { text } = makeOrders(20_000);
  const example = startExample("orders", [
    "run",
    "--feed",
    "orders.acme.placed=-",
    "--json",
  ]);

  // Standard input stays open: only the signal ends the feed.
  example.input.write(text);
  await example.said("first of its kind at orders.acme.refused: exhausted");
  example.signal("SIGTERM");
  const { code, stdout, stderr } = await example.ended;

  const { stoppedBy, lines, deliveries } = summary.parse(JSON.parse(stdout));
  const { published = 0 } = lines;
  const { acked = 0, deadLettered = 0, notSettled = 0, returned = 0, lost } =
    deliveries;
  assert.equal(stoppedBy, "SIGTERM", stderr);
  assert.ok(published > 1_000 && deadLettered > 0, stdout);
  assert.ok(notSettled > 0 && notSettled < published, stdout);
  assert.ok(returned > 0, stdout);
  assert.match(
    stderr,
    new RegExp(
      `: ${acked + deadLettered} settled, ${returned} returned, 0 lost`,
    ),
  );
  assert.equal(lost, 0);
  assert.equal(code, 1, stderr);
});
