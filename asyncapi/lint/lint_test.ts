import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { type Json, stepsOf } from "../json.ts";
import { type Change, changes, misfits, places } from "./_broken_test.ts";
import { lawfulDocument } from "./lawful_document_test.ts";
import { checkDocument, documentRules } from "./lint.ts";

/** The lawful document with one change. */
function broken(at: string, value: unknown): unknown {
  const document = lawfulDocument();
  const steps = at === "" ? [] : at.slice(1).split("/");
  const last = steps.pop() ?? assert.fail("the document itself");
  let within: Record<string, unknown> = document;
  for (const step of steps) within = within[step] as Record<string, unknown>;
  if (value === undefined) delete within[last];
  else within[last] = value;
  return document;
}

function found(document: unknown): readonly string[] {
  return checkDocument(document).map(({ rule, pointer }) =>
    `${rule} ${pointer}`
  );
}

const ofShapes: readonly Change[] = Object.entries(places).flatMap(
  ([kind, [at, required]]): readonly Change[] => {
    const [field, value] = misfits[kind] ?? assert.fail(kind);
    return [
      [`${kind}-unknown-field`, `${at}/bogus`, 1],
      [`${kind}-field-type`, `${at}/${field}`, value],
      ...required === undefined ? [] : [
        [`${kind}-required`, `${at}/${required}`, undefined, at] as const,
      ],
    ];
  },
);
const all = [...changes, ...ofShapes];

test("checkDocument() finds nothing in a lawful document with an object of each kind", () => {
  assert.deepEqual(checkDocument(lawfulDocument()), []);
  assert.deepEqual(
    checkDocument({ asyncapi: "3.0.0", info: { title: "a", version: "1" } }),
    [],
  );
});

for (const [rule, at, value, said = at] of all) {
  const what = value === undefined ? "nothing" : JSON.stringify(value);
  test(`checkDocument() finds ${rule} for ${what.slice(0, 40)} at ${at}`, () => {
    const there = found(broken(at, value));

    assert.ok(there.includes(`${rule} ${said}`), there.join("\n"));
  });
}

test("checkDocument() finds what is no document", () => {
  for (const none of [undefined, null, 1, "a", []]) {
    assert.deepEqual(found(none), ["document-object "]);
  }
});

test("documentRules names every rule once, and each is broken by a document of these tests", () => {
  const ids = documentRules.map(({ id }) => id);

  assert.deepEqual(
    ids,
    [
      ...new Set([
        ...["document-depth", "document-object"],
        ...all.map(([rule]) => rule),
      ]),
    ].sort(),
  );
  assert.ok(ids.length > 100, `${ids.length}`);
  for (const { says } of documentRules) assert.match(says, /^[A-Z].*\.$/);
});

test("checkDocument() finds one thing where one thing is wrong", () => {
  const alone = changes.filter(([, at, value]) =>
    found(broken(at, value)).length === 1
  );

  assert.ok(alone.length > changes.length * 0.7, `${alone.length}`);
});

/** All places of a document. */
function pointers(value: unknown, at = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([name, inner]) =>
      pointers(
        inner,
        `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      )
    ),
  ];
}

test("checkDocument() takes anything anywhere, and says a place that is there", () => {
  const anything: readonly Json[] = [
    ...[null, 1, "", "{", true, [], [null], {}, { $ref: 1 }],
    ...[{ $ref: "#" }, { $ref: "#/%" }, { a: [{}] }],
  ];
  const tried = pointers(lawfulDocument()).slice(1).flatMap((at, place) =>
    // A third of them at each place, so that it takes no long.
    anything
      .filter((_value, index) => index % 3 === place % 3)
      .map((value) => ({ at, document: broken(at, value) }))
  );
  const astray = tried.flatMap(({ at, document }) =>
    checkDocument(document).flatMap(({ pointer }) => {
      let value: unknown = document;
      for (const step of stepsOf(pointer === "" ? "#" : `#${pointer}`) ?? []) {
        value = (value as Record<string, unknown> | null)?.[step];
      }
      return value === undefined ? [`${at}: ${pointer}`] : [];
    })
  );

  assert.ok(tried.length > 500);
  assert.deepEqual(astray, []);
});
