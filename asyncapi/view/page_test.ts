import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { lawfulDocument } from "../lint/lawful_document_test.ts";
import { attack, documentOf, hostileDocument } from "./documents_test.ts";
import { anchorOf } from "./html.ts";
import { asyncApiHtml, pagePolicy } from "./page.ts";
import { style, styleHash } from "./style.ts";

const documents = {
  lawful: lawfulDocument(),
  hostile: hostileDocument(),
  three: documentOf(3),
};

/** A page without its style. */
function pageOf(document: unknown): string {
  return asyncApiHtml(document).replace(style, "");
}

/** What attributes of one name say. */
function said(page: string, attribute: string): readonly string[] {
  return [...page.matchAll(new RegExp(` ${attribute}="([^"]*)"`, "g"))]
    .map(([, text = ""]) => text);
}

/** The text of a page as a reader sees it, a line for each block. */
function read(page: string): string {
  return page
    .replaceAll("<wbr>", "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(
      /<(?:\/?(?:p|tr|dl|div|h\d|section|article|li|pre)|br)\b[^>]*>/g,
      "\n",
    )
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/ *\n\s*/g, "\n")
    .replaceAll(/ +/g, " ")
    .replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">");
}

test("asyncApiHtml() carries a policy that allows its own style and nothing else", async () => {
  const bytes = new TextEncoder().encode(style);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

  const page = asyncApiHtml(documents.lawful);

  assert.equal(styleHash, `sha256-${btoa(String.fromCharCode(...digest))}`);
  assert.ok(page.includes(`<style>${style}</style>`));
  assert.ok(page.includes(`content="${pagePolicy.replaceAll("'", "&#39;")}"`));
  assert.match(pagePolicy, /^default-src 'none'; style-src 'sha256-[^']+'; /);
  assert.doesNotMatch(pagePolicy, /unsafe|script-src|\*/);
});

/** All that a page is made of: tags of ours, with attributes of ours. */
const tag =
  /^<(?:!DOCTYPE html|\/?[a-z][a-z0-9]*(?: (?:open|(?:lang|charset|http-equiv|content|name|rel|href|id|class|scope|colspan|tabindex|aria-label|aria-labelledby)="[^"<>]*"))*)>$/;
const tags = new Set(
  "html head meta title link style body a nav details summary ul li main h1 h2 h3 h4 small p code pre b strong em span section article table caption thead tbody tr th td dl div dt dd br wbr footer"
    .split(" "),
);

for (const [name, document] of Object.entries(documents)) {
  test(`asyncApiHtml() lets nothing of a document become more than text: ${name}`, () => {
    const page = pageOf(document);

    const found = [...page.matchAll(/<[^>]*>?/g)].map(([text]) =>
      text.replaceAll(/\s+/g, " ").replace(" >", ">")
    );
    assert.ok(found.length > 100);
    assert.deepEqual(found.filter((text) => !tag.test(text)), []);
    const names = found.map((text) => /^<\/?([a-z0-9]+)/.exec(text)?.[1]);
    assert.deepEqual(
      names.filter((one) => one !== undefined && !tags.has(one)),
      [],
    );
    assert.deepEqual(
      said(page, "href").filter((to) =>
        !/^(?:#|https:\/\/a\.example|mailto:|data:image\/svg\+xml,)/.test(to)
      ),
      [],
    );
  });

  test(`asyncApiHtml() gives each thing one place, and each link leads to one: ${name}`, () => {
    const page = pageOf(document);

    const ids = said(page, "id");
    const links = said(page, "href").filter((to) => to.startsWith("#"));
    assert.ok(links.length > 10);
    assert.deepEqual(ids, [...new Set(ids)]);
    assert.deepEqual(links.filter((to) => !ids.includes(to.slice(1))), []);
    assert.deepEqual(ids.filter((id) => /[\s"'<>%&]/.test(id)), []);
  });
}

test("asyncApiHtml() shows an attack as it was written", () => {
  const text = read(asyncApiHtml(documents.hostile));

  assert.match(attack, /<script>alert\(1\)/);
  assert.ok(text.includes("<script>alert(1)</script>"));
  for (const unseen of ["\u202e", "\u0000"]) {
    assert.equal(asyncApiHtml(documents.hostile).includes(unseen), false);
  }
});

test("asyncApiHtml() has a place for each thing of a document", () => {
  const { channels, operations, components } = documents.three;

  const ids = new Set(said(pageOf(documents.three), "id"));

  const wanted = [
    ...Object.keys(channels).map((id) => anchorOf("channel", id)),
    ...Object.keys(operations).map((id) => anchorOf("operation", id)),
    ...Object.keys(components.messages ?? {})
      .map((id) => anchorOf("message", id)),
    ...Object.keys(components.schemas ?? {}).map((id) =>
      anchorOf("schema", id)
    ),
  ];
  assert.ok(wanted.length > 15);
  assert.deepEqual(wanted.filter((id) => !ids.has(id)), []);
});

test("anchorOf() is another one for another name", () => {
  const names = ["a", "a b", "a%20b", "a~20b", "a/b", "A", "ä", "~", "%", ""];

  assert.equal(new Set(names.map((name) => anchorOf("x", name))).size, 10);
  assert.equal(anchorOf("channel", "orders.{id}"), "channel-orders.~7Bid~7D");
});

test("asyncApiHtml() says in words how to connect, what is taken and answered", () => {
  const text = read(asyncApiHtml(documents.lawful));

  for (
    const words of [
      "nats://{region}.a.example:4222/at/{region}",
      "user name and password",
      'one of "eu" or "us" · by default "eu"',
      "plain , to where the message says, at $message.header#/back",
      "HTTP bearer (JWT)",
      "$message.header#/trace",
    ]
  ) assert.ok(text.includes(words), `${words}\n${text.slice(0, 3_000)}`);
});

test("asyncApiHtml() calls each thing by its title wherever it is linked to, and by its id too where two have one title", () => {
  const info = { title: "shop", version: "1" };
  const take = (channel: string, title: string, summary?: string) => ({
    action: "receive",
    channel: { $ref: `#/channels/${channel}` },
    title,
    ...(summary !== undefined && { summary }),
  });
  const channel = (message: string) => ({
    address: message,
    summary: `All of ${message}`,
    messages: { m: { $ref: `#/components/messages/${message}` } },
  });

  const page = asyncApiHtml({
    ...{ asyncapi: "3.1.0", info },
    channels: { c1: channel("o-1"), c2: channel("o-2") },
    operations: {
      p1: take("c1", "учёт", "Keeps books"),
      p2: take("c2", "Ship"),
    },
    components: {
      messages: { "o-1": { title: "Order" }, "o-2": { title: "Order" } },
    },
  });

  const text = read(page);
  const linked = (anchor: string) =>
    new Set(
      [...page.matchAll(new RegExp(`<a href="#${anchor}">(.*?)</a>`, "g"))]
        .map(([, words = ""]) => read(words)),
    );
  assert.deepEqual([...linked("operation-p1")], ["учёт"]);
  assert.deepEqual([...linked("operation-p2")], ["Ship"]);
  assert.deepEqual([...linked("message-o-1")], ["Order (o-1)"]);
  // The table of all operations says what each is for.
  const [glance = ""] = /At a glance[^]*?Ship[^]*?\n/.exec(text) ?? [];
  assert.match(glance, /учёт\s+Keeps books/);
  assert.match(text, /Ship\s+All of o-2/);
});

test("asyncApiHtml() shows retries and dead letters as sentences", () => {
  const text = read(asyncApiHtml({
    ...documents.three,
    operations: {
      take: {
        action: "receive",
        channel: { $ref: "#/channels/orders.shop.kind0" },
        "x-ruststream-batch": { max: 5, waitMs: 2_000 },
        "x-ruststream-retry": {
          maxAttempts: 4,
          order: "keep",
          backoff: { initialMs: 10, maxMs: 60_000, factor: 2 },
          deadLetter: "receipts.{shop}",
        },
      },
    },
  }));

  assert.match(
    text,
    /up to 4 times, 10 ms apart at first and 1 min at most; later messages wait/,
  );
  assert.match(text, /up to 5 at once, waiting 2 s for more/);
  assert.match(text, /Dead letters to receipts\.\{shop\}/);
});

test("asyncApiHtml() says where the document is, and takes addresses of the web only", () => {
  const document = documents.three;

  const page = asyncApiHtml(document, { links: { JSON: "asyncapi.json" } });

  assert.ok(said(page, "href").includes("asyncapi.json"));
  assert.throws(
    () => asyncApiHtml(document, { links: { no: "javascript:alert(1)" } }),
    { name: "TypeError", message: /links\["no"\] must be an address/ },
  );
});

test("asyncApiHtml() refuses what is no document of version 3", () => {
  for (const none of [undefined, null, 1, [], {}, { asyncapi: "2.6.0" }]) {
    assert.throws(() => asyncApiHtml(none), {
      name: "TypeError",
      message: /^Cannot make a page: expected an AsyncAPI document/,
    });
  }
});

test("asyncApiHtml() takes documents that hold anything anywhere", () => {
  const anything = [null, 1, "", true, [], [null], {}, { $ref: "#" }, {
    $ref: "#/channels",
  }];
  const made = Object.keys(documents.lawful).filter((name) =>
    name !== "asyncapi"
  ).flatMap((name) =>
    anything.map((value) => pageOf({ ...documents.lawful, [name]: value }))
  );

  assert.ok(made.length > 40);
  assert.ok(made.every((page) => page.trimEnd().endsWith("</html>")));
});
