import type { NatsAuth } from "./options.ts";

/** One server to dial. */
export interface ServerAddress {
  /** Host and port, as the client writes them. */
  readonly host: string;
  /** How it is spoken to. */
  readonly protocol: "nats" | "tls" | "ws" | "wss";
  /** A WebSocket's path. */
  readonly path: string;
  /** What its URL said of credentials. */
  readonly auth: NatsAuth | undefined;
}

const ports: Readonly<Record<ServerAddress["protocol"], string>> = {
  nats: "4222",
  tls: "4222",
  ws: "80",
  wss: "443",
};

function isProtocol(text: string): text is ServerAddress["protocol"] {
  return Object.hasOwn(ports, text);
}

function authOf({ username, password }: URL): NatsAuth | undefined {
  if (username === "") return undefined;
  const user = decodeURIComponent(username);
  return password === ""
    ? { token: user }
    : { user, password: decodeURIComponent(password) };
}

/** The number says which it is: what is written there may hold a password. */
function refuse(index: number, found: string): never {
  throw new TypeError(
    `Cannot use option "servers": ${found} in entry ${index + 1}`,
  );
}

function parseServer(text: string, index: number): ServerAddress {
  const [, scheme = "nats", rest = text] =
    /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  const protocol = scheme.toLowerCase();
  if (!isProtocol(protocol)) {
    refuse(index, `expected nats, tls, ws or wss, found "${protocol}"`);
  }
  // Only for these does every runtime parse a host; 0 can be told from a port that was left out.
  const url = URL.parse(`https://${rest}`);
  if (url === null || url.hostname === "") {
    refuse(index, "expected a host, found none that can be read");
  }
  const written = /:(\d+)(?:[/?#]|$)/.exec(rest.replace(/^[^@]*@/, ""))?.[1];
  if (protocol !== "ws" && protocol !== "wss" && url.pathname !== "/") {
    refuse(index, "expected a host and a port, found a path");
  }
  return Object.freeze({
    host: `${url.hostname}:${written ?? ports[protocol]}`,
    protocol,
    path: url.pathname === "/" ? "" : url.pathname,
    auth: authOf(url),
  });
}

/**
 * Reads where servers are.
 *
 * @throws {TypeError} If there is none, one cannot be read, or WebSocket and TCP are mixed.
 */
export function parseServers(
  servers: string | readonly string[],
): readonly ServerAddress[] {
  const list: readonly unknown[] = typeof servers === "string"
    ? [servers]
    : Array.isArray(servers)
    ? servers
    : [];
  const texts = list.flatMap((entry, index) =>
    typeof entry === "string"
      ? entry.split(",").map((text) => text.trim())
      : refuse(index, `expected a string, found ${typeof entry}`)
  ).filter((text) => text !== "");
  const found = texts.map(parseServer);
  if (found.length === 0) {
    throw new TypeError(
      'Cannot use option "servers": expected at least one, found none',
    );
  }
  const sockets = found.filter(isWebSocket).length;
  if (sockets > 0 && sockets < found.length) {
    throw new TypeError(
      'Cannot use option "servers": expected all of them to be reached by WebSocket or none, found both',
    );
  }
  return Object.freeze(found);
}

/** Whether a server is reached by WebSocket. */
export function isWebSocket({ protocol }: ServerAddress): boolean {
  return protocol === "ws" || protocol === "wss";
}
