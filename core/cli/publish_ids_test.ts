// The ids of what is sent from the command line.
import { test } from "@ruststream/conformance/runner";
import type { RustStream } from "@ruststream/core";
import type { ConnectOptions } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { listen, quietApp, run, TestWorld } from "./_kit_test.ts";

test("publish keeps an id that is given, and writes one a line", async () => {
  const broker = new MemoryBroker();
  await using connection = await broker.connect();
  const next = await listen(connection, "any");
  const args = ["publish", "any", "1"];
  const given = new TestWorld([...args, "--header", "Message-Id=mine"]);
  const lines = new TestWorld(["publish", "any", "-"])
    .file("-", "1\n1\n");

  assert.equal(await run(given, quietApp().withBroker(broker)), 0);
  assert.equal(await run(lines, quietApp().withBroker(broker)), 0);

  const ids = [await next(), await next(), await next()].map(({ message }) =>
    message.headers?.get("message-id")
  );
  assert.equal(JSON.parse(given.stdout).messageId, "mine");
  assert.equal(ids[0], "mine");
  assert.equal(new Set([...ids, undefined]).size, 4);
});

for (
  const [where, guarantees, messageIds] of [
    ["that carries no headers", { headers: false }, true],
    ["whose ids are switched off", {}, false],
  ] as const
) {
  test(`publish and request write no id on a broker ${where}`, async () => {
    const memory = new MemoryBroker();
    const broker = {
      name: memory.name,
      guarantees: { ...memory.guarantees, ...guarantees },
      describe: () => memory.describe(),
      connect: (options: ConnectOptions) => memory.connect(options),
    };
    const app = (): RustStream =>
      quietApp().withBroker(broker, () => {}, { messageIds });
    await using connection = await memory.connect();
    const next = await listen(connection, "any");
    const published = new TestWorld("publish any 1");
    const asked = new TestWorld("request any 1 --timeout-ms 1");

    assert.equal(await run(published, app()), 0);
    assert.equal(await run(asked, app()), 1);

    for (const { message } of [await next(), await next()]) {
      assert.equal(message.headers?.has("message-id") ?? false, false);
    }
    assert.equal("messageId" in JSON.parse(published.stdout), false);
    assert.doesNotMatch(asked.stderr, /Asks/);
  });
}
