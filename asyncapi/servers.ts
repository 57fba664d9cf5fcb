import type { DeclaredBroker } from "@ruststream/core";
import type { ServerDescription } from "@ruststream/core/contract";
import { writeBindings } from "./bindings.ts";
import { details } from "./details.ts";
import { assignIds, type Wanting } from "./ids.ts";
import { canonical, type JsonObject, own, sorted } from "./json.ts";
import type { DocumentOptions } from "./options.ts";

/** A server that is none: the messages do not leave the process, and a document wants a host. */
const inProcess: ServerDescription = {
  host: "in-process",
  protocol: "in-process",
};

/** The servers of a document, and which of them a broker has. */
export interface Servers {
  readonly servers: Readonly<Record<string, JsonObject>>;
  readonly idsOf: (broker: string) => readonly string[];
}

/** A host as a document may have it, and what stood behind it: no scheme, and never who one is. */
function splitHost(
  host: string,
): { readonly host: string; readonly path: string | undefined } {
  const bare = host.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  const [, authority = "", path] = /^([^/?#]*)(\/[^?#]*)?/.exec(bare) ?? [];
  return {
    host: authority.slice(authority.lastIndexOf("@") + 1) || "unknown",
    path: path === "/" ? undefined : path,
  };
}

function serverOf(
  { host: given, protocol, protocolVersion, ...rest }: ServerDescription,
  broker: string,
  options: DocumentOptions,
): JsonObject {
  const { host, path } = splitHost(given);
  const pathname = rest.pathname?.replace(/[?#].*$/s, "") ?? path;
  const { bindings, extensions } = writeBindings("server", rest.bindings);
  return {
    host,
    ...(pathname !== undefined && pathname !== "" && { pathname }),
    protocol,
    ...(protocolVersion !== undefined && { protocolVersion }),
    ...details(own(options.servers, broker)),
    ...(bindings !== undefined && { bindings }),
    ...extensions,
  };
}

/** Writes the servers of all brokers. */
export function writeServers(
  brokers: readonly DeclaredBroker[],
  options: DocumentOptions,
): Servers {
  const all = brokers.flatMap(({ name, servers }) => {
    const there = servers.length === 0 ? [inProcess] : servers;
    return there.map((server, index): Wanting & {
      readonly broker: string;
      readonly server: JsonObject;
    } => {
      const written = serverOf(server, name, options);
      return {
        wanted: there.length === 1 ? name : `${name}-${index + 1}`,
        key: canonical([name, index, written]),
        broker: name,
        server: written,
      };
    });
  });
  const ids = assignIds(all);
  return {
    servers: sorted(
      Object.fromEntries([...ids].map(([{ server }, id]) => [id, server])),
    ),
    idsOf: (broker) =>
      all.filter((one) => one.broker === broker)
        .map((one) => ids.get(one) as string),
  };
}
