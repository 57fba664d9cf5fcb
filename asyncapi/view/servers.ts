import { addressHtml } from "./addresses.ts";
import { type Html, markup, type Part } from "./html.ts";
import {
  extensionFacts,
  type Fact,
  fact,
  factsHtml,
  linkTo,
  moreFacts,
  securityFact,
  toldHtml,
} from "./extras.ts";
import { type Entry, fieldsOf, listOf, type Reader, textOf } from "./reader.ts";
import { code, row, term } from "./words.ts";

/** A server that is none: what is sent there does not leave the process. */
const inProcess = "in-process";

/** Where a server is, as one writes it. */
export function addressOf({ fields }: Entry): string {
  const { host, protocol, pathname } = fields;
  const start = textOf(protocol) === undefined ? "" : `${protocol}://`;
  return `${start}${textOf(host) ?? "?"}${textOf(pathname) ?? ""}`;
}

function variableFacts({ fields }: Entry, reader: Reader): readonly Fact[] {
  const variables = Object.entries(fieldsOf(fields.variables));
  return variables.map(([name, given]): Fact => {
    const variable = fieldsOf(reader.resolved(given));
    return [`{${name}}`, parameterWords(variable)];
  });
}

/** What a parameter of an address may be. */
export function parameterWords(fields: ReturnType<typeof fieldsOf>): Part {
  const choices = listOf(fields.enum);
  const examples = listOf(fields.examples);
  const said: Part[] = [
    ...textOf(fields.description) === undefined
      ? []
      : [fields.description as string],
    ...choices.length === 0 ? [] : [["one of ", row(choices.map(code), "or")]],
    ...fields.default === undefined
      ? []
      : [["by default ", code(fields.default)]],
    ...examples.length === 0
      ? []
      : [["such as ", row(examples.map(code), "or")]],
    ...textOf(fields.location) === undefined
      ? []
      : [["taken from ", term(fields.location)]],
  ];
  return said.length === 0
    ? "any text"
    : said.map((part, index) => index === 0 ? part : [" · ", part]);
}

function serverHtml(server: Entry, reader: Reader): Html {
  const { fields, anchor } = server;
  const isInside = fields.protocol === inProcess;
  const channels = reader.all("channel").filter(({ fields: { servers } }) =>
    reader.entriesOf(servers, "server").includes(server)
  );
  const all = reader.all("server").length;
  return markup`<article id="${anchor}"><h3>${server.name}</h3>${
    isInside
      ? markup`<p>Nothing to connect to: its messages do not leave the process.</p>`
      : markup`<p class="address"><code>${addressOf(server)}</code></p>`
  }${toldHtml(fields)}${
    factsHtml([
      isInside ? undefined : fact("Protocol", [
        textOf(fields.protocol),
        textOf(fields.protocolVersion) === undefined
          ? undefined
          : ` ${fields.protocolVersion}`,
      ]),
      securityFact(fields, reader),
      ...variableFacts(server, reader),
      all < 2 ? undefined : fact(
        "Channels",
        row(channels.map((one) => linkTo(one, addressHtml(one))), "and"),
      ),
      ...moreFacts(fields, reader),
      ...extensionFacts(fields),
    ])
  }</article>`;
}

/** Shows where the service runs, and how to get in. */
export function serversHtml(reader: Reader): Part {
  const servers = reader.all("server");
  if (servers.length === 0) return undefined;
  return markup`<section aria-labelledby="connect"><h2 id="connect">Connect</h2>${
    servers.map((
      server,
    ) => serverHtml(server, reader))
  }</section>`;
}
