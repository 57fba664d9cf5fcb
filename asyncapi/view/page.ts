import { deepest, isObject, tooDeepAt } from "../json.ts";
import { channelsHtml } from "./channels.ts";
import { contentsHtml } from "./contents.ts";
import { Html, joined, markup, type Part } from "./html.ts";
import { infoHtml, titleOf } from "./info.ts";
import { messagesHtml, SchemaPlaces, schemasHtml } from "./messages.ts";
import { glanceHtml, operationsHtml } from "./operations.ts";
import { Reader } from "./reader.ts";
import { serversHtml } from "./servers.ts";
import { style, styleHash } from "./style.ts";
import { Uses } from "./uses.ts";

/** Options for {@linkcode asyncApiHtml}. */
export interface HtmlOptions {
  /** Where the document itself is, as the page may say it: `{ JSON: "asyncapi.json" }`. By default the page says nothing of it. */
  readonly links?: Readonly<Record<string, string>>;
}

/** What a page may load and do: nothing but its one style and the little picture of its tab. No script runs. */
export const pagePolicy: string =
  `default-src 'none'; style-src '${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`;

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Cpath fill='%232563a8' d='M1 1h6v1.4H1zm0 2.3h6v1.4H1zm0 2.3h6V7H1z'/%3E%3C/svg%3E";

function linksOf(links: Readonly<Record<string, string>>): Part {
  const all = Object.entries(links)
    .map(([words, to]) => markup`<a href="${to}">${words}</a>`);
  return all.length === 0 ? undefined : joined(all, ", ");
}

function checkLinks(links: Readonly<Record<string, string>>): void {
  for (const [words, to] of Object.entries(links)) {
    const isHarmless = typeof to === "string" &&
      /^https?:$/.test(new URL(to, "https://a.example").protocol);
    if (isHarmless) continue;
    throw new TypeError(
      `Cannot make a page: links["${words}"] must be an address of the web, found "${to}"`,
    );
  }
}

function whole(
  title: string,
  version: string,
  contents: Part,
  main: readonly Part[],
): Html {
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="${icon}">
${new Html(`<style>${style}</style>`)}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${contents}
<main id="main" tabindex="-1">
${joined(main, "\n")}
</main>
<footer>Made by RustStream of a document of AsyncAPI ${version}.</footer>
</body>
</html>
`;
}

/**
 * Makes a page of HTML of an AsyncAPI document of version 3, for those who have to get along with the service. It needs no script and no network; each operation, channel, message and schema has an address of its own in it.
 *
 * Nothing of the document gets into the page unescaped, whatever it holds. Serve it with the policy of {@linkcode pagePolicy}, which the page also carries itself.
 *
 * @example A page to look at
 * ```ts
 * import assert from "node:assert/strict";
 * import { asyncApiHtml } from "@ruststream/asyncapi";
 *
 * const page = asyncApiHtml({
 *   asyncapi: "3.1.0",
 *   info: { title: "Q&A", version: "1.0.0" },
 * });
 * assert.match(page, /<h1>Q&amp;A <small>1\.0\.0<\/small>/);
 * ```
 *
 * @throws {TypeError} If it is no document of version 3 or more than 200 levels deep, or a link leads out of the web.
 */
export function asyncApiHtml(
  document: unknown,
  { links = {} }: HtmlOptions = {},
): string {
  const version = isObject(document) ? document.asyncapi : undefined;
  if (
    !isObject(document) || typeof version !== "string" ||
    !version.startsWith("3.")
  ) {
    throw new TypeError(
      `Cannot make a page: expected an AsyncAPI document of version 3, found ${
        typeof version === "string" ? `version "${version}"` : typeof document
      }`,
    );
  }
  if (tooDeepAt(document) !== undefined) {
    throw new TypeError(
      `Cannot make a page: the document is more than ${deepest} levels deep`,
    );
  }
  checkLinks(links);
  const reader = new Reader(document);
  const uses = new Uses(reader);
  const places = new SchemaPlaces();
  // Before the contents: those leave out what stands with its message.
  const messages = messagesHtml(reader, uses, places);
  const main = [
    infoHtml(reader, linksOf(links)),
    glanceHtml(uses),
    serversHtml(reader),
    operationsHtml(reader, uses),
    messages,
    channelsHtml(reader, uses),
    schemasHtml(reader, places),
  ];
  const contents = contentsHtml(reader, uses, places);
  return whole(titleOf(reader), version, contents, main).toString();
}
