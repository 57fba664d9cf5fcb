import type { FinishedEvent, Logger } from "@ruststream/core";
import type { Labels } from "./family.ts";

/** What one run was part of, as a page shows it. */
export type ExemplarReader = (event: FinishedEvent) => Labels | undefined;

const lawfulName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
// OpenMetrics counts names and values together.
const longest = 128;

function isLawful(pairs: readonly (readonly [string, unknown])[]): boolean {
  let length = 0;
  for (const [name, value] of pairs) {
    if (!lawfulName.test(name) || typeof value !== "string") return false;
    length += [...name, ...value].length;
  }
  return length <= longest;
}

/** A reader that cannot stop what is counted; what OpenMetrics does not take is left out, and told once. */
export function carefulExemplar(
  read: ExemplarReader,
  logger: Pick<Logger, "warn">,
): ExemplarReader {
  let told = false;
  const refuse = (why: string, fields: object): undefined => {
    if (told) return;
    told = true;
    logger.warn(`Cannot show an exemplar: ${why}`, fields);
  };
  return (event) => {
    try {
      const pairs = Object.entries(read(event) ?? {});
      if (pairs.length === 0) return undefined;
      return isLawful(pairs)
        ? Object.fromEntries(pairs)
        : refuse(`it is beyond ${longest} characters, or no labels`, {});
    } catch (error) {
      return refuse("its function threw", { error });
    }
  };
}
