import { test } from "@ruststream/conformance/runner";
import { channel, subscriber } from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { quietApp, run, TestWorld } from "./_kit_test.ts";

test("main() speaks of one line, one subscriber and one attempt as of one", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(
        subscriber(channel("orders"), { retry: { maxAttempts: 1 } }, () => {}),
      ),
  );
  const fed = new TestWorld("run --feed orders=f")
    .file("f", "1\n");
  const described = new TestWorld("describe");
  void fed.said(/Fed/).then(() => fed.send("SIGTERM"));

  assert.equal(await run(fed, app), 0);
  assert.equal(await run(described, app), 0);

  assert.match(fed.stderr, /Fed "f" to "orders": 1 line published\n/);
  assert.match(fed.stderr, / runs: 1 subscriber on memory\n/);
  assert.match(described.stdout, /retry +1 attempt, then reject\n/);
});
