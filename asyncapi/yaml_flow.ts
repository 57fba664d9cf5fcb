import { deepest, type Json } from "./json.ts";
import { plainValue, quotedAt, type Refuse } from "./yaml_scalars.ts";

/** Reads what stands in brackets and braces. */
class Flow {
  readonly #text: string;
  readonly #refuse: Refuse;
  #at = 0;
  #depth = 0;

  constructor(text: string, refuse: Refuse) {
    this.#text = text;
    this.#refuse = refuse;
  }

  get end(): number {
    return this.#at;
  }

  value(): Json {
    this.#skip();
    const char = this.#text[this.#at];
    if (char === "[" || char === "{") {
      if (++this.#depth > deepest) this.#refuse("what is too deep");
      const value = char === "[" ? this.#list() : this.#map();
      this.#depth--;
      return value;
    }
    if (char === '"' || char === "'") return this.#quoted();
    return plainValue(this.#plain(), this.#refuse);
  }

  #skip(): void {
    const rest = this.#text.slice(this.#at);
    this.#at += /^(?:\s+(?:#[^\n]*)?)*/.exec(rest)?.[0].length ?? 0;
  }

  #take(char: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #quoted(): string {
    const found = quotedAt(this.#text.slice(this.#at), this.#refuse);
    if (found === undefined) return this.#refuse("a quote without an end");
    this.#at += found.length;
    return found.value;
  }

  #plain(): string {
    const rest = this.#text.slice(this.#at);
    const [text = ""] =
      /^(?:[^,[\]{}:#\n]|:(?![\s,[\]{}]|$)|(?<!\s)#)*/.exec(rest) ?? [];
    this.#at += text.length;
    return text.trim();
  }

  #list(): Json {
    this.#at++;
    const all: Json[] = [];
    while (!this.#take("]")) {
      all.push(this.value());
      if (this.#take(":")) this.#refuse("a pair in brackets");
      if (this.#take(",")) continue;
      if (this.#take("]")) break;
      this.#refuse("a list in brackets without an end");
    }
    return all;
  }

  #map(): Json {
    this.#at++;
    const all = new Map<string, Json>();
    while (!this.#take("}")) {
      const key = this.#key();
      if (all.has(key)) this.#refuse(`the key "${key}" a second time`);
      all.set(key, this.#take(":") ? this.#valueOf() : null);
      if (this.#take(",")) continue;
      if (this.#take("}")) break;
      this.#refuse("a map in braces without an end");
    }
    return Object.fromEntries(all);
  }

  #key(): string {
    this.#skip();
    const char = this.#text[this.#at];
    if (char === '"' || char === "'") return this.#quoted();
    const text = this.#plain();
    if (text === "") this.#refuse("a map in braces without a key");
    plainValue(text, this.#refuse);
    return text;
  }

  #valueOf(): Json {
    this.#skip();
    const char = this.#text[this.#at] ?? "";
    return char === "," || char === "}" ? null : this.value();
  }
}

/** The value in brackets or braces at the start of a text, and how much of it that takes. */
export function flowAt(
  text: string,
  refuse: Refuse,
): { readonly value: Json; readonly length: number } {
  const flow = new Flow(text, refuse);
  return { value: flow.value(), length: flow.end };
}
