import { addressHtml } from "./addresses.ts";
import {
  extensionFacts,
  type Fact,
  fact,
  factsHtml,
  handlingFacts,
  linksTo,
  linkTo,
  moreFacts,
  securityFact,
  toldHtml,
} from "./extras.ts";
import { type Html, markup, type Part } from "./html.ts";
import { fieldsOf, type Reader, textOf } from "./reader.ts";
import type { OperationUse, Use, Uses } from "./uses.ts";
import { term } from "./words.ts";

/** Where messages go or come from: a link to the address. */
function placeOf({ channel }: Use): Part {
  return channel && linkTo(channel, addressHtml(channel));
}

function replyFact(
  { isSending, reply }: OperationUse,
  reader: Reader,
): Fact | undefined {
  if (reply === undefined) return undefined;
  const { location } = fieldsOf(reader.resolved(reply.fields.address));
  const to = textOf(location) === undefined
    ? placeOf(reply)
    : ["where the message says, at ", term(location)];
  const words: Part = [
    linksTo(reply.messages, "or") ?? "a message",
    to === undefined ? undefined : [isSending ? ", at " : ", to ", to],
  ];
  return [isSending ? "Wants as an answer" : "Answers with", words];
}

/** The channel with an address, as a link; else the address alone. */
function channelAt(address: string, reader: Reader): Part {
  const channel = reader.all("channel").find(({ fields }) =>
    fields.address === address || fields["x-ruststream-address"] === address
  );
  return channel === undefined
    ? term(address)
    : linkTo(channel, addressHtml(channel));
}

function operationHtml(use: OperationUse, reader: Reader): Html {
  const { operation, isSending, messages } = use;
  const { fields, anchor, id } = operation;
  return markup`<details class="item" open id="${anchor}"><summary><h3>${operation.name}</h3></summary>${
    toldHtml(
      fields,
    )
  }${
    factsHtml([
      fact(isSending ? "To" : "Address", placeOf(use)),
      fact(
        messages.length > 1 ? "Messages" : "Message",
        linksTo(messages, "or"),
      ),
      replyFact(use, reader),
      ...handlingFacts(fields, (address) => channelAt(address, reader)),
      securityFact(fields, reader),
      operation.name === id ? undefined : ["Id", term(id)],
      ...moreFacts(fields, reader),
      ...extensionFacts(fields),
    ])
  }</details>`;
}

/** Shows what is taken, and what is sent. */
export function operationsHtml(reader: Reader, uses: Uses): Part {
  const of = (isSending: boolean, anchor: string, heading: string): Part => {
    const all = uses.all.filter((use) => use.isSending === isSending);
    if (all.length === 0) return undefined;
    return markup`<section aria-labelledby="${anchor}"><h2 id="${anchor}">${heading}</h2>${
      all.map(
        (one) => operationHtml(one, reader),
      )
    }</section>`;
  };
  return [
    of(false, "takes", "What it takes"),
    of(true, "sends", "What it sends"),
  ];
}

function glanceRow(use: OperationUse): Html {
  const way = use.isSending ? "sends" : "takes";
  const { operation, messages, channel } = use;
  const summary = textOf(operation.fields.summary) ??
    textOf(channel?.fields.summary);
  return markup`<tr><th scope="row"><span class="way ${way}">${way}</span> ${
    linkTo(operation)
  }${summary === undefined ? undefined : markup`<p>${summary}</p>`}</th><td>${
    placeOf(use)
  }<br>${linksTo(messages, "or")}</td></tr>`;
}

const glanceHead =
  markup`<thead><tr><th scope="col">Operation</th><th scope="col">Address and message</th></tr></thead>`;

/** All operations in a table: what goes where. */
export function glanceHtml(uses: Uses): Part {
  if (uses.all.length === 0) return undefined;
  return markup`<section aria-labelledby="glance"><h2 id="glance">At a glance</h2><table class="glance"><caption>What goes where</caption>${glanceHead}<tbody>${
    uses
      .all.map(glanceRow)
  }</tbody></table></section>`;
}
