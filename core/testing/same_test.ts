import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { differences } from "./_same.ts";
import { show } from "./_show.ts";

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

const equal: readonly (readonly [unknown, unknown])[] = [
  [1, 1],
  [NaN, NaN],
  [{ a: 1, b: undefined }, { a: 1 }],
  [[1, [2]], [1, [2]]],
  [new Date(5), new Date(5)],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [new Map([["a", { b: 1 }]]), new Map([["a", { b: 1 }]])],
  [new Set([1, 2]), new Set([1, 2])],
  [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [new Error("a"), new Error("a")],
  [new Point(1), new Point(1)],
  [/a/g, /a/g],
];

const unequal: readonly (readonly [unknown, unknown, string])[] = [
  [1, 2, "expected 1, found 2"],
  [0, -0, "expected 0, found -0"],
  ["1", 1, 'expected "1", found 1'],
  [null, undefined, "expected null, found undefined"],
  [{ a: 1 }, { a: 2 }, "at a expected 1, found 2"],
  [{ a: { b: [1] } }, { a: { b: [2] } }, "at a.b[0] expected 1, found 2"],
  [[1], [1, 2], "at [1] expected undefined, found 2"],
  [[undefined], [], "at length expected 1, found 0"],
  [new Date(5), new Date(6), "expected Date 5, found Date 6"],
  [
    new Uint8Array([1]),
    new Uint8Array([2]),
    "expected 1 bytes <1>, found 1 bytes <2>",
  ],
  [new Set([1]), new Set([2]), "at [0] expected 1, found 2"],
  [new Error("a"), new Error("b"), 'at message expected "a", found "b"'],
  [new Point(1), { x: 1 }, "expected Point { x: 1 }, found { x: 1 }"],
  [[], {}, "expected [], found {}"],
  [/a/, /b/, "expected /a/, found /b/"],
];

test("differences() finds none between what is equal", () => {
  for (const [wanted, there] of equal) {
    assert.deepEqual(differences(wanted, there), [], show(wanted));
  }
});

test("differences() says where two values differ first", () => {
  for (const [wanted, there, expected] of unequal) {
    assert.equal(differences(wanted, there)[0], expected);
  }
});

test("differences() comes to an end where values hold themselves, and after some", () => {
  const one: Record<string, unknown> = { a: 1 };
  const other: Record<string, unknown> = { a: 1 };
  one["self"] = one;
  other["self"] = other;
  const many = Array.from({ length: 100 }, (_, n) => n);

  assert.deepEqual(differences(one, other), []);
  assert.equal(differences(many, many.map((n) => n + 1)).length, 8);
  assert.equal(show(one), "{ a: 1, self: [circular] }");
});

test("show() is one line, and not without end", () => {
  assert.equal(
    show({ text: "a\nb", big: 1n, "x-y": [null, undefined] }),
    '{ text: "a\\nb", big: 1n, "x-y": [null, undefined] }',
  );
  assert.equal(show("x".repeat(1_000)).length, 401);
});
