/** Names of labels with their values. */
export type Labels = Readonly<Record<string, string>>;

/** One value that was observed, and what it was part of. */
export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly atMs: number;
}

/** One line of a page. */
export interface Sample {
  /** What of a histogram it is; nothing for all others. */
  readonly suffix: "" | "_bucket" | "_sum" | "_count";
  readonly labels: Labels;
  /** The upper bound of a bucket. */
  readonly le?: number;
  readonly value: number;
  /** Of a bucket: the last that fell into it. */
  readonly exemplar?: Exemplar | undefined;
}

/** A metric: one name, one meaning, a sample for each of its label sets. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Waits for what must be asked for first. */
  readonly before?: () => Promise<void>;
  samples(): readonly Sample[];
}

/** The sample of a counter or a gauge. */
export function plain(labels: Labels, value: number): Sample {
  return { suffix: "", labels, value };
}

/** One sample for each counted value of one more label. */
export function counted(
  labels: Labels,
  label: string,
  counts: ReadonlyMap<string, number>,
): readonly Sample[] {
  return [...counts].map(([value, count]) =>
    plain({ ...labels, [label]: value }, count)
  );
}

/** Adds one to a count. */
export function increment(counts: Map<string, number>, value: string): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}
