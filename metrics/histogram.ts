import type { Labels, Sample } from "./family.ts";

/** How often a value fell between two bounds. Observing allocates nothing. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** One for each bound, and one for what is above the last. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** The bounds ascend. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  samples(labels: Labels): readonly Sample[] {
    const samples: Sample[] = [];
    let count = 0;
    for (const [at, own] of this.#counts.entries()) {
      count += own;
      const le = this.#bounds[at] ?? Infinity;
      samples.push({ suffix: "_bucket", labels, le, value: count });
    }
    return [
      ...samples,
      { suffix: "_sum", labels, value: this.#sum },
      { suffix: "_count", labels, value: count },
    ];
  }
}
