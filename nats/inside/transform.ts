import { notModelled, wrongTransform } from "./fault.ts";
import { matches } from "./match.ts";
import { bytesOf } from "./packet.ts";

/** How the wire writes a transform. */
interface TransformWire {
  readonly src?: string;
  readonly dest?: string;
}

type Part = (wildcards: readonly string[]) => string;

/** Rewrites the subjects of what a stream takes. */
export class Transform {
  readonly #from: string;
  readonly #parts: readonly Part[];

  /** @throws {Fault} If it is none, or does what is not there in process. */
  constructor({ src = "", dest = "" }: TransformWire) {
    this.#from = src || ">";
    const wildcards = this.#from.split(".").filter((token) => token === "*");
    this.#parts = dest.split(".").map((token) =>
      partOf(token, wildcards.length)
    );
  }

  /** A subject as it is stored; the same where it is none of those. */
  apply(subject: string): string {
    if (!matches(this.#from, subject)) return subject;
    const tokens = subject.split(".");
    const from = this.#from.split(".");
    const wildcards = tokens.filter((_, i) => from[i] === "*");
    const rest = from.at(-1) === ">" ? tokens.slice(from.length - 1) : [];
    return this.#parts
      .map((part) => part([...wildcards, rest.join(".")]))
      .join(".");
  }
}

// {{wildcard(1)}}, $1, {{partition(3,1,2)}}, a token as it is, or all of the rest.
function partOf(token: string, count: number): Part {
  if (token === ">") return (wildcards) => wildcards.at(-1) ?? "";
  const called = /^\{\{\s*(\w+)\(([\d,\s]*)\)\s*\}\}$/.exec(token);
  const [, name = /^\$\d+$/.test(token) ? "wildcard" : "", given = ""] =
    called ?? [];
  if (name === "") return () => token;
  const numbers = (called === null ? token.slice(1) : given).split(",")
    .map(Number);
  const [first = 0, ...others] = numbers;
  const places = name.toLowerCase() === "partition" ? others : numbers;
  if (places.some((place) => place < 1 || place > count)) {
    throw wrongTransform(
      `wildcard index out of range in ${token}: [${places.join(" ")}]`,
    );
  }
  const of = (wildcards: readonly string[]): string =>
    places.map((place) => wildcards[place - 1] ?? "").join("");
  switch (name.toLowerCase()) {
    case "wildcard":
      return of;
    case "partition":
      return (wildcards) => `${hash(of(wildcards)) % first}`;
    default:
      throw notModelled(token);
  }
}

// FNV-1a, 32 bits.
function hash(text: string): number {
  let found = 0x811c9dc5;
  for (const byte of bytesOf(text)) {
    found = Math.imul(found ^ byte, 0x01000193) >>> 0;
  }
  return found;
}
