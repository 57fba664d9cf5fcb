/**
 * Writes `orders.ndjson`: a day of a shop, with all that goes wrong in one. The same seed gives the same day.
 *
 * Run it with `deno run -A examples/orders/make_orders.ts`.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { notAnOrder, notJson } from "./make_faults.ts";
import { makeCustomers, makeDate, makeItems, makeNote } from "./make_parts.ts";
import { nth, SeededRandom } from "./make_random.ts";
import { silencesFor } from "./payments.ts";

/** What a line can be. */
type Kind =
  | "blank"
  | "notJson"
  | "notAnOrder"
  | "unknownProduct"
  | "outOfStock"
  | "exhausted"
  | "flaky"
  | "duplicate"
  | "fine";

/** How many lines there are of each kind, and how often the bank does not answer for the flaky ones in all. */
export type Holds = Readonly<Record<Kind | "lines" | "silences", number>>;

/** A file of orders, and what it holds. */
export interface OrderFile {
  /** An order a line, or what came in its place. */
  readonly text: string;
  /** Counted while it was made. */
  readonly holds: Holds;
}

const firstNumber = 10_001;
const signedVases = 5;
const opensAt = Date.UTC(2026, 2, 2, 6);
const everyMs = 41_000;

/** A day of orders, while it is made. */
class Day {
  readonly #rng: SeededRandom;
  readonly #customers: ReturnType<typeof makeCustomers>;
  readonly #payable: string[] = [];
  #vases = signedVases;
  #faults = 0;

  constructor(seed: number) {
    this.#rng = new SeededRandom(seed);
    this.#customers = makeCustomers(this.#rng, 180);
  }

  /** The line with this index, and what it is. */
  line(index: number): readonly [text: string, kind: Kind, silences: number] {
    const rng = this.#rng;
    const id = `W-${firstNumber + index}`;
    const silences = silencesFor(id);
    const order = {
      id,
      placedAt: makeDate(rng, opensAt + index * everyMs),
      customer: rng.pick(this.#customers),
      ...makeItems(rng),
      ...makeNote(rng),
    };
    const text = JSON.stringify(order);

    if (rng.chance(0.004)) return [rng.pick(["", "  "]), "blank", 0];
    if (rng.chance(0.012)) {
      return [nth(notJson, this.#faults++)(text), "notJson", 0];
    }
    if (rng.chance(0.016)) {
      return [
        JSON.stringify(nth(notAnOrder, this.#faults++)(order)),
        "notAnOrder",
        0,
      ];
    }
    if (rng.chance(0.02) && this.#payable.length > 0) {
      return [rng.pick(this.#payable.slice(-40)), "duplicate", 0];
    }
    if (rng.chance(0.012)) {
      return [containing(order, "MUG-GREEN", 12.5), "unknownProduct", 0];
    }
    if (rng.chance(0.015) && silences === 0) {
      const kind = this.#vases-- > 0 ? "fine" : "outOfStock";
      return [containing(order, "VASE-GOLD", 249), kind, 0];
    }
    if (silences === Infinity) return [text, "exhausted", 0];
    this.#payable.push(text);
    return [text, silences === 0 ? "fine" : "flaky", silences];
  }
}

function containing(order: object, sku: string, unitPrice: number): string {
  const items = [{ sku, quantity: 1, unitPrice }];
  return JSON.stringify({ ...order, currency: "EUR", items });
}

/** Makes a day of so many lines. */
export function makeOrders(lines = 1_240, seed = 20_260_302): OrderFile {
  const day = new Day(seed);
  const holds = {
    lines,
    blank: 0,
    notJson: 0,
    notAnOrder: 0,
    unknownProduct: 0,
    outOfStock: 0,
    exhausted: 0,
    flaky: 0,
    duplicate: 0,
    fine: 0,
    silences: 0,
  };
  const text = Array.from({ length: lines }, (_, index) => {
    const [line, kind, silences] = day.line(index);
    holds[kind]++;
    holds.silences += silences;
    return `${line}\n`;
  });
  return { text: text.join(""), holds };
}

if (import.meta.main) {
  await writeFile(new URL("orders.ndjson", import.meta.url), makeOrders().text);
}
