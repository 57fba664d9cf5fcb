import assert from "node:assert/strict";
import { checkSubscribe, parseAddress } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

const one = parseAddress("orders.7");
const many = parseAddress("orders.{id}");
const all = { groups: true, patterns: true };

test("checkSubscribe() takes what is promised", () => {
  assert.doesNotThrow(() => checkSubscribe(many, { group: "g" }, all));
  assert.doesNotThrow(() =>
    checkSubscribe(one, {}, { groups: false, patterns: false })
  );
});

test("checkSubscribe() refuses a group where there are none", () => {
  assert.throws(
    () => checkSubscribe(one, { group: "g" }, { ...all, groups: false }),
    { code: "unsupported" },
  );
});

for (const template of ["orders.{id}", "{rest+}"]) {
  test(`checkSubscribe() refuses ${template} where one subscription reads one address`, () => {
    assert.throws(
      () =>
        checkSubscribe(parseAddress(template), {}, { ...all, patterns: false }),
      { code: "unsupported" },
    );
  });
}

for (const group of ["", 7, null]) {
  test(`checkSubscribe() refuses the group ${JSON.stringify(group)}`, () => {
    const options = { group: group as string };
    assert.throws(() => checkSubscribe(one, options, all), TypeError);
  });
}
