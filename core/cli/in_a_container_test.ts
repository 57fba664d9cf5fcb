import { test } from "@ruststream/conformance/runner";
import { channel, subscriber } from "@ruststream/core";
import { systemClock } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { quietApp, run, TestWorld } from "./_kit_test.ts";

/** A world whose time the test moves. */
class TimedWorld extends TestWorld {
  override readonly clock = new VirtualClock();
}

/** What the manifest of the page sets. */
async function manifest() {
  const page = await readFile(
    new URL("../../docs/in_a_container.md", import.meta.url),
    "utf8",
  );
  const grace = /terminationGracePeriodSeconds: (\d+)/.exec(page)?.[1];
  const args = [...page.matchAll(/^ +- (--\S+)$/gm)].map(([, one]) => one);
  const probes = page.matchAll(/httpGet: { path: (\S+), port: (\d+) }/g);
  return {
    graceMs: Number(grace) * 1_000,
    words: args.join(" "),
    probes: [...probes].map(([, path, port]) => ({ path, port })),
  };
}

test("docs/in_a_container.md has a command line that runs, probes that are answered, and a grace period that is long enough", async () => {
  const { graceMs, words, probes } = await manifest();
  const orders = channel<{ id: number }>("orders");
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const hang = subscriber(orders, { group: "shop" }, () => {
    resolve();
    return Promise.withResolvers<void>().promise;
  });
  const app = quietApp()
    .withBroker(new MemoryBroker(), (b) => b.include(hang))
    .afterStart(async ({ publisher }) =>
      void await publisher.publish(orders, { id: 1 })
    );
  const here = words.replace("0.0.0.0:8080", "127.0.0.1:0");
  const world = new TimedWorld(here);
  const { clock } = world;

  const code = run(world, app);
  await started;
  const url = /at (\S+):/.exec(world.stderr)?.[1] ?? "";
  const statuses: number[] = [];
  for (const { path } of probes) {
    const response = await fetch(`${url}${path}`);
    await response.body?.cancel();
    statuses.push(response.status);
  }
  const signalled = clock.now();
  world.send("SIGTERM");
  let isOver = false;
  void code.then(() => isOver = true);
  while (!isOver) {
    await clock.advance(100);
    await systemClock.turn();
  }

  const tookMs = clock.now() - signalled;
  assert.notEqual(here, words);
  assert.deepEqual(probes.map(({ port }) => port), Array(3).fill("8080"));
  assert.deepEqual(statuses, [200, 200, 200]);
  // A handler that hangs has all the time there is.
  assert.ok(tookMs >= 30_000, `${tookMs}`);
  assert.ok(tookMs < graceMs, `${tookMs}`);
  assert.equal(await code, 0);
  assert.match(world.stderr, /stopped \(SIGTERM\): 0 settled, 1 returned/);
});
