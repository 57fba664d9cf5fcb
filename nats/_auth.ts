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

/** Makes what signs in. Files are read here. */
export async function authenticatorOf(auth: NatsAuth): Promise<Authenticator> {
  checkAuth(auth);
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
  if ("nkeySeed" in auth) {
    return nkeyAuthenticator(encoder.encode(auth.nkeySeed));
  }
  const text = "creds" in auth
    ? auth.creds
    : await readText(auth.credsFile, "credentials file");
  return credsAuthenticator(encoder.encode(text));
}
