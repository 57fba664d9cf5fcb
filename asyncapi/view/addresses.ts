import { markup, type Part } from "./html.ts";
import { type Entry, textOf } from "./reader.ts";

/** The address of a channel, as it was declared. */
export function addressHtml({ fields }: Entry): Part {
  const written = textOf(fields["x-ruststream-address"]) ??
    textOf(fields.address);
  return written === undefined
    ? "an address known at run time only"
    : markup`<code>${written}</code>`;
}
