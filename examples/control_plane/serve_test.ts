import { listenHttp } from "@ruststream/core/cli";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { app, orders } from "./app.ts";
import type { Served } from "./served.ts";
import { serve as serveOnBun } from "./with_bun.ts";
import { serve as serveOnDeno } from "./with_deno.ts";
import { site } from "./with_hono.ts";
import { serve as serveOnNode } from "./with_node.ts";

/** The server that this runtime has of its own. */
function ownServer(port: number): Served | Promise<Served> {
  if ("Deno" in globalThis) return serveOnDeno(port);
  return "Bun" in globalThis ? serveOnBun(port) : serveOnNode(port);
}

async function told(url: string, accept = "*/*") {
  const response = await fetch(url, { headers: { accept } });
  return [response.status, await response.text()] as const;
}

/** Status and length of an answer to HEAD, as they are on the wire. */
async function head(url: string) {
  const asking = request(url, { method: "HEAD", agent: false }).end();
  const [response] = await once(asking, "response");
  response.resume();
  await once(response, "end");
  return [response.statusCode, response.headers["content-length"]];
}

/** The page of the document, asked for twice: the second time by who has it. */
async function document(url: string) {
  const first = await fetch(url, { headers: { accept: "text/html" } });
  const etag = first.headers.get("etag") ?? "";
  const again = await fetch(url, {
    headers: { accept: "text/html", "if-none-match": etag },
  });
  const texts = [await first.text(), await again.text()] as const;
  return { statuses: [first.status, again.status], texts };
}

/** What is to be seen at an address while the service runs, and after that. */
async function look(base: string) {
  const running = await app.start();
  await running.publisher.publish(orders, { id: 1 });
  const ready = await told(`${base}/readyz`, "application/json");
  const metrics = await told(`${base}/metrics`);
  const page = await document(`${base}/asyncapi`);
  const heads = [await head(`${base}/readyz`), await head(`${base}/livez/`)];
  const posted = await fetch(`${base}/livez`, { method: "POST", body: "x" });
  await posted.body?.cancel();
  await running.stop();
  const after = [await told(`${base}/livez/`), await told(`${base}/nothing`)];
  return { ready, metrics, page, heads, posted, after };
}

function check(
  { ready, metrics, page, heads, posted, after }: Awaited<
    ReturnType<typeof look>
  >,
): void {
  assert.equal(ready[0], 200);
  const { brokers: [{ name, state }] } = JSON.parse(ready[1]);
  assert.deepEqual([name, state], ["memory", "connected"]);
  assert.equal(metrics[0], 200);
  assert.match(metrics[1], /messages_received_total\{.*subscriber="charge"/);
  assert.deepEqual(page.statuses, [200, 304]);
  assert.match(page.texts[0], /<h1>shop/);
  assert.equal(page.texts[1], "");
  assert.deepEqual(heads, [[200, "6"], [308, "6"]]);
  assert.deepEqual([posted.status, posted.headers.get("allow")], [
    405,
    "GET, HEAD",
  ]);
  // The slash at the end led to the path without.
  assert.deepEqual(after, [[503, "not live: stopped\n"], [404, "not found\n"]]);
}

test("the control plane is the same in the runtime's own server", async () => {
  const server = await ownServer(0);

  const seen = await look(`http://127.0.0.1:${server.port}`);

  await server.close();
  check(seen);
});

test("the control plane is the same in a server of Node", async () => {
  const server = await serveOnNode(0);

  const seen = await look(`http://127.0.0.1:${server.port}`);

  await server.close();
  check(seen);
});

test("the control plane is the same under a path of a Hono application", async () => {
  const server = await listenHttp({ port: 0 }, site.fetch);

  const seen = await look(`${server.url}/ops`);
  const home = await told(server.url);

  await server.close();
  check(seen);
  assert.deepEqual(home, [200, "the shop"]);
});
