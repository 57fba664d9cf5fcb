import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Stock } from "./stock.ts";

const items = (sku: string, ...quantities: readonly number[]) =>
  quantities.map((quantity) => ({ sku, quantity, unitPrice: 1 }));

function stockOf(pieces: number): Stock {
  return new Stock([{ sku: "CUP", name: "Cup", price: 1, pieces }]);
}

test("Stock.take() takes all items of an order or none", () => {
  const stock = stockOf(5);

  const missing = stock.take("1", [...items("CUP", 1), ...items("JUG", 1)]);

  assert.equal(missing, "unknown product JUG");
  assert.equal(stock.take("2", items("CUP", 5)), undefined);
  assert.equal(stock.take("3", items("CUP", 1)), "out of stock: CUP");
});

test("Stock.take() adds up what is there twice in one order", () => {
  assert.equal(stockOf(5).take("1", items("CUP", 3, 3)), "out of stock: CUP");
  assert.equal(stockOf(6).take("1", items("CUP", 3, 3)), undefined);
});

test("Stock.putBack() makes what was taken there again", () => {
  const stock = stockOf(1);
  stock.take("1", items("CUP", 1));

  stock.putBack("1");

  assert.equal(stock.take("2", items("CUP", 1)), undefined);
});

test("Stock takes and puts back once for each order, however often it is asked", () => {
  const stock = stockOf(3);

  stock.take("1", items("CUP", 2));
  stock.take("1", items("CUP", 2));
  assert.equal(stock.left("CUP"), 1);

  stock.putBack("1");
  stock.putBack("1");
  assert.equal(stock.left("CUP"), 3);
});
