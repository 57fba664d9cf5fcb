import { checkKnown, refuseOption } from "../check_settings.ts";
import { isMediaType } from "./accept.ts";
import type { Page, Pages } from "./page.ts";

const where = "a control plane";

/** Whether something is a path that a request can have: no query, no empty segment, nothing that is written in another way. */
function isPath(found: unknown): found is string {
  return typeof found === "string" && /^(\/[^/]+)+$/.test(found) &&
    new URL(found, "http://localhost").pathname === found;
}

function checkPage(path: string, found: unknown): Page {
  const { page, types } = (found ?? {}) as Partial<Page>;
  if (typeof page !== "function") {
    refuseOption(where, `pages["${path}"]`, "a page", found);
  }
  const fits = types === undefined ||
    Array.isArray(types) && types.length > 0 && types.every(isMediaType);
  if (!fits) {
    refuseOption(where, `pages["${path}"].types`, "media types", types);
  }
  return found as Page;
}

/**
 * Checks the options of a control plane.
 *
 * @param taken Paths that no page may have.
 */
export function checkOptions(
  options: object,
  taken: readonly string[],
): {
  readonly pages: readonly (readonly [string, Page])[];
  readonly prefix: string;
} {
  checkKnown(where, options, ["app", "pages", "prefix"]);
  const { pages = {}, prefix = "" } = options as {
    readonly pages?: Pages;
    readonly prefix?: string;
  };
  if (prefix !== "" && !isPath(prefix)) {
    refuseOption(where, "prefix", 'a path such as "/ops"', prefix);
  }
  if (typeof pages !== "object" || pages === null) {
    refuseOption(where, "pages", "an object of pages", pages);
  }
  for (const path of Object.keys(pages)) {
    if (taken.includes(path)) {
      throw new TypeError(
        `Cannot set ${where}: "${path}" is no page's, it is its own`,
      );
    }
    if (!isPath(path)) {
      refuseOption(where, "pages", 'paths such as "/metrics"', path);
    }
  }
  return {
    prefix,
    pages: Object.entries(pages)
      .map(([path, page]) => [path, checkPage(path, page)]),
  };
}
