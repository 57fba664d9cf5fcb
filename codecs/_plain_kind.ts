/**
 * What an object that is no list is to a format that knows plain data.
 *
 * @param format The format's name, for the error.
 * @throws {TypeError} If it is a map, a set or another object whose inside such a format would lose.
 */
export function plainKind(
  format: string,
  object: unknown,
): "object" | "date" | "bytes" {
  if (typeof object === "object" && object !== null) {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === Object.prototype || prototype === null) return "object";
    if (object instanceof Uint8Array) return "bytes";
    if (object instanceof Date && !Number.isNaN(object.getTime())) {
      return "date";
    }
    const tag = Object.prototype.toString.call(object);
    if (tag === "[object Object]") return "object";
    throw new TypeError(
      `Cannot encode a payload as ${format}: found ${tag.slice(8, -1)}${
        object instanceof Date ? " that is invalid" : ""
      }`,
    );
  }
  throw new TypeError(
    `Cannot encode a payload as ${format}: found ${typeof object}`,
  );
}
