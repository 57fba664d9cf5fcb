type Kind = "function" | "object" | "string or function";

function fits(kind: Kind, found: unknown): boolean {
  if (kind === "object") return typeof found === "object" && found !== null;
  return typeof found === "function" ||
    kind !== "function" && typeof found === "string";
}

function check(
  what: string,
  options: object,
  kinds: Readonly<Record<string, Kind>>,
): void {
  for (const [name, found] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new TypeError(
        `Cannot make ${what} with "${name}": known are ${
          Object.keys(kinds).join(", ")
        }`,
      );
    }
    if (found === undefined || fits(kind, found)) continue;
    throw new TypeError(
      `Cannot make ${what} with "${name}": expected ${
        kind === "object" ? "an" : "a"
      } ${kind}, found ${found === null ? "null" : typeof found}`,
    );
  }
}

/**
 * Refuses options of tracing that cannot be meant.
 *
 * @throws {TypeError} If one is unknown or of the wrong kind.
 */
export function checkTracing(
  { relation, ...rest }: { readonly relation?: unknown },
): void {
  if (![undefined, "parent", "link"].includes(relation as string | undefined)) {
    throw new TypeError(
      `Cannot make tracing with "relation": expected "parent" or "link", found ${
        JSON.stringify(relation)
      }`,
    );
  }
  check("tracing", rest, {
    api: "object",
    system: "string or function",
    skip: "function",
    skipPublish: "function",
  });
}

/**
 * Refuses options of instruments that cannot be meant.
 *
 * @throws {TypeError} If one is unknown or of the wrong kind.
 */
export function checkInstruments(options: object): void {
  check("instruments", options, {
    api: "object",
    system: "string or function",
    clock: "object",
  });
}
