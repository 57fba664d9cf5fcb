import { deepest, isObject, pointer, tooDeepAt } from "../json.ts";
import { rules } from "./rules.ts";
import { Document } from "./sites.ts";

/** A rule that a document breaks, and where. */
export interface Violation {
  /** What the rule is called. */
  readonly rule: string;
  /** What must hold, in one sentence. */
  readonly says: string;
  /** Where it does not, a JSON pointer; empty for the document itself. */
  readonly pointer: string;
}

/** A rule that {@linkcode checkDocument} keeps. */
export interface DocumentRule {
  /** What it is called. */
  readonly id: string;
  /** What must hold, in one sentence. */
  readonly says: string;
}

const notAnObject: DocumentRule = {
  id: "document-object",
  says: "A document is an object.",
};

const tooDeep: DocumentRule = {
  id: "document-depth",
  says:
    `A document is at most ${deepest} levels deep: a deeper one is not read.`,
};

/** The rules that {@linkcode checkDocument} keeps, in the order of their names. */
export const documentRules: readonly DocumentRule[] = Object.freeze(
  [
    ...new Map(
      [notAnObject, tooDeep, ...rules].map((
        { id, says },
      ) => [id, { id, says }]),
    ).values(),
  ].sort((a, b) => a.id < b.id ? -1 : 1),
);

/**
 * Checks an AsyncAPI document of version 3.0 or 3.1 by what the specification says that it must be: its form, and what holds between its parts. What lies in other documents is not looked at.
 *
 * @example An address that does not say what stands in it
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkDocument } from "@ruststream/asyncapi";
 *
 * const found = checkDocument({
 *   asyncapi: "3.1.0",
 *   info: { title: "shop", version: "1.0.0" },
 *   channels: { orders: { address: "orders.{shop}" } },
 * });
 * assert.deepEqual(found.map(({ rule, pointer }) => [rule, pointer]), [
 *   ["channel-parameter-missing", "/channels/orders/address"],
 * ]);
 * ```
 *
 * @returns What it breaks, in the order of the document; nothing where it is lawful.
 */
export function checkDocument(document: unknown): readonly Violation[] {
  if (!isObject(document)) {
    return [{ rule: notAnObject.id, says: notAnObject.says, pointer: "" }];
  }
  const deepAt = tooDeepAt(document);
  if (deepAt !== undefined) {
    return [{ rule: tooDeep.id, says: tooDeep.says, pointer: pointer(deepAt) }];
  }
  const byKind = Map.groupBy(rules, ({ on }) => on);
  // Found once for each kind of object, not for each object.
  const ofReferences = new Map([...byKind].map(([kind, all]) => [
    kind,
    kind === "schema" ? all : all.filter(({ references }) => references),
  ]));
  return new Document(document).sites.flatMap((site) => {
    const all = (site.isReference ? ofReferences : byKind).get(site.kind) ?? [];
    return all
      .flatMap(({ id, says, find }) =>
        [...find(site)].map((path): Violation => ({
          rule: id,
          says,
          pointer: pointer([...site.path, ...path]),
        }))
      );
  });
}
