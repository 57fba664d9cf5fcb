import { addressHtml } from "./addresses.ts";
import {
  extensionFacts,
  fact,
  factsHtml,
  linksTo,
  moreFacts,
  toldHtml,
} from "./extras.ts";
import { type Html, markup, type Part } from "./html.ts";
import { type Entry, fieldsOf, type Reader, textOf } from "./reader.ts";
import { parameterWords } from "./servers.ts";
import type { Uses } from "./uses.ts";
import { term } from "./words.ts";

function parametersHtml({ fields }: Entry, reader: Reader): Part {
  const parameters = Object.entries(fieldsOf(fields.parameters));
  if (parameters.length === 0) return undefined;
  return markup`<table><caption>Parameters of the address</caption><thead><tr><th scope="col">Parameter</th><th scope="col">What it is</th></tr></thead><tbody>${
    parameters.map(([name, given]) =>
      markup`<tr><th scope="row"><code>{${name}}</code></th><td>${
        parameterWords(fieldsOf(reader.resolved(given)))
      }</td></tr>`
    )
  }</tbody></table>`;
}

function channelHtml(channel: Entry, reader: Reader, uses: Uses): Html {
  const { fields, anchor, id } = channel;
  const servers = reader.entriesOf(fields.servers, "server");
  const title = textOf(fields.title);
  return markup`<details class="item" open id="${anchor}"><summary><h3>${
    addressHtml(
      channel,
    )
  }</h3>${
    title === undefined ? undefined : markup` <span>${title}</span> `
  }</summary>${toldHtml(fields)}${
    parametersHtml(
      channel,
      reader,
    )
  }${
    factsHtml([
      fact("Messages", linksTo(reader.messagesOf(channel), "or")),
      fact("Taken by", linksTo(uses.takers(channel), "and")),
      fact("Sent by", linksTo(uses.senders(channel), "and")),
      fact("Answers of", linksTo(uses.answerers(channel), "and")),
      reader.all("server").length < 2
        ? undefined
        : fact("On", linksTo(servers, "and")),
      textOf(fields.address) === undefined ? fact("Id", term(id)) : undefined,
      ...moreFacts(fields, reader),
      ...extensionFacts(fields),
    ])
  }</details>`;
}

/** Shows each address, and who uses it. */
export function channelsHtml(reader: Reader, uses: Uses): Part {
  const channels = reader.all("channel");
  if (channels.length === 0) return undefined;
  return markup`<section aria-labelledby="channels"><h2 id="channels">Channels</h2>${
    channels.map((
      channel,
    ) => channelHtml(channel, reader, uses))
  }</section>`;
}
