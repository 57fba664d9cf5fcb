import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { ask, quietApp, told } from "./_kit_test.ts";
import { controlPlane } from "./control_plane.ts";
import type { Page, PageContent, PageVisit } from "./page.ts";

const contentType = "text/html; charset=utf-8";
const csp = "default-src 'none'; style-src 'self'";

/** Always the same text, which may be kept. */
const kept: Page = {
  types: [contentType],
  page: () => ({
    body: "<p>é</p>",
    contentType,
    contentSecurityPolicy: csp,
    cache: "revalidate",
  }),
};

/** Fails in one way. */
function failing(page: (visit: PageVisit) => unknown): Page {
  return { page: (visit) => page(visit) as PageContent };
}

function headersOf({ headers }: Response, ...names: string[]) {
  return names.map((name) => headers.get(name));
}

test("controlPlane() gives a page with headers that allow nothing but what it says, and lets nobody keep it", async () => {
  const { app } = quietApp();
  const plain: Page = {
    page: ({ accept }) => ({ body: `${accept}`, contentType: "text/plain" }),
  };
  const control = controlPlane({ app, pages: { "/a": plain, "/b": kept } });

  const a = await ask(control, "/a?x=1", { headers: { accept: "a/b;q=0.2" } });
  const b = await ask(control, "/b");

  const names = [
    "content-type",
    "content-length",
    "cache-control",
    "vary",
    "x-content-type-options",
    "referrer-policy",
    "content-security-policy",
  ];
  const safe = ["accept", "nosniff", "no-referrer"];
  assert.deepEqual(headersOf(a, ...names), [
    "text/plain",
    "9",
    "no-store",
    ...safe,
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ]);
  assert.equal(await a.text(), "a/b;q=0.2");
  assert.deepEqual(headersOf(b, ...names), [
    contentType,
    "9",
    "no-cache",
    ...safe,
    csp,
  ]);
  assert.deepEqual([a.headers.get("etag"), await b.text()], [null, "<p>é</p>"]);
});

test("controlPlane() answers HEAD with the headers of GET and no body", async () => {
  const { app } = quietApp();
  const control = controlPlane({ app, pages: { "/b": kept } });
  for (const path of ["/b", "/livez", "/readyz", "/nothing"]) {
    const [get, head] = [
      await ask(control, path),
      await ask(control, path, { method: "HEAD" }),
    ];

    assert.deepEqual([...head.headers], [...get.headers]);
    assert.equal(head.status, get.status);
    assert.equal(await head.text(), "");
    const { byteLength } = await get.arrayBuffer();
    assert.equal(head.headers.get("content-length"), String(byteLength));
  }
});

test("controlPlane() answers 304 to who has the page already, and the page to everyone else", async () => {
  const { app } = quietApp();
  const control = controlPlane({ app, pages: { "/b": kept } });
  const etag = (await ask(control, "/b")).headers.get("etag") ?? "";
  const having = (tags: string, method = "GET") =>
    ask(control, "/b", { method, headers: { "if-none-match": tags } });

  const same = [
    await having(etag),
    await having(`W/${etag}`),
    await having(`"x", ${etag}`),
    await having("*"),
    await having(etag, "HEAD"),
  ];
  const other = [await having('"x"'), await having(etag.replaceAll('"', ""))];

  assert.match(etag, /^"[\da-f]{32}"$/);
  for (const response of same) {
    assert.equal(response.status, 304);
    assert.equal(await response.text(), "");
    assert.deepEqual(
      headersOf(response, "etag", "cache-control", "vary", "content-length"),
      [etag, "no-cache", "accept", null],
    );
  }
  assert.deepEqual(other.map(({ status }) => status), [200, 200]);
});

test("controlPlane() gives the type that is wanted most, and 406 where none is", async () => {
  const { app } = quietApp();
  const types = ["application/json", "application/yaml"];
  const page: Page = {
    types,
    page: ({ type = "" }) => ({ body: type, contentType: type }),
  };
  const control = controlPlane({ app, pages: { "/doc": page } });
  const accepting = (accept: string) =>
    told(ask(control, "/doc", { headers: { accept } }));

  assert.deepEqual(await accepting("*/*"), [200, types[0]]);
  assert.deepEqual(await accepting("application/yaml"), [200, types[1]]);
  assert.deepEqual(await accepting("text/html"), [
    406,
    "not acceptable: this is application/json, application/yaml\n",
  ]);
});

test("controlPlane() answers 404 where nothing is, and 405 to what would write", async () => {
  const { app } = quietApp();
  const control = controlPlane({ app, pages: { "/b": kept } });
  const statuses: unknown[] = [];
  for (const path of ["/", "/B", "/b/c", "/livezz", "//livez", "/livez%20"]) {
    statuses.push((await ask(control, path)).status);
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    const { status, headers } = await ask(control, "/b", { method });
    statuses.push(`${status} ${headers.get("allow")}`);
  }

  assert.deepEqual(statuses, [
    ...Array(6).fill(404),
    ...Array(5).fill("405 GET, HEAD"),
  ]);
});

test("controlPlane() leads from a path with a slash at its end to the one without, under any mount", async () => {
  const { app } = quietApp();
  const control = controlPlane({ app, pages: { "/doc/b": kept } });

  const page = await ask(control, "/doc/b/?x=1");
  const probe = await ask(control, "/livez/");
  const none = await ask(control, "/doc/b//");

  assert.deepEqual([page.status, probe.status, none.status], [308, 308, 404]);
  const to = page.headers.get("location") ?? "";
  assert.equal(
    new URL(to, "http://h/ops/doc/b/?x=1").href,
    "http://h/ops/doc/b?x=1",
  );
  assert.equal(probe.headers.get("location"), "../livez");
});

test("controlPlane() with a prefix has everything there, and nothing elsewhere", async () => {
  const { app } = quietApp();
  const pages = { "/b": kept };
  const control = controlPlane({ app, pages, prefix: "/ops" });
  const statuses: number[] = [];
  for (const path of ["/ops/livez", "/ops/b", "/livez", "/b", "/opsx/livez"]) {
    statuses.push((await ask(control, path)).status);
  }

  assert.deepEqual(statuses, [200, 200, 404, 404, 404]);
});

test("controlPlane() answers 500 where a page fails, and tells the log what nobody else is told", async () => {
  const { app, log } = quietApp();
  const fault = new Error("a secret");
  const pages = {
    "/throws": failing(() => {
      throw fault;
    }),
    "/rejects": failing(() => Promise.reject(fault)),
    "/nothing": failing(() => undefined),
    "/number": failing(() => ({ body: 7, contentType: "text/plain" })),
    "/header": failing(() => ({ body: "", contentType: "a\r\nb: c" })),
  };
  const control = controlPlane({ app, pages });

  for (const path of Object.keys(pages)) {
    const response = await ask(control, path);
    assert.equal(response.status, 500);
    assert.equal(await response.text(), "internal error\n");
  }

  assert.deepEqual(log.errors.slice(0, 2), [
    ["Cannot answer GET /throws: its page failed", {
      code: "page-failed",
      error: fault,
    }],
    ["Cannot answer GET /rejects: its page failed", {
      code: "page-failed",
      error: fault,
    }],
  ]);
  assert.equal(log.errors.length, 5);
});

test("controlPlane() answers though the logger throws", async () => {
  const { app, log } = quietApp();
  log.error = () => {
    throw new Error("no log");
  };
  const pages = { "/a": failing(() => Promise.reject(new Error("no"))) };

  const { status } = await ask(controlPlane({ app, pages }), "/a");

  assert.equal(status, 500);
});

test("controlPlane() waits for a page no longer than who asked for it, and tells nobody", async () => {
  const { app, log } = quietApp();
  const seen: AbortSignal[] = [];
  const pages = {
    "/slow": failing(({ signal }) => {
      seen.push(signal);
      return new Promise(() => {});
    }),
  };
  const gone = new AbortController();
  const answer = ask(controlPlane({ app, pages }), "/slow", {
    signal: gone.signal,
  });
  await Promise.resolve();

  gone.abort();

  assert.equal((await answer).ok, false);
  assert.deepEqual(seen.map(({ aborted }) => aborted), [true]);
  assert.deepEqual(log.errors, []);
});

test("controlPlane() gives a page the address that was asked for, and looks at no host", async () => {
  const { app } = quietApp();
  const page: Page = {
    page: ({ url }) => ({ body: url.href, contentType: "text/plain" }),
  };
  const control = controlPlane({ app, pages: { "/a": page } });

  const response = await control(new Request("http://anyone.example:1/a?b=c"));

  assert.equal(await response.text(), "http://anyone.example:1/a?b=c");
});

/** Options that are refused, and how. */
const refusals: readonly [string, object, RegExp][] = [
  ["an unknown option", { page: {} }, /there is no option "page"/],
  ["pages that are none", { pages: 7 }, /"pages" must be an object of pages/],
  [
    "a page that is none",
    { pages: { "/a": {} } },
    /"pages\["\/a"\]" must be a page, found an object/,
  ],
  [
    "a path of its own",
    { pages: { "/livez": kept } },
    /"\/livez" is no page's/,
  ],
  [
    "a path without a slash",
    { pages: { metrics: kept } },
    /paths such as "\/metrics", found "metrics"/,
  ],
  [
    "a path with a slash at its end",
    { pages: { "/a/": kept } },
    /paths such as/,
  ],
  ["a path that no request has", { pages: { "/a b": kept } }, /paths such as/],
  ["a path with a query", { pages: { "/a?b": kept } }, /paths such as/],
  [
    "types that are none",
    { pages: { "/a": { ...kept, types: ["html"] } } },
    /"pages\["\/a"\].types" must be media types/,
  ],
  [
    "no types at all",
    { pages: { "/a": { ...kept, types: [] } } },
    /must be media types/,
  ],
  [
    "a prefix that is no path",
    { prefix: "ops/" },
    /"prefix" must be a path such as "\/ops", found "ops\/"/,
  ],
];

for (const [what, options, message] of refusals) {
  test(`controlPlane() refuses ${what}`, () => {
    const { app } = quietApp();

    assert.throws(() => controlPlane({ app, ...options }), {
      name: "TypeError",
      message,
    });
  });
}

test("controlPlane() refuses what is no application", () => {
  for (const app of [undefined, {}, { info: {} }]) {
    assert.throws(() => controlPlane({ app: app as never }), {
      name: "TypeError",
      message: /expected an application/,
    });
  }
});
