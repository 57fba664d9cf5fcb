import { fact, factsHtml, moreFacts } from "./extras.ts";
import { joined, linkOut, markup, type Part } from "./html.ts";
import { markdown } from "./markdown.ts";
import { type Fields, fieldsOf, type Reader, textOf } from "./reader.ts";
import { term } from "./words.ts";

function contactWords(contact: Fields): Part {
  const name = textOf(contact.name);
  const url = textOf(contact.url);
  const email = textOf(contact.email);
  const first = name === undefined || url === undefined ? name ?? url : name;
  const parts: Part[] = [];
  if (first !== undefined) {
    parts.push(url === undefined ? first : linkOut(url, first));
  }
  if (email !== undefined) parts.push(linkOut(`mailto:${email}`, email));
  return parts.length === 0 ? undefined : joined(parts, ", ");
}

function licenseWords({ name, url }: Fields): Part {
  const words = textOf(name);
  const to = textOf(url);
  return to === undefined ? words : linkOut(to, words ?? to);
}

/** What the service is called. */
export function titleOf(reader: Reader): string {
  return textOf(fieldsOf(reader.root.info).title) ?? "A service";
}

/** Shows what the service is, and whom to ask. */
export function infoHtml(reader: Reader, links: Part): Part {
  const info = fieldsOf(reader.root.info);
  const version = textOf(info.version);
  const description = textOf(info.description);
  const terms = textOf(info.termsOfService);
  return [
    markup`<h1>${titleOf(reader)}${
      version === undefined ? undefined : markup` <small>${version}</small> `
    }</h1>`,
    description === undefined
      ? undefined
      : markup`<div class="about">${markdown(description)}</div>`,
    factsHtml([
      fact("Contact", contactWords(fieldsOf(info.contact))),
      fact("License", licenseWords(fieldsOf(info.license))),
      terms === undefined ? undefined : ["Terms", linkOut(terms, terms)],
      textOf(reader.root.id) === undefined
        ? undefined
        : ["Id", term(reader.root.id)],
      ...moreFacts(info, reader),
      fact("Document", links),
    ]),
  ];
}
