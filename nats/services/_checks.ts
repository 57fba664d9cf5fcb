import type { ServiceMetadata } from "./service_types.ts";

const lawfulName = /^[A-Za-z0-9_-]+$/;
const number = "(?:0|[1-9]\\d*)";
const part = `(?:${number}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const semantic = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-${part}(?:\\.${part})*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/**
 * Refuses a name that cannot be a token of a subject.
 *
 * @throws {TypeError} If it is none.
 */
export function checkName(deed: string, name: unknown): void {
  if (typeof name === "string" && lawfulName.test(name)) return;
  throw new TypeError(
    `Cannot ${deed}: expected the name to have letters and digits of ASCII, "-" and "_" only, found ${
      JSON.stringify(name)
    }`,
  );
}

/**
 * Refuses what is no semantic version.
 *
 * @throws {TypeError} If it is none.
 */
export function checkVersion(deed: string, version: unknown): void {
  if (typeof version === "string" && semantic.test(version)) return;
  throw new TypeError(
    `Cannot ${deed}: expected a semantic version such as 1.4.0, found ${
      JSON.stringify(version)
    }`,
  );
}

/**
 * Refuses what is no queue group.
 *
 * @throws {TypeError} If it is none.
 */
export function checkGroup(deed: string, group: unknown): void {
  if (group === false) return;
  if (typeof group === "string" && /^\S+$/.test(group)) return;
  throw new TypeError(
    `Cannot ${deed}: expected the group to be false, or a string without spaces and with something in it, found ${
      JSON.stringify(group)
    }`,
  );
}

/**
 * Refuses what is no text.
 *
 * @throws {TypeError} If it is none.
 */
export function checkText(deed: string, what: string, text: unknown): void {
  if (typeof text === "string") return;
  throw new TypeError(
    `Cannot ${deed}: expected ${what} to be a string, found ${typeof text}`,
  );
}

/**
 * A frozen copy of names and values.
 *
 * @throws {TypeError} If it is no object, or a value no string.
 */
export function metadataOf(deed: string, metadata: unknown): ServiceMetadata {
  if (typeof metadata !== "object" || metadata === null) {
    throw new TypeError(
      `Cannot ${deed}: expected the metadata to be an object, found ${typeof metadata}`,
    );
  }
  for (const [name, value] of Object.entries(metadata)) {
    checkText(deed, `the metadata "${name}"`, value);
  }
  return Object.freeze({ ...metadata as ServiceMetadata });
}
