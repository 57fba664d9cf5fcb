import { isObject } from "../json.ts";
import type { Kind } from "./shapes.ts";
import type { Path, Site } from "./sites.ts";

/** Something that a document must keep. */
export interface Rule {
  /** What it is called. */
  readonly id: string;
  /** What must hold, in one sentence. */
  readonly says: string;
  /** What it looks at. */
  readonly on: Kind;
  /** Whether it looks at references too: others see objects only. */
  readonly references?: boolean;
  /** The places below that break it. */
  readonly find: (site: Site) => Iterable<Path>;
}

/** A rule about one field: broken where the field is there, is a text, and the test fails. */
export function textRule(
  id: string,
  on: Kind,
  field: string,
  says: string,
  holds: (text: string, site: Site) => boolean,
): Rule {
  return {
    id,
    says,
    on,
    find: (site) => {
      const text = site.value[field];
      return typeof text === "string" && !holds(text, site) ? [[field]] : [];
    },
  };
}

/** The members of what may be an object. */
export function members(
  value: unknown,
): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value) : [];
}

/** The elements of what may be a list, with their places. */
export function elements(
  value: unknown,
): readonly (readonly [number, unknown])[] {
  return Array.isArray(value) ? [...value.entries()] : [];
}

/** The reference in what may be one. */
export function refOf(value: unknown): string | undefined {
  const ref = isObject(value) ? value.$ref : undefined;
  return typeof ref === "string" ? ref : undefined;
}

const names = /\{([^{}]*)\}/g;

/** The names in braces. */
export function bracedNames(text: string): readonly string[] {
  return [...text.matchAll(names)].map(([, name = ""]) => name);
}

/** Whether a text is where a message holds something. */
export function isLocation(text: string): boolean {
  return /^\$message\.(header|payload)#(\/([^/~]|~[01])*)*$/.test(text);
}

/** Whether a text names a media type. */
export function isMediaType(text: string): boolean {
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[^;=]+=[^;]+)*$/.test(text);
}
