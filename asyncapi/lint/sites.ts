import { isObject, type Json, pointer, stepsOf } from "../json.ts";
import { innerSchemas } from "../schema_keywords.ts";
import { type Field, type Kind, shapes } from "./shapes.ts";

/** The steps to a place. */
export type Path = readonly (string | number)[];

/** An object of a document, and what it is. */
export interface Site {
  readonly kind: Kind;
  readonly value: Readonly<Record<string, unknown>>;
  readonly path: Path;
  /** Whether it stands for another: it has a `$ref`. */
  readonly isReference: boolean;
  /** Whether it must. */
  readonly byReference: boolean;
  readonly within: Document;
}

/** What a reference leads to. */
export interface Found {
  readonly path: Path;
  readonly value: unknown;
}

/** Whether what stands for a schema says its format beside it. */
export function isMultiFormat(value: unknown): boolean {
  return isObject(value) && !("type" in value) &&
    ("schemaFormat" in value || "schema" in value);
}

/** Whether schemas of a format are read as those without one. */
export function isOurFormat(schemaFormat: unknown): boolean {
  return typeof schemaFormat === "string" &&
    /^application\/(vnd\.aai\.asyncapi|schema)[+;]/.test(schemaFormat);
}

/** How many schemas may still be looked at: of one that means harm there is no end of them. */
export interface Looks {
  left: number;
}

const looksEach = 100;
const looksMore = 100_000;

/** A document with all of its objects. */
export class Document {
  readonly root: unknown;
  readonly sites: readonly Site[];
  /** What is left of looking at schemas, for all who check values. */
  readonly looks: Looks;
  readonly #kinds = new Map<string, Kind>();
  readonly #found = new Map<string, Found | undefined>();

  constructor(root: unknown) {
    this.root = root;
    const sites: Site[] = [];
    this.#visit(sites, "document", root, [], false);
    this.sites = sites;
    this.looks = { left: sites.length * looksEach + looksMore };
  }

  /** What stands at a place of the document; undefined where nothing of a kind does. */
  kindAt(path: Path): Kind | undefined {
    return this.#kinds.get(pointer(path));
  }

  /** What a reference leads to, one step; undefined where it leads nowhere, or out of the document. */
  find(ref: unknown): Found | undefined {
    if (typeof ref !== "string") return undefined;
    if (!this.#found.has(ref)) this.#found.set(ref, this.#look(ref));
    return this.#found.get(ref);
  }

  #look(ref: string): Found | undefined {
    const path = stepsOf(ref);
    if (path === undefined) return undefined;
    let value = this.root;
    for (const step of path) {
      const isThere = typeof value === "object" && value !== null &&
        Object.hasOwn(value, step);
      if (!isThere) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[step];
    }
    return { path, value };
  }

  /** What a value stands for in the end; undefined where that is nowhere, or goes round. */
  resolve(value: unknown, path: Path = []): Found | undefined {
    let at: Found | undefined = { value, path };
    const seen = new Set<unknown>();
    while (at !== undefined && isObject(at.value)) {
      const { $ref }: { $ref?: Json } = at.value;
      if ($ref === undefined) return at;
      if (seen.has($ref)) return undefined;
      seen.add($ref);
      at = this.find($ref);
    }
    return at;
  }

  #visit(
    sites: Site[],
    kind: Kind,
    value: unknown,
    path: Path,
    byReference: boolean,
  ): void {
    const found = kind === "schema" && isMultiFormat(value)
      ? "multiFormat"
      : kind;
    this.#kinds.set(pointer(path), found);
    if (!isObject(value)) return;
    const isReference = typeof value.$ref === "string";
    sites.push({
      kind: found,
      value,
      path,
      isReference,
      byReference,
      within: this,
    });
    if (found === "schema") {
      for (const inner of innerSchemas(value)) {
        this.#visit(
          sites,
          "schema",
          inner.schema,
          [...path, ...inner.path],
          false,
        );
      }
    } else if (found === "multiFormat") {
      this.#visitMulti(sites, value, path);
    } else if (!isReference) {
      for (const [name, field] of Object.entries(shapes[found].fields)) {
        this.#visitField(sites, field, value[name], [...path, name]);
      }
    }
  }

  #visitMulti(
    sites: Site[],
    { schemaFormat, schema }: Readonly<Record<string, unknown>>,
    path: Path,
  ): void {
    if (isOurFormat(schemaFormat)) {
      this.#visit(sites, "schema", schema, [...path, "schema"], false);
    }
  }

  #visitField(
    sites: Site[],
    field: Field,
    value: unknown,
    path: Path,
  ): void {
    if (!("of" in field) || value === undefined) return;
    const { is, of, byReference = false } = field;
    const each: readonly (readonly [string | number, unknown])[] = is === "list"
      ? Array.isArray(value) ? [...value.entries()] : []
      : is === "map" && isObject(value)
      ? Object.entries(value)
      : [];
    if (is === "one") this.#visit(sites, of, value, path, byReference);
    for (const [step, one] of each) {
      this.#visit(sites, of, one, [...path, step], byReference);
    }
  }
}
