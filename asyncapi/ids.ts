/** A text that stands unescaped in references and as a key of components. */
export function slug(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9_.-]+/g, "-")
    .replaceAll(/-*\.-*/g, ".")
    .replaceAll(/^[-.]+|[-.]+$/g, "") || "unnamed";
}

/** A short mark of a text (FNV-1a in 32 bits). */
function mark(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Something that wants an id. */
export interface Wanting {
  /** The id that it would like. */
  readonly wanted: string;
  /** What tells it apart from others that would like the same. */
  readonly key: string;
}

/** The same with a key that is made when somebody asks: most want an id that nobody else does, and all that something says is long. */
export function keyed<T extends object>(
  one: T,
  key: () => string,
): T & { readonly key: string } {
  let made: string | undefined;
  return {
    ...one,
    get key(): string {
      return made ??= key();
    },
  };
}

/**
 * Gives each its id. One that no other wants stays as it is; where several want the same, each gets a mark of what it is, so that no id depends on an order.
 *
 * Those with the same key are numbered; whoever asks has made them equal in all else.
 */
export function assignIds<W extends Wanting>(
  all: Iterable<W>,
): ReadonlyMap<W, string> {
  const groups = Map.groupBy(all, ({ wanted }) => slug(wanted));
  const taken = new Set<string>(groups.keys());
  const ids = new Map<W, string>();
  for (const [id, group] of [...groups].sort(([a], [b]) => a < b ? -1 : 1)) {
    const [only, ...others] = group;
    if (only !== undefined && others.length === 0) {
      ids.set(only, id);
      continue;
    }
    const inOrder = group.toSorted((a, b) => a.key < b.key ? -1 : 1);
    for (const one of inOrder) {
      const marked = `${id}-${mark(one.key)}`;
      let free = marked;
      for (let n = 2; taken.has(free); n++) free = `${marked}-${n}`;
      taken.add(free);
      ids.set(one, free);
    }
  }
  return ids;
}
