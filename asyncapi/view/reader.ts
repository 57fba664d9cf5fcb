import { isObject, pointer } from "../json.ts";
import { Document, type Looks, type Path } from "../lint/sites.ts";
import { anchorOf } from "./html.ts";

/** An object of a document, of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a page has places for. */
export type EntryKind =
  | "server"
  | "channel"
  | "operation"
  | "message"
  | "schema"
  | "security";

/** A thing of the document that has its own place in the page. */
export interface Entry {
  readonly kind: EntryKind;
  readonly id: string;
  /** What it is called: by its title, and its id beside that where others have the same. */
  readonly name: string;
  /** Its place in the page. */
  readonly anchor: string;
  /** It, with what its traits add. */
  readonly fields: Fields;
  /** It as it stands: a schema may be no object. */
  readonly value: unknown;
}

/** A list, of what may be none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An object, of what may be none. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/** A text that says something, of what may be none. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** Schemas that a page looks at for each object of the document, and beside that; of a document that means harm there is no end of them. */
const looksEach = 10;
const looksMore = 10_000;

/** What a document holds, read with care: nothing of it need be what the specification says. */
export class Reader {
  readonly document: Document;
  readonly root: Fields;
  /** What is left of looking at schemas. */
  readonly looks: Looks;
  readonly #entries = new Map<string, Entry>();
  readonly #byKind = new Map<EntryKind, Entry[]>();
  readonly #titles = new Map<string, number>();

  constructor(root: Fields) {
    this.root = root;
    this.document = new Document(root);
    const { length } = this.document.sites;
    this.looks = { left: length * looksEach + looksMore };
    this.#add("server", ["servers"]);
    this.#add("channel", ["channels"]);
    this.#add("operation", ["operations"]);
    this.#add("security", ["components", "securitySchemes"]);
    this.#add("schema", ["components", "schemas"]);
    this.#add("message", ["components", "messages"]);
    this.#addMessagesOfChannels();
  }

  /** All of a kind, in the order of the document. */
  all(kind: EntryKind): readonly Entry[] {
    return this.#byKind.get(kind) ?? [];
  }

  /** The messages of a channel. */
  messagesOf({ id, fields }: Entry): readonly Entry[] {
    return Object.entries(fieldsOf(fields.messages)).flatMap(
      ([name, value]) => {
        const own = pointer(["channels", id, "messages", name]);
        const found = this.#entries.get(own) ?? this.entryOf(value, "message");
        return found === undefined ? [] : [found];
      },
    );
  }

  /** The first thing with a place in the page that a reference leads to. */
  entryOf(value: unknown, kind: EntryKind): Entry | undefined {
    const seen = new Set<unknown>();
    let at = value;
    for (;;) {
      const { $ref } = fieldsOf(at);
      if (typeof $ref !== "string" || seen.has($ref)) return undefined;
      seen.add($ref);
      const found = this.document.find($ref);
      if (found === undefined) return undefined;
      const entry = this.#entries.get(pointer(found.path));
      if (entry?.kind === kind) return entry;
      at = found.value;
    }
  }

  /** What references lead to, of those that lead somewhere. */
  entriesOf(value: unknown, kind: EntryKind): readonly Entry[] {
    return listOf(value).flatMap((one) => {
      const entry = this.entryOf(one, kind);
      return entry === undefined ? [] : [entry];
    });
  }

  /** What a value stands for in the end; nothing where a reference leads nowhere. */
  resolved(value: unknown): unknown {
    return this.document.resolve(value)?.value;
  }

  /** Whether one more schema may be looked at. */
  mayLook(): boolean {
    return this.looks.left-- > 0;
  }

  #add(kind: EntryKind, path: Path): void {
    const found = this.document.find(`#${pointer(path)}`)?.value;
    for (const [id, value] of Object.entries(fieldsOf(found))) {
      this.#enter(kind, id, [...path, id], value);
    }
  }

  #enter(kind: EntryKind, id: string, path: Path, value: unknown): void {
    const held = kind === "schema" ? value : this.resolved(value);
    const fields = this.#withTraits(fieldsOf(held));
    const title = textOf(fields.title) ?? id;
    const titles = this.#titles;
    const key = `${kind} ${title}`;
    titles.set(key, (titles.get(key) ?? 0) + 1);
    const entry: Entry = {
      kind,
      id,
      // Asked for when all are there.
      get name(): string {
        return titles.get(key) === 1 ? title : `${title} (${id})`;
      },
      anchor: anchorOf(kind, id),
      fields,
      value: held,
    };
    this.#entries.set(pointer(path), entry);
    const all = this.#byKind.get(kind);
    if (all === undefined) this.#byKind.set(kind, [entry]);
    else all.push(entry);
  }

  /** Messages that a channel holds itself, and not by a reference. */
  #addMessagesOfChannels(): void {
    const taken = new Set(this.all("message").map(({ id }) => id));
    for (const { id: channel, fields } of this.all("channel")) {
      for (const [id, value] of Object.entries(fieldsOf(fields.messages))) {
        if (fieldsOf(value).$ref !== undefined) continue;
        let free = taken.has(id) ? `${channel}.${id}` : id;
        while (taken.has(free)) free += "-2";
        taken.add(free);
        this.#enter(
          "message",
          free,
          ["channels", channel, "messages", id],
          value,
        );
      }
    }
  }

  #withTraits(fields: Fields): Fields {
    const traits = listOf(fields.traits)
      .map((trait) => fieldsOf(this.resolved(trait)));
    if (traits.length === 0) return fields;
    const all: Fields = Object.assign({}, ...traits);
    return { ...all, ...fields };
  }
}
