import { keyed, type Wanting } from "./ids.ts";
import {
  canonical,
  isObject,
  type Json,
  type JsonObject,
  pointer,
  stepsOf,
} from "./json.ts";
import { mapSchema } from "./schema_keywords.ts";

/** A schema that stands under the document's components, its id not known yet. */
export interface SchemaDraft extends Wanting {
  /** Makes it, with each reference right. */
  build(idOf: (draft: SchemaDraft) => string): Json;
}

/** What a reference means inside one JSON Schema. */
interface Target {
  /** The definition; undefined for the root. */
  readonly name: string | undefined;
  /** The steps from there. */
  readonly rest: readonly string[];
}

/** Words of later drafts that draft-07 has no place for. */
const lost = ["unevaluatedProperties", "unevaluatedItems", "$dynamicRef"];

/** All words of later drafts. Most schemas have none. */
const later: ReadonlySet<string> = new Set([
  ...["prefixItems", "dependentRequired", "dependentSchemas"],
  ...lost,
]);

/** Keywords that say where a schema lives: it lives in the document now. */
const homes = ["$schema", "$id", "$anchor", "$comment", "definitions", "$defs"];

/** The same in draft-07, without what says where it lived. */
function modern(schema: JsonObject): JsonObject {
  const {
    prefixItems,
    dependentRequired,
    dependentSchemas,
    ...kept
  } = schema;
  const old: Record<string, Json> = { ...kept };
  if (Array.isArray(prefixItems)) {
    if (kept.items !== undefined) old.additionalItems = kept.items;
    old.items = prefixItems;
  }
  if (isObject(dependentRequired) || isObject(dependentSchemas)) {
    old.dependencies = {
      ...isObject(kept.dependencies) ? kept.dependencies : {},
      ...isObject(dependentRequired) ? dependentRequired : {},
      ...isObject(dependentSchemas) ? dependentSchemas : {},
    };
  }
  return old;
}

/** One JSON Schema that is taken apart: its root and its definitions, by name. */
class Parts {
  readonly #bodies = new Map<string | undefined, Json>();
  readonly #ids = new Map<string, string | undefined>();
  readonly #drafts = new Map<string | undefined, SchemaDraft>();
  readonly #wanted: string;
  /** Most have none, and need no looking through. */
  #hasRefs = false;
  readonly #gap: (why: string) => void;

  constructor(root: JsonObject, wanted: string, gap: (why: string) => void) {
    this.#wanted = wanted;
    this.#gap = gap;
    const definitions = { ...asMap(root.$defs), ...asMap(root.definitions) };
    for (
      const [name, body] of [
        [undefined, root] as const,
        ...Object.entries(definitions),
      ]
    ) {
      const id = isObject(body) ? body.$id : undefined;
      if (typeof id === "string") this.#ids.set(id, name);
      this.#bodies.set(name, this.#clean(body, name === undefined));
    }
    this.#checkRefs();
  }

  /** The definition that the root is nothing but a reference to; undefined where it is more. */
  start(): string | undefined {
    const body = this.#bodies.get(undefined);
    if (!isObject(body) || Object.keys(body).length > 1) return undefined;
    const target = this.#target(body.$ref);
    return target?.rest.length === 0 ? target.name : undefined;
  }

  draft(name: string | undefined): SchemaDraft {
    const made = this.#drafts.get(name);
    if (made !== undefined) return made;
    const body = this.#bodies.get(name) as Json;
    const build: SchemaDraft["build"] = (idOf) =>
      this.#rewrite(
        body,
        ({ name: to, rest }) =>
          `#/components/schemas/${idOf(this.draft(to))}${
            rest.length === 0 ? "" : escaped(rest)
          }`,
      );
    const draft = keyed(
      { wanted: this.#nameOf(name, body), build },
      () => this.#key(name),
    );
    this.#drafts.set(name, draft);
    return draft;
  }

  /** All that a draft leads to, itself too. */
  reached(name: string | undefined): ReadonlySet<string | undefined> {
    const seen = new Set<string | undefined>();
    const waiting = [name];
    for (let next = 0; next < waiting.length; next++) {
      const at = waiting[next];
      if (seen.has(at)) continue;
      seen.add(at);
      this.#rewrite(this.#bodies.get(at) as Json, (target) => {
        waiting.push(target.name);
        return "";
      });
    }
    return seen;
  }

  /** Tells of references that lead nowhere. */
  #checkRefs(): void {
    if (!this.#hasRefs) return;
    for (const body of this.#bodies.values()) {
      mapSchema(body, (schema) => {
        const { $ref } = schema;
        if (typeof $ref === "string" && !this.#leads($ref)) {
          this.#gap(`its reference "${$ref}" leads out of it`);
        }
        return schema;
      });
    }
  }

  #leads(ref: string): boolean {
    const target = this.#target(ref);
    if (target === undefined) return false;
    let at: unknown = this.#bodies.get(target.name);
    for (const step of target.rest) {
      at = (at as Readonly<Record<string, unknown>> | undefined)?.[step];
    }
    return at !== undefined;
  }

  #nameOf(name: string | undefined, body: Json): string {
    const title = isObject(body) ? body.title : undefined;
    if (name === undefined) {
      return typeof title === "string" && title !== "" ? title : this.#wanted;
    }
    // Some libraries number what has no name, anew in each schema.
    return name.startsWith("__")
      ? `${this.#wanted}.${name.replace(/^_+/, "")}`
      : name;
  }

  /** Equal for two definitions that mean the same, also where they stand in different schemas. */
  #key(name: string | undefined): string {
    const text = (at: string | undefined): Json =>
      this.#rewrite(this.#bodies.get(at) as Json, (target) => {
        const to = target.name === name ? "self" : `in ${target.name ?? ""}`;
        return [to, ...target.rest].join("/");
      });
    const others = [...this.reached(name)].filter((at) => at !== name);
    return canonical([
      text(name),
      Object.fromEntries(others.map((at) => [at ?? "", text(at)])),
    ]);
  }

  #clean(body: Json, isRoot: boolean): Json {
    const gone = new Set<string>();
    const cleaned = mapSchema(body, (schema) => {
      this.#hasRefs ||= schema.$ref !== undefined;
      if (!Object.keys(schema).some((keyword) => later.has(keyword))) {
        return schema;
      }
      const kept = Object.entries(modern(schema)).filter(([keyword]) => {
        if (!lost.includes(keyword)) return true;
        gone.add(keyword);
        return false;
      });
      return Object.fromEntries(kept);
    });
    for (const word of gone) {
      this.#gap(`"${word}" cannot be said in draft-07 and is left out`);
    }
    if (!isObject(cleaned)) return cleaned;
    const away = isRoot ? homes : homes.slice(0, 4);
    return Object.fromEntries(
      Object.entries(cleaned).filter(([keyword]) => !away.includes(keyword)),
    );
  }

  #rewrite(body: Json, to: (target: Target) => string): Json {
    if (!this.#hasRefs) return body;
    return mapSchema(body, (schema) => {
      const { $ref, ...beside } = schema;
      const target = this.#target($ref);
      if (target === undefined) return schema;
      const ref = { $ref: to(target) };
      // Beside a reference draft-07 reads nothing else.
      return Object.keys(beside).length === 0
        ? ref
        : { ...beside, allOf: [ref, ...asList(beside.allOf)] };
    });
  }

  #target(ref: Json | undefined): Target | undefined {
    if (typeof ref !== "string") return undefined;
    if (this.#ids.has(ref)) return { name: this.#ids.get(ref), rest: [] };
    const steps = stepsOf(ref);
    if (steps === undefined) return undefined;
    const [place, name, ...rest] = steps;
    if (
      (place === "definitions" || place === "$defs") && name !== undefined &&
      this.#bodies.has(name)
    ) return { name, rest };
    return { name: undefined, rest: steps };
  }
}

/** Steps as they stand in a reference. */
function escaped(steps: readonly string[]): string {
  return encodeURI(pointer(steps)).replaceAll("#", "%23");
}

function asMap(value: Json | undefined): Readonly<Record<string, Json>> {
  return isObject(value) ? value : {};
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/**
 * Takes a JSON Schema apart into what stands under a document's components: itself, and each definition that it leads to.
 *
 * @param wanted Its name where it has no title.
 * @param gap Told what the document cannot say.
 */
export function hoist(
  root: JsonObject,
  wanted: string,
  gap: (why: string) => void,
): { readonly root: SchemaDraft; readonly all: readonly SchemaDraft[] } {
  const parts = new Parts(root, wanted, gap);
  const start = parts.start();
  return {
    root: parts.draft(start),
    all: [...parts.reached(start)].map((name) => parts.draft(name)),
  };
}
