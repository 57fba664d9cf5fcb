import { deepest, type Json } from "./json.ts";
import { flowAt } from "./yaml_flow.ts";
import {
  folded,
  plainValue,
  quotedAt,
  type Refuse,
  withoutComment,
} from "./yaml_scalars.ts";

/** The key at the start of a text, and how much of it that takes with its colon; undefined where there is none. */
function keyAt(
  text: string,
  refuse: Refuse,
): { readonly key: string; readonly length: number } | undefined {
  if (/^["']/.test(text)) {
    const found = quotedAt(text, refuse);
    if (found === undefined) return undefined;
    const [colon] = /^\s*:(?=\s|$)/.exec(text.slice(found.length)) ?? [];
    return colon === undefined
      ? undefined
      : { key: found.value, length: found.length + colon.length };
  }
  const at = text.search(/:(?:\s|$)/);
  const key = text.slice(0, Math.max(0, at)).trimEnd();
  if (at < 0 || /^[[{|>#]/.test(key) || /\s#/.test(key)) return undefined;
  plainValue(key, refuse);
  if (key === "<<") refuse("a merge key");
  return { key, length: at + 1 };
}

const dash = /^-(?=\s|$)\s*/;

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isEmpty(line: string): boolean {
  return /^\s*(?:#|$)/.test(line);
}

/** Reads a document line by line: what is further in belongs to what is before it. */
class Reading {
  readonly #lines: string[];
  #at = 0;
  readonly #name: string;

  constructor(text: string, name: string) {
    this.#name = name;
    this.#lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  }

  document(): Json {
    if (/^---(?:\s*#.*)?$/.test(this.#here() ?? "")) this.#at++;
    const value = this.#node(0, 0);
    const rest = this.#here();
    if (rest !== undefined) {
      this.#refuse(
        /^(?:---|\.\.\.)/.test(rest)
          ? "a second document"
          : "what does not belong to what is before it",
      );
    }
    return value;
  }

  readonly #refuse: Refuse = (why) => {
    throw new TypeError(
      `Cannot read "${this.#name}" as YAML: line ${this.#at + 1} has ${why}`,
    );
  };

  /** The next line that says something. */
  #here(): string | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] ?? "";
      if (isEmpty(line)) continue;
      if (/^ *\t/.test(line)) this.#refuse("a tab before its text");
      return line;
    }
    return undefined;
  }

  /** What begins at this line, if it is as far in as is asked. */
  #node(least: number, depth: number): Json {
    const line = this.#here();
    if (line === undefined || indentOf(line) < least) return null;
    if (depth > deepest) this.#refuse("what is too deep");
    const indent = indentOf(line);
    const text = line.slice(indent);
    if (dash.test(text)) return this.#list(indent, depth);
    if (keyAt(text, this.#refuse) !== undefined) {
      return this.#map(indent, depth);
    }
    return this.#value(text, least - 1, depth);
  }

  #list(indent: number, depth: number): Json {
    const all: Json[] = [];
    for (;;) {
      const line = this.#here();
      if (line === undefined || indentOf(line) !== indent) return all;
      const [start] = dash.exec(line.slice(indent)) ?? [];
      if (start === undefined) return all;
      all.push(this.#after(indent + start.length, indent, depth));
    }
  }

  /** What follows a dash: a map may begin on its line, and goes on below its first key. */
  #after(start: number, indent: number, depth: number): Json {
    const text = (this.#lines[this.#at] ?? "").slice(start);
    const isInner = dash.test(text) ||
      keyAt(text, this.#refuse) !== undefined;
    if (!isInner) return this.#value(text, indent, depth);
    this.#lines[this.#at] = " ".repeat(start) + text;
    return this.#node(start, depth + 1);
  }

  #map(indent: number, depth: number): Json {
    const all = new Map<string, Json>();
    for (;;) {
      const line = this.#here();
      if (line === undefined || indentOf(line) !== indent) break;
      const text = line.slice(indent);
      const found = keyAt(text, this.#refuse);
      if (found === undefined) break;
      const { key, length } = found;
      if (all.has(key)) this.#refuse(`the key "${key}" a second time`);
      all.set(key, this.#valueOfKey(text.slice(length), indent, depth));
    }
    return Object.fromEntries(all);
  }

  #valueOfKey(rest: string, indent: number, depth: number): Json {
    const text = rest.trimStart();
    if (!isEmpty(text)) return this.#value(text, indent, depth);
    this.#at++;
    const line = this.#here();
    // The list of a key may stand as far out as the key.
    const isList = line !== undefined && indentOf(line) === indent &&
      dash.test(line.slice(indent));
    return isList
      ? this.#list(indent, depth + 1)
      : this.#node(indent + 1, depth + 1);
  }

  /** A value that begins on this line, within something that begins at an indent. */
  #value(text: string, indent: number, depth: number): Json {
    const [first = ""] = text;
    if (isEmpty(text)) {
      this.#at++;
      return this.#node(indent + 1, depth + 1);
    }
    if (first === "|" || first === ">") return this.#block(text, indent);
    if (first === '"' || first === "'" || first === "[" || first === "{") {
      return this.#closed(text, indent);
    }
    return this.#plain(text, indent);
  }

  /** A text without quotes, with the lines that go on further in. */
  #plain(text: string, indent: number): Json {
    const parts = [withoutComment(text)];
    // What is wrong is wrong on its first line.
    if (/:(?:\s|$)/.test(parts[0] ?? "")) {
      this.#refuse("a key in the middle of a text");
    }
    plainValue(parts[0] ?? "", this.#refuse);
    this.#at++;
    for (;;) {
      const next = this.#goesOnAt(indent);
      if (next === undefined) break;
      for (; this.#at < next; this.#at++) parts.push("");
      const line = this.#lines[this.#at] ?? "";
      if (/:(?:\s|$)/.test(line)) this.#refuse("a key in the middle of a text");
      parts.push(withoutComment(line.trim()));
      this.#at++;
    }
    const whole = folded(parts.join("\n").trimEnd());
    return parts.length === 1 ? plainValue(whole, this.#refuse) : whole;
  }

  /** Where a text goes on, at this line or after empty ones; undefined where it ends. */
  #goesOnAt(indent: number): number | undefined {
    for (let at = this.#at; at < this.#lines.length; at++) {
      const line = this.#lines[at] ?? "";
      if (line.trim() === "") continue;
      return indentOf(line) > indent && !isEmpty(line) ? at : undefined;
    }
    return undefined;
  }

  /** What has an end of its own: a text in quotes, or what stands in brackets. It may take several lines. */
  #closed(text: string, indent: number): Json {
    const start = this.#at;
    const lines = [text];
    for (let at = start + 1; at < this.#lines.length; at++) {
      const line = this.#lines[at] ?? "";
      if (line.trim() !== "" && indentOf(line) <= indent) break;
      lines.push(line);
    }
    const whole = lines.join("\n");
    const found = /^["']/.test(text)
      ? quotedAt(whole, this.#refuse) ??
        this.#refuse("a quote without an end")
      : flowAt(whole, this.#refuse);
    this.#at = start + whole.slice(0, found.length).split("\n").length - 1;
    const [rest = ""] = whole.slice(found.length).split("\n", 1);
    if (withoutComment(rest).trim() !== "") this.#refuse("more behind an end");
    this.#at++;
    return found.value;
  }

  /** Lines as they are, or folded. */
  #block(header: string, indent: number): string {
    const [all, kind, before, digit, after] =
      /^([|>])([-+]?)([1-9]?)([-+]?)$/.exec(withoutComment(header)) ?? [];
    if (all === undefined) this.#refuse("a block that begins with more");
    const chomp = before || after;
    const first = ++this.#at;
    const lines: string[] = [];
    let own = digit ? Math.max(indent, 0) + Number(digit) : undefined;
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] ?? "";
      if (line.trim() === "") {
        lines.push(own === undefined ? "" : line.slice(own));
        continue;
      }
      own ??= indentOf(line);
      if (indentOf(line) < own || own <= indent) break;
      lines.push(line.slice(own));
    }
    let kept = lines.length;
    while (kept > 0 && lines[kept - 1] === "") kept--;
    const text = lines.slice(0, kept).join("\n");
    const end = chomp === "+" ? "\n".repeat(lines.length - kept + 1) : "\n";
    this.#at = Math.max(this.#at, first);
    const body = kind === "|" ? text : foldedBlock(text);
    return chomp === "-" || (kept === 0 && chomp !== "+") ? body : body + end;
  }
}

/** Lines that begin further in stay as they are. */
function foldedBlock(text: string): string {
  return text.replaceAll(
    /(?<=^|\n)([^\s][^\n]*)\n(\n*)(?=[^\s])/g,
    (_all, line: string, empty: string) => line + (empty || " "),
  );
}

/**
 * Reads what documents are written in: YAML 1.2 of one document, of maps, lists, texts in each of their forms and what stands in brackets.
 *
 * Anchors, aliases, tags, merge keys and keys that are no texts are refused, not guessed at.
 *
 * @param name What it is called, for the error.
 * @throws {TypeError} If it has what is not read here, or is no YAML: which line, and what.
 */
export function fromYaml(text: string, name: string): Json {
  return new Reading(text, name).document();
}
