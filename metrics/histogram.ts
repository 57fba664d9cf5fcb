import type { Exemplar, Labels, Sample } from "./family.ts";

/** How often a value fell between two bounds. Observing allocates nothing. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** One for each bound, and one for what is above the last. */
  readonly #counts: Float64Array;
  #sum = 0;
  /** By the same places. Made with the first: mostly nobody asks for them. */
  #exemplars: (Exemplar | undefined)[] | undefined = undefined;

  /** The bounds ascend. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts one. `labels` say what it was part of, where that is to be shown. */
  observe(value: number, labels?: Labels, atMs = 0): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
    if (labels !== undefined) {
      this.#exemplars ??= [];
      this.#exemplars[at] = { labels, value, atMs };
    }
  }

  samples(labels: Labels): readonly Sample[] {
    const samples: Sample[] = [];
    let count = 0;
    for (const [at, own] of this.#counts.entries()) {
      count += own;
      const le = this.#bounds[at] ?? Infinity;
      const exemplar = this.#exemplars?.[at];
      samples.push({ suffix: "_bucket", labels, le, value: count, exemplar });
    }
    return [
      ...samples,
      { suffix: "_sum", labels, value: this.#sum },
      { suffix: "_count", labels, value: count },
    ];
  }
}
