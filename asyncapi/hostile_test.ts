import { test } from "@ruststream/conformance/runner";
import { channel, RustStream, subscriber } from "@ruststream/core";
import type { Schema } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { at, emptyApp } from "./_kit_test.ts";
import { asyncApiDocument } from "./document.ts";
import { checkDocument } from "./lint/lint.ts";
import { asyncApiHtml } from "./view/page.ts";

/** A schema that says this of itself. */
function saying(jsonSchema: unknown): Schema {
  const standard = {
    version: 1 as const,
    vendor: "own",
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => jsonSchema },
  };
  return { "~standard": standard };
}

/** A value in so many objects. */
function nested(levels: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < levels; level++) value = { not: value };
  return value;
}

function broken(components: unknown) {
  const info = { title: "shop", version: "1" };
  return checkDocument({ asyncapi: "3.1.0", info, components })
    .map(({ rule, pointer }) => `${rule} ${pointer}`);
}

test("asyncApiDocument() takes names that every object has for names", () => {
  const names = ["constructor", "__proto__", "toString"];
  const app = names.reduce(
    (made, name) =>
      made.withBroker(new MemoryBroker({ name }), (b) =>
        b.include(
          subscriber(
            channel(`${name}.{${name}}`, { payload: saying({ title: name }) }),
            { name },
            () => {},
          ),
        )),
    emptyApp(),
  );

  const { document, gaps } = asyncApiDocument(app, {
    ...{ channels: {}, parameters: {}, servers: {}, subscribers: {} },
  });

  for (const name of names) {
    const place = `/channels/${name}.${name}`;
    assert.equal(at(document, `${place}/address`), `${name}.{${name}}`);
    assert.deepEqual(at(document, `${place}/parameters`), { [name]: {} });
    assert.ok(Object.hasOwn(document.operations, name));
    assert.ok(Object.hasOwn(document.servers, name));
  }
  assert.deepEqual(gaps, []);
  assert.deepEqual(checkDocument(document), []);
});

test("asyncApiDocument() tells of schemas and examples that are too deep, and goes on", () => {
  const deep = channel("deep", {
    payload: saying(nested(20_000)),
    examples: [nested(500), { id: 1 }],
  });
  const app = emptyApp()
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(deep, () => {})),
    );

  const { document, gaps } = asyncApiDocument(app);

  assert.deepEqual(gaps.map(({ part }) => part), ["examples", "payload"]);
  assert.match(gaps[0]?.why ?? "", /^example 0 .*more than 180 levels deep$/);
  assert.deepEqual(at(document, "/components/messages/deep/examples"), [
    { payload: { id: 1 } },
  ]);
  assert.deepEqual(checkDocument(document), []);
});

test("asyncApiDocument() calls who has a name in another script by it", () => {
  const orders = channel("заказы", { payload: saying({}) });
  const app = new RustStream({ title: "магазин", version: "1.0.0" })
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(subscriber(orders, { name: "учёт" }, () => {}))
          .include(subscriber(orders, { name: "счёт" }, () => {})),
    );

  const { document } = asyncApiDocument(app);

  const operations = Object.values(document.operations);
  assert.deepEqual(operations.map(({ title }) => title).sort(), [
    "счёт",
    "учёт",
  ]);
  assert.deepEqual(checkDocument(document), []);
});

test("checkDocument() and asyncApiHtml() refuse what is too deep, or goes round", () => {
  const round: Record<string, unknown> = {};
  round["not"] = round;
  const info = { title: "shop", version: "1" };

  for (const schema of [nested(50_000), round]) {
    const document = {
      ...{ asyncapi: "3.1.0", info },
      components: { schemas: { schema } },
    };
    const [found, ...others] = checkDocument(document);

    assert.equal(found?.rule, "document-depth");
    assert.match(
      found?.pointer ?? "",
      /^\/components\/schemas\/schema(\/not)+$/,
    );
    assert.deepEqual(others, []);
    assert.throws(() => asyncApiHtml(document), {
      name: "TypeError",
      message: "Cannot make a page: the document is more than 200 levels deep",
    });
  }
  assert.deepEqual(broken({ schemas: { A: nested(190) } }), []);
});

test("checkDocument() comes to an end with schemas that each refer to themselves fifty times", () => {
  const schema = { $ref: "#/components/schemas/A" };

  const found = broken({
    schemas: { A: { oneOf: Array.from({ length: 50 }, () => schema) } },
    messages: { m: { payload: schema, examples: [{ payload: 1 }] } },
  });

  // What nobody can see the end of is no violation.
  assert.deepEqual(found, []);
});
