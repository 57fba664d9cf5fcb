/** A piece of a page that is safe as it stands: all that came from outside is escaped. Only {@linkcode markup} makes one. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a page: a text is escaped, and nothing leaves nothing. */
export type Part = Html | string | number | undefined | readonly Part[];

const marks: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// deno-lint-ignore no-control-regex -- what no page may hold
const unseen = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/** Marks that let what follows be read in another order than it stands. */
const reordering = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text as it may stand between tags, and between double quotes in one. */
export function escaped(text: string): string {
  return text.toWellFormed()
    .replace(unseen, "\ufffd")
    .replace(reordering, "\ufffd")
    .replace(/[&<>"']/g, (mark) => marks[mark] as string);
}

function textOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.toString();
  return typeof part === "object"
    ? part.map(textOf).join("")
    : escaped(String(part));
}

/** Makes a piece of a page. A value stands between tags, or between double quotes in one. */
export function markup(
  parts: TemplateStringsArray,
  ...values: readonly Part[]
): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(textOf)));
}

/** Pieces with something between them. */
export function joined(parts: readonly Part[], between: Part): Part {
  return parts.flatMap((part, index) => index === 0 ? [part] : [between, part]);
}

/** The place of a thing in the page: different for different things, and the same in each page. */
export function anchorOf(kind: string, id: string): string {
  const name = encodeURIComponent(id.toWellFormed())
    .replaceAll(/[!'()*~]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)
    .replaceAll("%", "~");
  return `${kind}-${name}`;
}

/** A link out of the page, where the address is one that does nothing but lead there; else the words alone. */
export function linkOut(address: string, words: Part): Part {
  const isHarmless = /^(?:https?:\/\/|mailto:)[^\s]+$/i.test(address);
  if (!isHarmless) return words;
  return markup`<a href="${address}" rel="noreferrer">${words}</a>`;
}
