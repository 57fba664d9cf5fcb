import { addressHtml } from "./addresses.ts";
import { linkTo } from "./extras.ts";
import { markup, type Part } from "./html.ts";
import type { SchemaPlaces } from "./messages.ts";
import type { Entry, Reader } from "./reader.ts";
import type { Uses } from "./uses.ts";
import { breakable } from "./words.ts";

function group(
  anchor: string,
  heading: string,
  all: readonly Entry[],
  words: (entry: Entry) => Part = ({ name }) => breakable(name),
): Part {
  if (all.length === 0) return undefined;
  return markup`<li><a href="#${anchor}">${heading}</a><ul>${
    all.map((one) => markup`<li>${linkTo(one, words(one))}</li>`)
  }</ul></li>`;
}

/** Links to all places of the page. */
export function contentsHtml(
  reader: Reader,
  uses: Uses,
  places: SchemaPlaces,
): Part {
  const operations = (isSending: boolean): readonly Entry[] =>
    uses.all.filter((use) => use.isSending === isSending)
      .map(({ operation }) => operation);
  const alone = reader.all("schema").filter((one) => !places.has(one));
  return markup`<nav aria-label="Contents" tabindex="0"><details><summary>Contents</summary><ul>${[
    group("connect", "Connect", reader.all("server")),
    group("takes", "What it takes", operations(false)),
    group("sends", "What it sends", operations(true)),
    group("messages", "Messages", reader.all("message")),
    group("channels", "Channels", reader.all("channel"), addressHtml),
    group("schemas", "Schemas", alone, ({ id }) => id),
  ]}</ul></details></nav>`;
}
