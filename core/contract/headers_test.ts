import assert from "node:assert/strict";
import fc from "fast-check";
import { headers, type HeadersInput } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

test("headers() keeps 24 fields, in order", () => {
  const fields = Array.from(
    { length: 24 },
    (_, i) => [`name-${i}`, `value ${i}`] as const,
  );

  const made = headers(fields);

  assert.deepEqual([...made], fields);
  assert.equal(made.get("name-23"), "value 23");
});

test("headers() keeps repeated names, and the case each was written with", () => {
  const made = headers([["Tag", "a"], ["other", "x"], ["TAG", "b"]]);

  assert.deepEqual([...made], [["Tag", "a"], ["other", "x"], ["TAG", "b"]]);
  assert.deepEqual(made.getAll("tag"), ["a", "b"]);
});

test("headers() takes lists from a record", () => {
  const made = headers({ tag: ["a", "b"], none: [], one: "1" });

  assert.deepEqual([...made], [["tag", "a"], ["tag", "b"], ["one", "1"]]);
});

test("headers() looks names up without case", () => {
  const made = headers({ "X-Trace-Id": "1" });

  assert.equal(made.get("x-tRACE-id"), "1");
  assert.deepEqual(made.getAll("X-TRACE-ID"), ["1"]);
  assert.equal(made.has("x-trace-id"), true);
});

test("headers() tells an empty value from none", () => {
  const made = headers({ empty: "" });

  assert.deepEqual([made.get("empty"), made.has("empty")], ["", true]);
  assert.deepEqual([made.get("none"), made.has("none")], [undefined, false]);
  assert.deepEqual(made.getAll("none"), []);
});

test("headers() keeps values outside ASCII, and spaces around them", () => {
  const made = headers({ name: " Zoë 値 🚚\t" });

  assert.equal(made.get("name"), " Zoë 値 🚚\t");
});

test("headers() finds no name that an object has by itself", () => {
  const made = headers({ a: "1" });

  assert.equal(made.get("constructor"), undefined);
  assert.equal(made.has("__proto__"), false);
});

test("headers() copies its input", () => {
  const list = ["a"];
  const pair: [string, string] = ["one", "1"];
  const fromRecord = headers({ tag: list });
  const fromPairs = headers([pair]);

  list.push("b");
  pair[1] = "2";

  assert.deepEqual(fromRecord.getAll("tag"), ["a"]);
  assert.equal(fromPairs.get("one"), "1");
});

test("headers() gives what it made back as it is", () => {
  const made = headers({ a: "1" });

  assert.equal(headers(made), made);
  assert.equal(headers(), headers({}));
  assert.deepEqual([...headers()], []);
});

test("headers() cannot be written into", () => {
  const made = headers({ a: "1" });
  const [field] = made;

  Object.assign(field ?? {}, { 1: "2" });

  assert.equal(made.get("a"), "1");
  assert.deepEqual([...made], [["a", "1"]]);
});

const lawlessNames = ["", "a b", "a:b", "a\r\nb", "ä", "a\0", "\t"];

for (const name of lawlessNames) {
  test(`headers() refuses the name ${JSON.stringify(name)}`, () => {
    assert.throws(() => headers([[name, "1"]]), (error) => {
      assert.ok(error instanceof TypeError);
      assert.ok(error.message.includes(JSON.stringify(name)), error.message);
      return true;
    });
  });
}

for (const value of ["a\rb", "a\nb", "\r\n", "\0"]) {
  test(`headers() refuses the value ${JSON.stringify(value)}`, () => {
    assert.throws(() => headers({ trace: value }), (error) => {
      assert.ok(error instanceof TypeError);
      assert.ok(error.message.includes('"trace"'), error.message);
      assert.ok(error.message.includes(JSON.stringify(value)), error.message);
      return true;
    });
  });
}

for (const value of [1, null, undefined, {}, [1]]) {
  test(`headers() refuses the value ${JSON.stringify(value)} from plain JavaScript`, () => {
    const input = { trace: value } as unknown as HeadersInput;

    assert.throws(() => headers(input), {
      name: "TypeError",
      message: /^Cannot use header "trace": /,
    });
  });
}

test("headers() gives every lawful field back as it was", () => {
  const name = fc.stringMatching(/^[!-9;-~]{1,12}$/);
  const value = fc.string({ unit: "binary", maxLength: 12 })
    .filter((text) => !/[\r\n\0]/.test(text));

  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (fields) => {
      assert.deepEqual([...headers(fields)], fields);
    }),
    { numRuns: 100 },
  );
});
