import {
  type Authenticator,
  credsAuthenticator,
  jwtAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";
import type { NatsAuth } from "./options.ts";
import { readText } from "./_tls.ts";

const encoder = new TextEncoder();

const kinds: readonly (readonly string[])[] = [
  ["token"],
  ["user", "password"],
  ["jwt", "nkeySeed"],
  ["nkeySeed"],
  ["creds"],
  ["credsFile"],
];

/**
 * Refuses what is no credentials. Nothing of what it holds is in the message.
 *
 * @throws {TypeError} If its members are not those of one kind, or are no strings.
 */
export function checkAuth(auth: NatsAuth): void {
  const members = Object.entries(
    typeof auth === "object" && auth !== null ? auth : {},
  ).filter(([, value]) => value !== undefined);
  const names = members.map(([name]) => name);
  const known = kinds.some(([first = "", ...rest]) =>
    names.includes(first) &&
    names.every((name) => name === first || rest.includes(name)) &&
    (first !== "user" || names.includes("password"))
  );
  if (known && members.every(([, value]) => typeof value === "string")) return;
  throw new TypeError(
    `Cannot use option "auth": expected the strings token, user and password, nkeySeed, jwt and nkeySeed, creds, or credsFile, found ${
      names.join(" and ") || "none of them"
    }`,
  );
}

/** What signs in. */
export interface Credentials {
  readonly authenticator: Authenticator;
  /** When the server takes them no longer, in milliseconds since the epoch. Infinity where they do not say. */
  readonly expiresAtMs: number;
}

/** When a JWT expires, by its own claim. What cannot be read the server will refuse. */
function expiryOf(jwt: string): number {
  const [, claims = ""] = jwt.split(".");
  try {
    const { exp } = JSON.parse(
      atob(claims.replaceAll("-", "+").replaceAll("_", "/")),
    ) as { readonly exp?: number };
    return typeof exp === "number" && exp > 0 ? exp * 1_000 : Infinity;
  } catch {
    return Infinity;
  }
}

function authenticatorOf(
  auth: Exclude<NatsAuth, { readonly credsFile: string }>,
): Authenticator {
  if ("token" in auth) return tokenAuthenticator(auth.token);
  if ("user" in auth) {
    return usernamePasswordAuthenticator(auth.user, auth.password);
  }
  if ("jwt" in auth) {
    return jwtAuthenticator(
      auth.jwt,
      auth.nkeySeed === undefined ? undefined : encoder.encode(auth.nkeySeed),
    );
  }
  return "nkeySeed" in auth
    ? nkeyAuthenticator(encoder.encode(auth.nkeySeed))
    : credsAuthenticator(encoder.encode(auth.creds));
}

/** Makes what signs in. Files are read here. */
export async function credentialsOf(given: NatsAuth): Promise<Credentials> {
  checkAuth(given);
  const auth = "credsFile" in given
    ? { creds: await readText(given.credsFile, "credentials file") }
    : given;
  const [, jwt = ""] = "jwt" in auth
    ? ["", auth.jwt]
    : "creds" in auth
    ? /-BEGIN NATS USER JWT-+\s+(\S+)/.exec(auth.creds) ?? []
    : [];
  return {
    authenticator: authenticatorOf(auth),
    expiresAtMs: expiryOf(jwt),
  };
}
