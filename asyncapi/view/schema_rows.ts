import { type Html, joined, markup, type Part } from "./html.ts";
import { markdown } from "./markdown.ts";
import {
  type Fields,
  fieldsOf,
  listOf,
  type Reader,
  textOf,
} from "./reader.ts";
import {
  constraintWords,
  deepest,
  optionsOf,
  saysMore,
  tellingOf,
  titleOf,
  typeWords,
} from "./schema_words.ts";
import { valueText } from "./words.ts";

/** A page shows no more rows of one schema; its JSON says the rest. */
const mostRows = 400;

/** The rows of one schema. */
class Rows {
  readonly rows: Html[] = [];
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Whether there were too many to show. */
  get isFull(): boolean {
    return this.rows.length >= mostRows;
  }

  /** Adds what is inside a schema: its fields, those of its elements, those of each option. */
  addInner(schema: unknown, path: string, depth: number): void {
    if (depth > deepest || this.isFull || !this.#reader.mayLook()) {
      return;
    }
    const fields = fieldsOf(this.#inline(schema));
    const { items, properties, patternProperties, additionalProperties } =
      fields;
    const required = new Set(listOf(fields.required));
    for (const part of listOf(fields.allOf)) this.#addPart(part, path, depth);
    for (const [name, inner] of Object.entries(fieldsOf(properties))) {
      const at = path === "" ? name : `${path}.${name}`;
      this.#add(at, inner, required.has(name), depth);
    }
    for (const [name, inner] of Object.entries(fieldsOf(patternProperties))) {
      this.#add(`${path}/${name}/`, inner, false, depth);
    }
    if (typeof additionalProperties === "object") {
      this.#add(
        path === "" ? "*" : `${path}.*`,
        additionalProperties,
        false,
        depth,
      );
    }
    if (Array.isArray(items)) {
      for (const [index, inner] of items.entries()) {
        this.#add(`${path}[${index}]`, inner, false, depth);
      }
    } else if (items !== undefined) {
      this.addInner(items, `${path}[]`, depth + 1);
    }
    this.#addOptions(fields, path, depth);
  }

  /** A schema that stands where it is asked for; nothing where it has a place of its own. */
  #inline(schema: unknown): unknown {
    return this.#reader.entryOf(schema, "schema") === undefined
      ? this.#reader.resolved(schema)
      : undefined;
  }

  /** What all must hold: the fields of a part with a name are shown where it stands. */
  #addPart(part: unknown, path: string, depth: number): void {
    const entry = this.#reader.entryOf(part, "schema");
    if (entry === undefined) return this.addInner(part, path, depth + 1);
    if (path !== "") return;
    this.rows.push(
      markup`<tr><th colspan="2">with all of <a href="#${entry.anchor}">${entry.id}</a></th></tr>`,
    );
  }

  #add(
    path: string,
    schema: unknown,
    isRequired: boolean,
    depth: number,
  ): void {
    if (this.isFull) return;
    const fields = fieldsOf(this.#inline(schema) ?? schema);
    const need = isRequired ? markup` <b>required</b> ` : undefined;
    this.rows.push(
      markup`<tr><th scope="row"><code>${path}</code>${need}</th><td>${
        aboutSchema(schema, fields, this.#reader)
      }</td></tr>`,
    );
    this.addInner(schema, path, depth + 1);
  }

  #addOptions(fields: Fields, path: string, depth: number): void {
    const options = optionsOf(fields);
    for (const [index, option] of options.entries()) {
      const before = this.rows.length;
      this.addInner(option, path, depth + 1);
      if (this.rows.length === before) continue;
      const name = titleOf(option, this.#reader) ??
        tellingOf(option, this.#reader);
      const where = path === "" ? undefined : markup` of <code>${path}</code> `;
      this.rows.splice(
        before,
        0,
        markup`<tr><th colspan="2">Option ${index + 1}${where}${
          name === undefined ? "" : `: ${name}`
        }</th></tr>`,
      );
    }
  }
}

function aboutSchema(schema: unknown, fields: Fields, reader: Reader): Part {
  const words: Part[] = [
    markup`<span class="type">${typeWords(schema, reader)}</span>`,
    ...constraintWords(fields),
  ];
  const description = textOf(fields.description);
  return [
    joined(words, " · "),
    description === undefined ? undefined : markdown(description),
  ];
}

/** Shows a schema: what it is in a line, and a table of what is in it. */
export function schemaHtml(
  schema: unknown,
  what: string,
  reader: Reader,
): Part {
  const fields = fieldsOf(schema);
  const rows = new Rows(reader);
  rows.addInner(schema, "", 0);
  const isPlain = rows.rows.length > 0 && fields.type === "object";
  const description = textOf(fields.description);
  const constraints = constraintWords(fields);
  return [
    description === undefined ? undefined : markdown(description),
    isPlain && constraints.length === 0 ? undefined : markup`<p>${
      joined([
        ...isPlain
          ? []
          : [markup`<span class="type">${typeWords(schema, reader)}</span>`],
        ...constraints,
      ], " · ")
    }</p>`,
    rows.rows.length === 0
      ? undefined
      : markup`<table><caption>Fields of ${what}</caption><thead><tr><th scope="col">Field</th><th scope="col">What it is</th></tr></thead><tbody>${rows.rows}</tbody></table>`,
    rows.isFull || saysMore(schema)
      ? markup`<details><summary>As JSON Schema</summary><pre tabindex="0"><code>${
        JSON.stringify(
          schema,
          undefined,
          2,
        )
      }</code></pre></details>`
      : undefined,
  ];
}

/** A schema in another language, as it stands. */
export function foreignSchemaHtml({ schemaFormat, schema }: Fields): Part {
  return [
    markup`<p>In <code>${valueText(schemaFormat)}</code>:</p>`,
    markup`<pre tabindex="0"><code>${
      typeof schema === "string" ? schema : JSON.stringify(schema, undefined, 2)
    }</code></pre>`,
  ];
}
