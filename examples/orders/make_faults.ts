/** What comes where an order should: a line that is not JSON. */
export const notJson: readonly ((line: string) => string)[] = [
  (line) => line.slice(0, line.length >> 1),
  (line) => line.replace(/}$/, ",}"),
  (line) => line.replaceAll('"', "'"),
  (line) => `${line},`,
  () =>
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
  () => "undefined",
  () => "id,placedAt,customer,currency,items",
];

/** An order, as far as a fault needs to know. */
interface Sound {
  readonly id: string;
  readonly customer: object;
  readonly items: readonly object[];
}

/** What comes where an order should: JSON that is none. */
export const notAnOrder: readonly ((order: Sound) => unknown)[] = [
  ({ customer: _, ...rest }) => rest,
  ({ id: _, ...rest }) => rest,
  (order) => ({ ...order, id: 4711 }),
  (order) => ({ ...order, items: [] }),
  (order) => ({ ...order, placedAt: "yesterday" }),
  (order) => ({ ...order, currency: "BTC" }),
  (order) => ({ ...order, customer: { ...order.customer, email: "at home" } }),
  (order) => ({ ...order, items: withItem(order, { quantity: -1 }) }),
  (order) => ({ ...order, items: withItem(order, { quantity: "two" }) }),
  (order) => ({ ...order, items: withItem(order, { unitPrice: 9.999 }) }),
  (order) => [order],
  () => null,
  () => 42,
  () => "an order, please",
];

function withItem({ items }: Sound, change: object): readonly object[] {
  return items.map((item, index) =>
    index === 0 ? { ...item, ...change } : item
  );
}
