import { listenHttp } from "@ruststream/core/cli";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { startExample } from "../run_example.ts";

/** A port that was free a moment ago. */
async function freePort(): Promise<string> {
  const { url, close } = await listenHttp({ port: 0 }, () => new Response());
  await close();
  return new URL(url).port;
}

async function told(url: string) {
  const response = await fetch(url);
  return [response.status, await response.text()] as const;
}

test("the example serves its pages while it runs, and is not ready any more on SIGTERM", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const example = startExample("control_plane", [
    ...["run", "--http", port],
    ...["--ready-delay-ms", "1000"],
  ]);
  await example.said("runs:");
  const before = [
    await told(`${url}/readyz`),
    await told(`${url}/metrics`),
  ] as const;

  example.signal("SIGTERM");
  await example.said("Got SIGTERM");
  let ready = await told(`${url}/readyz`);
  while (ready[0] === 200) ready = await told(`${url}/readyz`);
  const live = await told(`${url}/livez`);

  const { code } = await example.ended;
  const [[status, text], [metricsStatus, metrics]] = before;
  assert.deepEqual([status, text, metricsStatus], [200, "ready\n", 200]);
  assert.match(metrics, /^# TYPE ruststream_/m);
  assert.deepEqual(ready, [503, "not ready: stopping\n"]);
  assert.deepEqual(live, [200, "live\n"]);
  assert.equal(code, 0);
});
