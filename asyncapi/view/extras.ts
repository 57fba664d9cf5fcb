import { type Html, joined, linkOut, markup, type Part } from "./html.ts";
import { markdown } from "./markdown.ts";
import {
  type Entry,
  type Fields,
  fieldsOf,
  listOf,
  type Reader,
  textOf,
} from "./reader.ts";
import { breakable, code, duration, extensionsOf, row, term } from "./words.ts";

/** A line of a list of facts: what it is about, and what holds. Nothing where there is nothing to say. */
export type Fact = readonly [name: string, says: Part];

/** Shows facts, of those that say something. */
export function factsHtml(facts: readonly (Fact | undefined)[]): Part {
  const said = facts.filter((fact) => fact !== undefined);
  if (said.length === 0) return undefined;
  return markup`<dl>${
    said.map(([name, says]) =>
      markup`<div><dt>${name}</dt><dd>${says}</dd></div>`
    )
  }</dl>`;
}

/** A fact that is said only where there is something. */
export function fact(name: string, says: Part): Fact | undefined {
  const isEmpty = says === undefined ||
    (Array.isArray(says) && says.length === 0);
  return isEmpty ? undefined : [name, says];
}

/** A link to the place of a thing in the page. */
export function linkTo(
  { anchor, name }: Entry,
  words: Part = breakable(name),
): Html {
  return markup`<a href="#${anchor}">${words}</a>`;
}

/** Links to the places of things, in a row; nothing where there are none. */
export function linksTo(all: readonly Entry[], last: string): Part {
  return row(all.map((one) => linkTo(one)), last);
}

/** What is said of a thing in sentences. */
export function toldHtml(fields: Fields): Part {
  const { summary, description } = fields;
  return [
    textOf(summary) === undefined
      ? undefined
      : markup`<p class="summary">${summary as string}</p>`,
    textOf(description) === undefined
      ? undefined
      : markdown(description as string),
  ];
}

/** Tags and what there is to read elsewhere. */
export function moreFacts(
  fields: Fields,
  reader: Reader,
): readonly (Fact | undefined)[] {
  const tags = listOf(fields.tags).flatMap((tag) => {
    const name = textOf(fieldsOf(reader.resolved(tag)).name);
    return name === undefined ? [] : [markup`<span class="tag">${name}</span>`];
  });
  const docs = fieldsOf(reader.resolved(fields.externalDocs));
  const url = textOf(docs.url);
  return [
    fact("Tags", joined(tags, " ")),
    url === undefined
      ? undefined
      : ["To read", linkOut(url, textOf(docs.description) ?? url)],
    ...bindingFacts(fields, reader),
  ];
}

function bindingFacts(fields: Fields, reader: Reader): readonly Fact[] {
  const bindings = fieldsOf(reader.resolved(fields.bindings));
  return Object.entries(bindings).flatMap(([protocol, value]): Fact[] => {
    const { bindingVersion: _version, ...said } = fieldsOf(
      reader.resolved(value),
    );
    const members = Object.entries(said);
    if (members.length === 0) return [];
    return [[`For ${protocol}`, memberList(members)]];
  });
}

function memberList(members: readonly (readonly [string, unknown])[]): Part {
  return joined(
    members.map(([name, value]) => markup`<code>${name}</code> ${code(value)}`),
    ", ",
  );
}

const ours = [
  "x-ruststream-group",
  "x-ruststream-batch",
  "x-ruststream-retry",
  "x-ruststream-address",
];

/** Extensions of others, as they stand. */
export function extensionFacts(fields: Fields): readonly Fact[] {
  return extensionsOf(fields, ours).map(([name, value]): Fact => [
    name,
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? memberList(Object.entries(value))
      : code(value),
  ]);
}

function retryWords(retry: Fields): Part {
  const { maxAttempts, backoff } = retry;
  const { initialMs, maxMs, factor } = fieldsOf(backoff);
  const times = maxAttempts === "unlimited"
    ? "again and again"
    : maxAttempts === 1
    ? "once"
    : ["up to ", String(maxAttempts), " times"];
  const isOnce = maxAttempts === 1 || initialMs === undefined;
  const delays = isOnce
    ? ""
    : initialMs === maxMs || factor === 1
    ? `, ${duration(initialMs)} apart`
    : `, ${duration(initialMs)} apart at first and ${duration(maxMs)} at most`;
  return [times, delays];
}

/** How a subscriber of RustStream takes messages. */
export function handlingFacts(
  fields: Fields,
  channelAt: (address: string) => Part,
): readonly (Fact | undefined)[] {
  const retry = fieldsOf(fields["x-ruststream-retry"]);
  const { maxAttempts, order, deadLetter } = retry;
  const batch = fieldsOf(fields["x-ruststream-batch"]);
  const group = textOf(fields["x-ruststream-group"]);
  return [
    maxAttempts === undefined ? undefined : ["Tries", [
      retryWords(retry),
      order === "keep" && maxAttempts !== 1
        ? "; later messages wait"
        : undefined,
    ]],
    textOf(deadLetter) === undefined
      ? undefined
      : ["Dead letters", ["to ", channelAt(deadLetter as string)]],
    Object.keys(batch).length === 0 ? undefined : ["Batches", [
      batch.max === undefined
        ? "of what is there"
        : `up to ${batch.max} at once`,
      typeof batch.waitMs === "number" && batch.waitMs > 0
        ? `, waiting ${duration(batch.waitMs)} for more`
        : undefined,
    ]],
    group === undefined
      ? undefined
      : ["Group", [term(group), ": its members share the messages"]],
  ];
}

const schemes: Readonly<Record<string, string>> = {
  userPassword: "user name and password",
  apiKey: "API key",
  X509: "client certificate",
  symmetricEncryption: "a shared key for encryption",
  asymmetricEncryption: "a key pair for encryption",
  httpApiKey: "API key over HTTP",
  http: "HTTP",
  oauth2: "OAuth 2.0",
  openIdConnect: "OpenID Connect",
  plain: "SASL PLAIN",
  scramSha256: "SASL SCRAM-SHA-256",
  scramSha512: "SASL SCRAM-SHA-512",
  gssapi: "SASL GSSAPI",
};

/** One way to say who one is. */
function schemeWords(fields: Fields): Part {
  const { type, scheme, bearerFormat, name, openIdConnectUrl } = fields;
  const words = textOf(type) === undefined
    ? "see the document"
    : schemes[type as string] ?? type as string;
  const where = textOf(fields.in);
  return [
    words,
    textOf(scheme) === undefined ? undefined : ` ${scheme}`,
    textOf(bearerFormat) === undefined ? undefined : ` (${bearerFormat})`,
    textOf(name) === undefined ? undefined : [" ", term(name)],
    where === undefined ? undefined : ` in the ${where}`,
    textOf(openIdConnectUrl) === undefined ? undefined : [
      " at ",
      linkOut(openIdConnectUrl as string, openIdConnectUrl as string),
    ],
    textOf(fields.description) === undefined
      ? undefined
      : markdown(fields.description as string),
  ];
}

/** How one says who one is. */
export function securityFact(fields: Fields, reader: Reader): Fact | undefined {
  const ways = listOf(fields.security)
    .map((one) => schemeWords(fieldsOf(reader.resolved(one))));
  return fact("Sign in with", row(ways, "or"));
}
