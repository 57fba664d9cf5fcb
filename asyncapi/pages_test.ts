import { test } from "@ruststream/conformance/runner";
import { channel, type RustStream, subscriber } from "@ruststream/core";
import { controlPlane } from "@ruststream/core/http";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { emptyApp } from "./_kit_test.ts";
import { asyncApiDocument } from "./document.ts";
import { fromYaml } from "./from_yaml.ts";
import { asyncApiPages } from "./pages.ts";

const orders = channel("orders", { payload: z.object({ id: z.number() }) });

function shop(): RustStream {
  return emptyApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  );
}

/** Asks the control plane of an application. */
function asker() {
  const app = shop();
  const control = controlPlane({ app, pages: { ...asyncApiPages(app) } });
  const ask = (path: string, headers: Record<string, string> = {}) =>
    control(new Request(`http://localhost${path}`, { headers }));
  return { app, ask };
}

test("asyncApiPages() gives a page to read, and the document to who wants that", async () => {
  const { app, ask } = asker();
  const { document } = asyncApiDocument(app);

  const page = await ask("/asyncapi", { accept: "text/html,*/*;q=0.8" });
  const json = await ask("/asyncapi", { accept: "application/json" });
  const yaml = await ask("/asyncapi", { accept: "application/yaml" });
  const other = await ask("/asyncapi", { accept: "image/png" });

  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(await page.text(), /<code>orders<\/code>/);
  assert.equal(json.headers.get("content-type"), "application/json");
  assert.deepEqual(await json.json(), document);
  assert.equal(yaml.headers.get("content-type"), "application/yaml");
  assert.deepEqual(fromYaml(await yaml.text(), "a.yaml"), document);
  assert.equal(other.status, 406);
});

test("asyncApiPages() gives the document at addresses that the page links to", async () => {
  const { app, ask } = asker();
  const { document } = asyncApiDocument(app);

  const page = await (await ask("/asyncapi")).text();
  const json = await ask("/asyncapi.json");
  const yaml = await ask("/asyncapi.yaml");

  assert.match(page, /href="asyncapi\.json"/);
  assert.match(page, /href="asyncapi\.yaml"/);
  assert.deepEqual(await json.json(), document);
  assert.deepEqual(fromYaml(await yaml.text(), "a.yaml"), document);
});

test("asyncApiPages() says that what is kept is still right", async () => {
  const { ask } = asker();
  const etag = (await ask("/asyncapi")).headers.get("etag") ?? "";

  const again = await ask("/asyncapi", { "if-none-match": etag });

  assert.notEqual(etag, "");
  assert.equal(again.status, 304);
});

test("asyncApiPages() allows the page its style and nothing else, and no frame around it", async () => {
  const { ask } = asker();

  const of = async (path: string) =>
    (await ask(path)).headers.get("content-security-policy") ?? "";

  assert.match(
    await of("/asyncapi"),
    /^default-src 'none'; style-src 'sha256-[^ ]+'; .*frame-ancestors 'none'$/,
  );
  assert.match(await of("/asyncapi.json"), /^default-src 'none'; base-uri/);
});

test("asyncApiPages() refuses options that are wrong at once", () => {
  assert.throws(() => asyncApiPages(shop(), { undocumented: ["nobody"] }), {
    name: "TypeError",
    message: /undocumented names subscriber "nobody"/,
  });
});
