/** How many letters have to be put, taken, changed or swapped with their neighbour to make one word of another. */
function distance(one: string, other: string): number {
  const rows: number[][] = [];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 0; i <= one.length; i++) {
    const row: number[] = [];
    rows.push(row);
    for (let j = 0; j <= other.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j);
        continue;
      }
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] &&
        one[i - 2] === other[j - 1];
      row.push(Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (same ? 0 : 1),
        swapped ? at(i - 2, j - 2) + 1 : Infinity,
      ));
    }
  }
  return at(one.length, other.length);
}

/**
 * The candidate that was probably meant: the one with the fewest mistakes, or that is begun like this; undefined where none is near.
 *
 * For commands of other modules that refuse an unknown word.
 *
 * @example A word that is nearly right
 * ```ts
 * import assert from "node:assert/strict";
 * import { nearest } from "@ruststream/core/cli";
 *
 * assert.equal(nearest("chekc", ["gen", "check", "serve"]), "check");
 * assert.equal(nearest("zzzz", ["gen", "check", "serve"]), undefined);
 * ```
 *
 * @param word What was written.
 * @param candidates What there is.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined = undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const begun = wanted.length > 1 && known.startsWith(wanted);
    const mistakes = begun ? 0.5 : distance(wanted, known);
    const most = Math.max(1, 0.4 * Math.max(wanted.length, known.length));
    if (mistakes > most || mistakes >= least) continue;
    best = candidate;
    least = mistakes;
  }
  return best;
}

/**
 * What to add to a line that names something unknown.
 *
 * @param prefix What stands before each of the candidates.
 */
export function hint(
  word: string,
  candidates: Iterable<string>,
  prefix = "",
): string {
  const found = nearest(word, candidates);
  return found === undefined ? "" : `; the nearest is "${prefix}${found}"`;
}
