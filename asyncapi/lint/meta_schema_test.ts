import { test } from "@ruststream/conformance/runner";
import {
  batchSubscriber,
  bytes,
  channel,
  out,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import type { ServerDescription } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { asyncApiDocument } from "../document.ts";
import { officialSchema, parserErrors } from "../official_tools_test.ts";
import { checkDocument } from "./lint.ts";
import { lawfulDocument } from "./lawful_document_test.ts";
import type { AsyncApiVersion } from "../options.ts";

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});
const trees = channel("trees.{forest}.{rest+}", {
  payload: Tree,
  headers: z.object({ trace: z.string() }),
  title: "Trees",
  summary: "What grows",
  examples: [{ name: "fir", children: [] }],
});
const numbers = channel("numbers", {
  payload: z.union([z.number(), z.literal("none")]),
  examples: [7, "none"],
});
const asked = channel("asked", { payload: Tree, reply: numbers });

class ServedBroker extends MemoryBroker {
  override describe(): readonly ServerDescription[] {
    return [
      { host: "a.example", protocol: "nats", pathname: "/a" },
      { host: "b.example", protocol: "kafka", bindings: { kafka: {} } },
    ];
  }
}

function everything(version: AsyncApiVersion) {
  const served = new ServedBroker({ name: "served" });
  const app = new RustStream({ title: "trees", version: "1.0.0" })
    .withBroker(served, (b) =>
      b.include(subscriber(trees, {
        name: "grow",
        group: "all",
        reply: numbers,
        out: { asked: out(asked).requests() },
        deadLetter: bytes("dead"),
      }, () => 1)))
    .withBroker(
      new MemoryBroker(),
      (b) =>
        b.include(batchSubscriber(numbers, { max: 3 }, () => {}))
          .include(subscriber(asked, () => 1))
          .include(
            subscriber(channel("any", { payload: type<1>() }), () => {}),
          ),
    );
  return asyncApiDocument(app, {
    version,
    id: "urn:example:trees",
    tags: [{ name: "green" }],
    securitySchemes: { user: { type: "userPassword" } },
    servers: { served: { security: ["user"] } },
    subscribers: { grow: { description: "It grows", security: ["user"] } },
  }).document;
}

for (const version of ["3.0.0", "3.1.0"] as const) {
  test(`the official schema of ${version} takes what asyncApiDocument() makes`, () => {
    const validate = officialSchema(version);
    const document = everything(version);

    validate(document);

    assert.deepEqual(validate.errors, null);
    assert.deepEqual(checkDocument(document), []);
    assert.equal(validate({ ...document, info: {} }), false);
  });
}

test("the official schema takes the document that the rules are tested with", () => {
  const validate = officialSchema("3.1.0");

  validate(lawfulDocument());

  assert.deepEqual(validate.errors, null);
});

test("the official parser takes both, and finds what is wrong", async () => {
  const { info: _info, ...wrong } = lawfulDocument();

  const errors = await parserErrors(wrong);

  assert.deepEqual(await parserErrors(everything("3.1.0")), []);
  assert.deepEqual(await parserErrors(lawfulDocument()), []);
  assert.match(errors.join("\n"), /"info"/);
  // The parser takes a second, and on a busy machine many.
}, { timeoutMs: 120_000 });
