/** A product as the shop offers it. */
export interface Product {
  /** What it is ordered by. */
  readonly sku: string;
  /** What it is called. */
  readonly name: string;
  /** What one costs, in euros. */
  readonly price: number;
  /** How many are on the shelf in the morning. */
  readonly pieces: number;
}

/** What the shop sells. */
export const catalogue: readonly Product[] = Object.freeze([
  { sku: "MUG-BLUE", name: "Mug, cobalt blue", price: 12.5, pieces: 90_000 },
  { sku: "MUG-RED", name: "Mug, brick red", price: 12.5, pieces: 90_000 },
  { sku: "PLATE-28", name: "Dinner plate, 28 cm", price: 19.9, pieces: 90_000 },
  { sku: "BOWL-S", name: "Müsli bowl, small", price: 9.95, pieces: 90_000 },
  { sku: "BOWL-L", name: "Müsli bowl, large", price: 14.95, pieces: 90_000 },
  { sku: "TEAPOT", name: "Teapot “Øresund”", price: 48, pieces: 90_000 },
  { sku: "CUP-ESPR", name: "Espresso cup", price: 7.2, pieces: 90_000 },
  { sku: "VASE-TALL", name: "Vase, tall", price: 64.35, pieces: 90_000 },
  { sku: "JUG-1L", name: "Jug, one litre", price: 27.49, pieces: 90_000 },
  { sku: "SPOON-REST", name: "Spoon rest", price: 5.99, pieces: 90_000 },
  { sku: "VASE-GOLD", name: "Vase, gold, signed", price: 249, pieces: 5 },
]);
