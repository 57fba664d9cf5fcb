import assert from "node:assert/strict";
import fc from "fast-check";
import {
  fillAddress,
  matchAddress,
  parseAddress,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

/** Says that a function throws that class, and that its message names the input. */
function refuses(
  run: () => unknown,
  type: typeof TypeError | typeof RangeError,
  ...named: readonly string[]
): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof type, `${error}`);
    for (const text of named) {
      assert.ok(error.message.includes(text), error.message);
    }
    return true;
  });
}

const lawless: Record<string, string> = {
  "nothing": "",
  "an empty token": "a..b",
  "an empty first token": ".a",
  "an empty last token": "a.",
  "two parameters in one token": "{x}{y}",
  "a parameter with text before it": "a.b{x}",
  "a parameter with text after it": "{x}b.c",
  "an open brace": "a.{x",
  "a closed brace": "a.x}",
  "a parameter without a name": "{}",
  "many without a name": "{+}",
  "a name that begins with a digit": "{1x}",
  "a name with a space": "{x y}",
  "a space": "a b.c",
  "a tab": "a.\t",
  "a line end": "a.b\r\nc",
  "NUL": "a.\0",
  "a wildcard for one": "a.*",
  "a wildcard for the rest": "a.>",
};

for (const [what, template] of Object.entries(lawless)) {
  test(`parseAddress() refuses ${what}`, () => {
    refuses(
      () => parseAddress(template),
      TypeError,
      "Cannot use address",
      JSON.stringify(template),
    );
  });
}

test("parseAddress() refuses a name that is there twice", () => {
  refuses(() => parseAddress("{x}.a.{x}"), TypeError, "{x}.a.{x}", '"x"');
  refuses(() => parseAddress("{x}.a.{x+}"), TypeError, "{x}.a.{x+}", '"x"');
});

test("parseAddress() refuses anything after many", () => {
  refuses(() => parseAddress("{rest+}.x"), TypeError, "{rest+}.x", "{rest+}");
  refuses(() => parseAddress("{a+}.{b+}"), TypeError, "{a+}.{b+}", "{a+}");
});

test("parseAddress() reads literals, one and many", () => {
  const { template, tokens } = parseAddress("orders.{tenant_id-2}.v1.{rest+}");

  assert.equal(template, "orders.{tenant_id-2}.v1.{rest+}");
  assert.deepEqual(tokens, [
    { kind: "literal", text: "orders" },
    { kind: "one", name: "tenant_id-2" },
    { kind: "literal", text: "v1" },
    { kind: "many", name: "rest" },
  ]);
});

test("parseAddress() takes letters outside ASCII and signs as literals", () => {
  const { tokens } = parseAddress("größe.a+b.$SYS.值");

  assert.deepEqual(
    tokens.map((token) => token.kind === "literal" ? token.text : undefined),
    ["größe", "a+b", "$SYS", "值"],
  );
});

test("parseAddress() gives what nobody can write into", () => {
  const pattern = parseAddress("a.{b}");

  const parts = [pattern, pattern.tokens, ...pattern.tokens];

  assert.ok(parts.every((part) => Object.isFrozen(part)));
});

test("fillAddress() fills one and many", () => {
  const pattern = parseAddress("orders.{tenant}.{rest+}");

  const address = fillAddress(pattern, { tenant: "acme", rest: "a.b.c" });

  assert.equal(address, "orders.acme.a.b.c");
});

test("fillAddress() needs no parameters where there are none", () => {
  assert.equal(fillAddress(parseAddress("orders")), "orders");
});

const badValues: Record<string, string> = {
  "nothing": "",
  "a dot": "a.b",
  "a space": "a b",
  "a line end": "a\n",
  "NUL": "\0",
  "a wildcard for one": "*",
  "a wildcard for the rest": ">",
  "a brace": "{y}",
};

for (const [what, value] of Object.entries(badValues)) {
  test(`fillAddress() refuses a value with ${what}`, () => {
    const pattern = parseAddress("orders.{tenant}");

    refuses(
      () => fillAddress(pattern, { tenant: value }),
      RangeError,
      "orders.{tenant}",
      '"tenant"',
      JSON.stringify(value),
    );
  });
}

for (const value of ["", "a..b", ".a", "a.", "a. .b", "a.*", "a.>"]) {
  test(`fillAddress() refuses ${JSON.stringify(value)} for many`, () => {
    const pattern = parseAddress("orders.{rest+}");

    refuses(
      () => fillAddress(pattern, { rest: value }),
      RangeError,
      "orders.{rest+}",
      '"rest"',
      JSON.stringify(value),
    );
  });
}

test("fillAddress() refuses a value that is no string, from plain JavaScript", () => {
  const params = { tenant: 7 } as unknown as Record<string, string>;

  refuses(
    () => fillAddress(parseAddress("orders.{tenant}"), params),
    RangeError,
    '"tenant"',
    "found 7",
  );
});

test("fillAddress() refuses an unknown parameter", () => {
  refuses(
    () => fillAddress(parseAddress("a.{b}"), { b: "1", c: "2" }),
    TypeError,
    "a.{b}",
    '"c"',
  );
});

test("fillAddress() refuses a missing parameter, also one that every object has", () => {
  const pattern = parseAddress("a.{constructor}");

  refuses(() => fillAddress(parseAddress("a.{b}")), TypeError, "a.{b}", '"b"');
  refuses(() => fillAddress(pattern, {}), TypeError, '"constructor"');
});

const unmatched: readonly (readonly [string, string])[] = [
  ["orders.{x}", "orders"],
  ["orders.{x}", "orders.a.b"],
  ["orders.{x}", "order.a"],
  ["orders.{x}", "orders."],
  ["orders.{x}", ""],
  ["orders.{rest+}", "orders"],
  ["orders.{rest+}", "orders."],
  ["orders", "ORDERS"],
];

for (const [template, address] of unmatched) {
  test(`matchAddress() does not match ${template} with ${JSON.stringify(address)}`, () => {
    assert.equal(matchAddress(parseAddress(template), address), undefined);
  });
}

test("matchAddress() gives no parameters where there are none", () => {
  assert.deepEqual(matchAddress(parseAddress("orders.new"), "orders.new"), {});
});

test("matchAddress() refuses an empty token where many are meant", () => {
  const pattern = parseAddress("orders.{rest+}");

  assert.equal(matchAddress(pattern, "orders.a..b"), undefined);
  assert.equal(matchAddress(pattern, "orders.a."), undefined);
});

const token = fc.stringMatching(/^[A-Za-z0-9_$+-]{1,8}$/);
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,5}$/);

test("matchAddress() reads what fillAddress() filled", () => {
  const parts = fc.uniqueArray(
    fc.record({ name, value: token, literal: fc.boolean() }),
    { selector: (part) => part.name, minLength: 1, maxLength: 6 },
  );
  const rest = fc.option(fc.array(token, { minLength: 1, maxLength: 4 }));

  fc.assert(
    fc.property(parts, rest, (parts, rest) => {
      const params = Object.fromEntries([
        ...parts.filter((p) => !p.literal).map((p) => [p.name, p.value]),
        ...(rest === null ? [] : [["the-rest", rest.join(".")]]),
      ]);
      const template = [
        ...parts.map((p) => p.literal ? p.value : `{${p.name}}`),
        ...(rest === null ? [] : ["{the-rest+}"]),
      ].join(".");
      const pattern = parseAddress(template);

      const address = fillAddress(pattern, params);

      assert.deepEqual({ ...matchAddress(pattern, address) }, params);
    }),
    { numRuns: 200 },
  );
});
