/** The most scripts that are tried. */
const mostTries = 400;

/**
 * Shortens a list as long as it still shows what it shows: halves, quarters, and so on down to single elements, until none can be left out.
 *
 * @param shows Whether a shorter list still does.
 */
export async function reduce<T>(
  list: readonly T[],
  shows: (shorter: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let shortest = list;
  let size = Math.ceil(list.length / 2);
  for (let tries = 0; shortest.length > 0;) {
    let isShorter = false;
    for (let from = 0; from < shortest.length && tries < mostTries;) {
      const shorter = shortest.toSpliced(from, size);
      tries++;
      if (await shows(shorter)) {
        shortest = shorter;
        isShorter = true;
      } else from += size;
    }
    if (tries >= mostTries || (size === 1 && !isShorter)) break;
    size = Math.max(1, Math.floor(size / 2));
  }
  return shortest;
}
