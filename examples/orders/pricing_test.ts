import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { priceOf } from "./pricing.ts";

const item = (quantity: number, unitPrice: number) => ({
  sku: "MUG-RED",
  quantity,
  unitPrice,
});

test("priceOf() adds whole cents, so that no fraction of one is left", () => {
  assert.equal(priceOf({ items: [item(3, 19.99), item(1, 0.1)] }), 6_007);
  assert.equal(priceOf({ items: [item(100, 1.15)] }), 11_500);
});

test("priceOf() adds shipping below fifty, and none from there on", () => {
  assert.equal(priceOf({ items: [item(1, 49.99)] }), 4_999 + 490);
  assert.equal(priceOf({ items: [item(2, 25)] }), 5_000);
});
