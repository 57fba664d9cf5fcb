import { isObject, stepsOf } from "../json.ts";
import type { Rule } from "./rule.ts";
import { type Kind, shapes } from "./shapes.ts";
import type { Site } from "./sites.ts";

const kinds: readonly Kind[] = [...Object.keys(shapes) as Kind[], "schema"];

/** These cannot be replaced by a reference. */
const never: ReadonlySet<Kind> = new Set([
  "document",
  "info",
  "contact",
  "license",
  "oauthFlows",
  "oauthFlow",
  "messageExample",
  "components",
]);

const lawful = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;

function refOf({ value }: Site): string {
  return String(value.$ref);
}

/** Whether a reference goes round without an end. */
function goesRound(site: Site): boolean {
  const seen = new Set<string>();
  let at: unknown = site.value;
  while (isObject(at) && typeof at.$ref === "string") {
    if (seen.has(at.$ref)) return true;
    seen.add(at.$ref);
    at = site.within.find(at.$ref)?.value;
  }
  return false;
}

function leadsWrong(site: Site): boolean {
  const found = site.within.find(refOf(site));
  if (found === undefined) return false;
  const there = site.within.kindAt(found.path);
  const isSchema = (kind: Kind | undefined): boolean =>
    kind === "schema" || kind === "multiFormat";
  return there !== site.kind && !(isSchema(there) && isSchema(site.kind));
}

interface Draft {
  readonly id: string;
  readonly says: string;
  /** Whether a reference, or what stands in the place of one, breaks it. */
  readonly breaks: (site: Site) => boolean;
  /** Whether it looks at what is no reference. */
  readonly plain?: boolean;
}

const drafts: readonly Draft[] = [
  {
    id: "reference-lawful",
    says:
      "A reference is a URI reference: what has no place in one is escaped by percent.",
    breaks: (site) => {
      const ref = refOf(site);
      return !lawful.test(ref) ||
        ref.startsWith("#") && stepsOf(ref) === undefined;
    },
  },
  {
    id: "reference-leads-nowhere",
    says: "A reference into the document leads to something.",
    breaks: (site) => {
      const ref = refOf(site);
      return stepsOf(ref) !== undefined && site.within.find(ref) === undefined;
    },
  },
  {
    id: "reference-kind",
    says: "A reference leads to what stands in its place.",
    breaks: leadsWrong,
  },
  {
    id: "reference-circle",
    says: "A reference does not lead back to itself over references only.",
    breaks: goesRound,
  },
  {
    id: "reference-forbidden",
    says: "A reference is where the specification has one.",
    breaks: ({ kind }) => never.has(kind),
  },
  {
    id: "reference-wanted",
    says:
      "Servers of a channel, and channels and messages of an operation or reply, are references.",
    breaks: ({ byReference, isReference }) => byReference && !isReference,
    plain: true,
  },
];

/** What references must keep, whatever they stand for. */
export const referenceRules: readonly Rule[] = drafts.flatMap((
  { id, says, breaks, plain = false },
) =>
  kinds.map((on): Rule => ({
    id,
    says,
    on,
    references: true,
    find: (site) =>
      (site.isReference || plain) && breaks(site)
        ? [site.isReference ? ["$ref"] : []]
        : [],
  }))
);
