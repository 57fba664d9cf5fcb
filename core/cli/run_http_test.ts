import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import type { Page } from "@ruststream/core/http";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { Fixture, quietApp, run, TestWorld } from "./_kit_test.ts";
import { readHttpPlace } from "./http_place.ts";
import { listenHttp } from "./http_server.ts";

const here = { host: "127.0.0.1", port: 0 };

/** Status and text of what is at an address. */
async function told(url: string): Promise<readonly [number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

/** Where a world says that its control plane is. */
async function urlIn(world: TestWorld): Promise<string> {
  await world.said(/Control plane at \S+: .*\n/);
  return /at (\S+):/.exec(world.stderr)?.[1] ?? "";
}

/** A port that was free a moment ago. */
async function freePort(): Promise<string> {
  const { url, close } = await listenHttp(
    here,
    () => new Response(),
    systemClock,
  );
  await close();
  return new URL(url).port;
}

test("main() with --http serves the control plane from before the start until it has stopped", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const page: Page = {
    page: () => ({ body: "counted", contentType: "text/plain" }),
  };
  const app = quietApp().withBroker(new MemoryBroker()).afterStart(() => gate)
    .beforeStop(async () => {
      begin();
      await held;
    });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const world = new TestWorld("run --http 127.0.0.1:0");
  const code = run(world, app, { pages: { "/metrics": page } });
  const url = await urlIn(world);

  const starting = await told(`${url}/readyz`);
  open();
  await world.said(/runs: /);
  const ready = await told(`${url}/readyz`);
  const metrics = await told(`${url}/metrics`);
  world.send("SIGTERM");
  await begun;
  const stopping = [await told(`${url}/readyz`), await told(`${url}/livez`)];
  release();

  assert.equal(await code, 0);
  assert.deepEqual(starting, [503, "not ready: starting\n"]);
  assert.deepEqual(ready, [200, "ready\n"]);
  assert.deepEqual(metrics, [200, "counted"]);
  assert.deepEqual(stopping, [
    [503, "not ready: stopping\n"],
    [200, "live\n"],
  ]);
  assert.match(
    world.stderr,
    /^Control plane at http:\/\/127\.0\.0\.1:\d+: \/livez, \/readyz, \/metrics\n/,
  );
  await assert.rejects(fetch(url));
});

test("main() with --http and a port alone listens to this machine only", async () => {
  const world = new TestWorld("run --http 0");
  const code = run(world, quietApp());

  const url = await urlIn(world);
  await world.said(/runs: /);
  world.send("SIGINT");

  assert.equal(new URL(url).hostname, "127.0.0.1");
  assert.equal(await code, 0);
});

test("main() with --http closes the control plane where the start fails", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const app = quietApp().afterStart(async () => {
    await gate;
    throw new Error("no");
  });
  const world = new TestWorld("run --http 0");
  const code = run(world, app);
  const url = await urlIn(world);

  open();

  assert.equal(await code, 1);
  await assert.rejects(fetch(url));
});

test("main() with --http does not start where the port is taken, and says so", async () => {
  const { url, close } = await listenHttp(
    here,
    () => new Response(),
    systemClock,
  );
  let started = 0;
  const app = quietApp().afterStart(() => void started++);
  const { host } = new URL(url);
  const world = new TestWorld(`run --http ${host}`);

  const code = await run(world, app);

  await close();
  assert.equal(code, 1);
  assert.equal(started, 0);
  assert.ok(world.stderr.startsWith(`Cannot listen at "${host}": `));
});

test("readHttpPlace() takes a port, a name, and addresses of both kinds", () => {
  const places = ["8080", "localhost:0", "0.0.0.0:80", "[::]:65535", "[::1]:1"]
    .map((place) => readHttpPlace("http", place));

  assert.deepEqual(places, [
    { port: 8080 },
    { host: "localhost", port: 0 },
    { host: "0.0.0.0", port: 80 },
    { host: "::", port: 65_535 },
    { host: "::1", port: 1 },
  ]);
});

for (const place of ["x", "65536", ":80", "a:b:80", "[::1:80", "80/x", "-1"]) {
  test(`main() refuses --http=${place}`, async () => {
    const world = new TestWorld(`run --http=${place}`);

    assert.equal(await run(world, quietApp()), 2);

    assert.equal(
      world.stderr,
      `Cannot take "--http ${place}": expected [HOST:]PORT, as in 8080 or 0.0.0.0:8080\n`,
    );
  });
}

test("main() refuses a page that is none, also where nothing is served", async () => {
  const world = new TestWorld("run");

  const code = await run(world, quietApp(), {
    pages: { "/livez": {} as Page },
  });

  assert.equal(code, 1);
  assert.match(world.stderr, /"\/livez" is no page's/);
});

test("a process says 503 at /readyz first after SIGTERM, and 200 at /livez while its handler finishes", async () => {
  const port = await freePort();
  await using fixture = new Fixture(
    ["run", "--http", port, "--feed", "orders=-", "--json"],
    { RUSTSTREAM_SLOW_MS: "1500" },
  );
  const at = (path: string) => told(`http://127.0.0.1:${port}${path}`);
  fixture.write('{"id":1}\n');
  await fixture.said(/started 1\n/);
  const before = [await at("/livez"), await at("/readyz")];
  fixture.kill("SIGTERM");
  await fixture.said(/Got SIGTERM/);

  let ready = await at("/readyz");
  while (ready[0] === 200) ready = await at("/readyz");
  const live = await at("/livez");

  const { code, stdout } = await fixture.ended;
  assert.deepEqual(before, [[200, "live\n"], [200, "ready\n"]]);
  assert.deepEqual(ready, [503, "not ready: stopping\n"]);
  assert.deepEqual(live, [200, "live\n"]);
  assert.equal(JSON.parse(stdout).deliveries.acked, 1);
  assert.equal(code, 0);
});

test("a process goes on for --ready-delay-ms once it is not ready", async () => {
  const port = await freePort();
  await using fixture = new Fixture(
    ["--http", port, "--ready-delay-ms", "300"],
  );
  await fixture.said(/runs: /);
  const signalled = performance.now();
  fixture.kill("SIGTERM");

  const { code } = await fixture.ended;

  assert.equal(code, 0);
  assert.ok(performance.now() - signalled >= 300);
});
