/**
 * Accounts and users with JWTs, as the tests of signing in need them.
 *
 * @module
 */
import { nkeys } from "@nats-io/nats-core";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

function encoded(value: unknown): string {
  return btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** A JWT as the server takes it: its claims, signed by an account or an operator. */
function token(
  issuer: KeyPair,
  subject: KeyPair,
  nats: object,
  claims: object = {},
): string {
  const body = [
    encoded({ typ: "JWT", alg: "ed25519-nkey" }),
    encoded({
      jti: subject.getPublicKey(),
      iat: 1_700_000_000,
      iss: issuer.getPublicKey(),
      sub: subject.getPublicKey(),
      nats: { ...nats, version: 2 },
      ...claims,
    }),
  ].join(".");
  const signature = btoa(
    String.fromCharCode(...issuer.sign(encoder.encode(body))),
  ).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${body}.${signature}`;
}

const noLimits = { subs: -1, data: -1, payload: -1 };

/** An operator with one account, as a server's configuration, and a maker of users. */
export function accounts(): {
  readonly config: string;
  user(claims?: object): { readonly jwt: string; readonly nkeySeed: string };
} {
  const [operator, account] = [nkeys.createOperator(), nkeys.createAccount()];
  const limits = {
    ...noLimits,
    imports: -1,
    exports: -1,
    wildcards: true,
    conn: -1,
    leaf: -1,
  };
  const operatorJwt = token(operator, operator, { type: "operator" });
  const accountJwt = token(operator, account, { type: "account", limits });
  return {
    config: `operator: ${operatorJwt}
resolver: MEMORY
resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
    user(claims = {}) {
      const user = nkeys.createUser();
      const jwt = token(account, user, { type: "user", ...noLimits }, claims);
      return { jwt, nkeySeed: decoder.decode(user.getSeed()) };
    },
  };
}

/** The text of a credentials file. */
export const credsOf = (user: { jwt: string; nkeySeed: string }): string =>
  `-----BEGIN NATS USER JWT-----
${user.jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${user.nkeySeed}
------END USER NKEY SEED------
`;
