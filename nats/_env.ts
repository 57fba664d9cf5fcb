import type { NatsAuth, NatsBrokerOptions, NatsTlsOptions } from "./options.ts";

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const known: readonly string[] = [
  "NATS_URL",
  "NATS_NAME",
  "NATS_TOKEN",
  "NATS_USER",
  "NATS_PASSWORD",
  "NATS_NKEY_SEED",
  "NATS_JWT",
  "NATS_CREDS",
  "NATS_CA",
  "NATS_CERT",
  "NATS_KEY",
  "NATS_INBOX_PREFIX",
];

// Kubernetes sets these for a service that is called nats.
const notOurs = /^NATS_(SERVICE_|PORT(_|$))/;

/** What each kind of credentials is made of. */
const kinds: readonly (readonly [
  names: readonly string[],
  make: (...values: string[]) => NatsAuth,
])[] = [
  [["NATS_TOKEN"], (token = "") => ({ token })],
  [
    ["NATS_USER", "NATS_PASSWORD"],
    (user = "", password = "") => ({ user, password }),
  ],
  [
    ["NATS_JWT", "NATS_NKEY_SEED"],
    (jwt = "", nkeySeed = "") => ({ jwt, nkeySeed }),
  ],
  [["NATS_JWT"], (jwt = "") => ({ jwt })],
  [["NATS_NKEY_SEED"], (nkeySeed = "") => ({ nkeySeed })],
  [["NATS_CREDS"], (credsFile = "") => ({ credsFile })],
];
const credentials = new Set(kinds.flatMap(([names]) => names));

function authOf(found: ReadonlyMap<string, string>): NatsAuth | undefined {
  const given = [...credentials].filter((name) => found.has(name));
  if (given.length === 0) return undefined;
  for (const [names, make] of kinds) {
    if (names.length !== given.length) continue;
    if (!names.every((name) => given.includes(name))) continue;
    return make(...names.map((name) => found.get(name) ?? ""));
  }
  throw new TypeError(
    `Cannot read the environment: expected one kind of credentials, found ${
      given.join(" and ")
    }`,
  );
}

/**
 * Reads options of the environment.
 *
 * @throws {TypeError} If a variable that begins with `NATS_` is unknown, or several kinds of credentials are there.
 */
export function optionsOf(environment: Environment): NatsBrokerOptions {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith("NATS_") || notOurs.test(name) || !value) continue;
    found.set(name, value);
  }
  const refused = [...found.keys()].filter((name) => !known.includes(name));
  if (refused.length > 0) {
    throw new TypeError(
      `Cannot read the environment: expected ${known.join(", ")}, found ${
        refused.join(", ")
      }`,
    );
  }
  const text = (name: string): string | undefined => found.get(name);
  const tls: NatsTlsOptions = present({
    caFile: text("NATS_CA"),
    certFile: text("NATS_CERT"),
    keyFile: text("NATS_KEY"),
  });
  return present({
    servers: text("NATS_URL"),
    name: text("NATS_NAME"),
    inboxPrefix: text("NATS_INBOX_PREFIX"),
    auth: authOf(found),
    tls: Object.keys(tls).length > 0 ? tls : undefined,
  });
}

function present(all: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  );
}
