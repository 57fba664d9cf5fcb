import { type Awaitable, checkOptions } from "@ruststream/core/contract";
import { checkAuth } from "./_auth.ts";
import type {
  NatsAuth,
  NatsBackoffOptions,
  NatsBrokerOptions,
  NatsJetStreamOptions,
  NatsTlsOptions,
} from "./options.ts";
import { parseServers, type ServerAddress } from "./_servers.ts";

/** The options, each that has a default with its value. */
export interface Settings extends
  Required<
    Omit<
      NatsBrokerOptions,
      "servers" | "auth" | "tls" | "backoff" | "jetStream"
    >
  > {
  readonly servers: readonly ServerAddress[];
  readonly auth: NatsAuth | (() => Awaitable<NatsAuth>) | undefined;
  readonly tls: NatsTlsOptions | undefined;
  readonly backoff: Required<NatsBackoffOptions>;
  /** What the subjects of JetStream's API begin with. */
  readonly apiPrefix: string;
}

const defaults = Object.freeze({
  name: "nats",
  servers: "nats://127.0.0.1:4222",
  auth: undefined,
  tls: undefined,
  backoff: {},
  discover: true,
  keepOrder: false,
  inboxPrefix: "_INBOX",
  noEcho: false,
  renewAheadMs: 30_000,
  connectTimeoutMs: 5_000,
  pingIntervalMs: 20_000,
  publishTimeoutMs: 30_000,
  shutdownTimeoutMs: 4_000,
  highWaterBytes: 1_048_576,
  maxWaitingBytes: 16_777_216,
  jetStream: undefined,
  onAuthError: undefined,
});
const backoffDefaults = Object.freeze({
  initialMs: 250,
  maxMs: 10_000,
  factor: 2,
});
const tlsNames = Object.freeze({
  ca: "string",
  caFile: "string",
  cert: "string",
  certFile: "string",
  key: "string",
  keyFile: "string",
  handshakeFirst: "boolean",
});

function checkType(name: string, value: unknown, type: string): void {
  if (typeof value === type && value !== null) return;
  throw new TypeError(
    `Cannot use option "${name}": expected a value of type ${type}, found ${
      value === null ? "null" : typeof value
    }`,
  );
}

function checkAbove(name: string, value: unknown, least = 0): void {
  checkType(name, value, "number");
  if (Number.isFinite(value) && (value as number) > least) return;
  throw new RangeError(
    `Cannot use option "${name}": expected a finite number above ${least}, found ${value}`,
  );
}

function backoffOf(options: NatsBackoffOptions): Required<NatsBackoffOptions> {
  checkType("backoff", options, "object");
  checkOptions('use option "backoff"', options, Object.keys(backoffDefaults));
  const { initialMs, maxMs, factor } = { ...backoffDefaults, ...options };
  checkAbove("backoff.initialMs", initialMs);
  checkAbove("backoff.maxMs", maxMs);
  checkAbove("backoff.factor", factor, 0.999);
  return Object.freeze({ initialMs, maxMs, factor });
}

function tlsOf(options: NatsTlsOptions): NatsTlsOptions {
  checkType("tls", options, "object");
  checkOptions('use option "tls"', options, Object.keys(tlsNames));
  for (const [name, type] of Object.entries(tlsNames)) {
    const value = options[name as keyof NatsTlsOptions];
    if (value !== undefined) checkType(`tls.${name}`, value, type);
  }
  for (const name of ["ca", "cert", "key"] as const) {
    if (options[name] === undefined || options[`${name}File`] === undefined) {
      continue;
    }
    throw new TypeError(
      `Cannot use option "tls": expected ${name} or ${name}File, found both`,
    );
  }
  return Object.freeze({ ...options });
}

function apiPrefixOf(options: NatsJetStreamOptions): string {
  checkType("jetStream", options, "object");
  checkOptions('use option "jetStream"', options, ["domain", "apiPrefix"]);
  const { domain, apiPrefix } = options;
  if (domain === undefined) {
    if (apiPrefix === undefined) return "$JS.API";
    checkToken("jetStream.apiPrefix", apiPrefix);
    return apiPrefix;
  }
  checkToken("jetStream.domain", domain);
  if (domain.includes(".") || apiPrefix !== undefined) {
    throw new TypeError(
      `Cannot use option "jetStream": expected ${
        apiPrefix === undefined
          ? "the domain to be one token"
          : "a domain or an apiPrefix, found both"
      }`,
    );
  }
  return `$JS.${domain}.API`;
}

function checkToken(name: string, value: string): void {
  checkType(name, value, "string");
  if (/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(value)) return;
  throw new TypeError(
    `Cannot use option "${name}": expected tokens joined by dots, without spaces and wildcards, found ${
      JSON.stringify(value)
    }`,
  );
}

function authOf(
  auth: NatsBrokerOptions["auth"],
  servers: readonly ServerAddress[],
): Settings["auth"] {
  if (auth === undefined) return undefined;
  if (servers.some((server) => server.auth !== undefined)) {
    throw new TypeError(
      'Cannot use option "auth": expected credentials in one place, found some in the servers too',
    );
  }
  if (typeof auth === "function") return auth;
  checkAuth(auth);
  return Object.freeze({ ...auth });
}

function onAuthErrorOf(
  given: unknown,
  auth: Settings["auth"],
): "close" | "retry" {
  if (given === "close" || given === "retry") return given;
  if (given !== undefined) {
    throw new TypeError(
      `Cannot use option "onAuthError": expected "close" or "retry", found ${
        JSON.stringify(given)
      }`,
    );
  }
  const renewed = typeof auth === "function" ||
    auth !== undefined && "credsFile" in auth;
  return renewed ? "retry" : "close";
}

/**
 * Fills in the defaults. What is given is copied.
 *
 * @throws {TypeError} If an option is unknown, or a value is of the wrong kind.
 * @throws {RangeError} If a number is out of range.
 */
export function settingsOf(options: NatsBrokerOptions): Settings {
  checkOptions("make a NATS broker", options, Object.keys(defaults));
  const given = Object.entries(options).filter(([, value]) =>
    value !== undefined
  );
  const all = { ...defaults, ...Object.fromEntries(given) } as
    & typeof defaults
    & NatsBrokerOptions;
  checkType("name", all.name, "string");
  for (const name of ["discover", "keepOrder", "noEcho"] as const) {
    checkType(name, all[name], "boolean");
  }
  for (
    const name of [
      "renewAheadMs",
      "connectTimeoutMs",
      "pingIntervalMs",
      "publishTimeoutMs",
      "shutdownTimeoutMs",
      "highWaterBytes",
      "maxWaitingBytes",
    ] as const
  ) checkAbove(name, all[name]);
  checkToken("inboxPrefix", all.inboxPrefix);
  const servers = parseServers(all.servers);
  const auth = authOf(options.auth, servers);
  const { jetStream = {}, ...rest } = all;
  return Object.freeze({
    ...rest,
    apiPrefix: apiPrefixOf(jetStream),
    servers,
    auth,
    tls: options.tls === undefined ? undefined : tlsOf(options.tls),
    backoff: backoffOf(all.backoff),
    onAuthError: onAuthErrorOf(options.onAuthError, auth),
  });
}
