/** Every text that prints of a value: its members however deep, its messages and causes, its own ways to print. */
export function everythingOf(value: unknown): readonly string[] {
  const texts: string[] = [];
  visit(value, texts, new Set(), 0);
  return texts;
}

const deepest = 6;
const inspect: unique symbol = Symbol.for(
  "nodejs.util.inspect.custom",
) as never;

function visit(
  value: unknown,
  texts: string[],
  seen: Set<object>,
  depth: number,
): void {
  if (typeof value === "string") return void texts.push(value);
  if (typeof value !== "object" || value === null) return;
  if (seen.has(value) || depth > deepest || value instanceof Uint8Array) return;
  seen.add(value);
  texts.push(...printed(value));
  const names = value instanceof Error
    ? ["message", "cause", "stack", ...Object.keys(value)]
    : Object.keys(value);
  for (const name of names) {
    texts.push(name);
    visit(member(value, name), texts, seen, depth + 1);
  }
}

function member(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

function printed(value: object): readonly string[] {
  const ways = [
    () => JSON.stringify(value),
    () => String(value),
    () => {
      const own: unknown = Reflect.get(value, inspect);
      return typeof own === "function" ? String(own.call(value, 4, {})) : "";
    },
  ];
  return ways.flatMap((print) => {
    try {
      return print() ?? "";
    } catch {
      // What cannot be printed shows nothing.
      return [];
    }
  });
}
