import {
  type ErrorCode,
  isMessagingError,
  MessagingError,
} from "@ruststream/core/contract";

interface Meaning {
  readonly code: ErrorCode;
  readonly found: string;
  /** Without it as the code has it. */
  readonly retryable?: boolean;
}

// By name: a connection that somebody else made may be of another copy of the client.
const meanings: Readonly<Record<string, Meaning>> = {
  AuthorizationError: {
    code: "denied",
    found: "the server refused the credentials",
  },
  UserAuthenticationExpiredError: {
    code: "denied",
    found: "the credentials have expired",
  },
  PermissionViolationError: {
    code: "denied",
    found: "the server does not permit it",
  },
  TimeoutError: { code: "timeout", found: "the server did not answer in time" },
  ClosedConnectionError: {
    code: "closed",
    found: "the connection is closed",
  },
  DrainingConnectionError: {
    code: "closed",
    found: "the connection is being drained",
  },
  NoResponders: { code: "no-responder", found: "nobody is subscribed to it" },
};

const certificate = /cert|tls|ssl|altname|self.signed|issuer|handshake/i;

function meaningOf(cause: unknown): Meaning {
  if (!(cause instanceof Error)) {
    return { code: "connection", found: "the connection was lost" };
  }
  const known = Object.hasOwn(meanings, cause.name)
    ? meanings[cause.name]
    : undefined;
  if (known !== undefined) return known;
  const { code = "" } = cause as { readonly code?: unknown };
  if (certificate.test(`${code} ${cause.message}`)) {
    return {
      code: "refused",
      found: `TLS failed with ${String(code) || cause.message}`,
    };
  }
  return {
    code: "connection",
    found: typeof code === "string" && code !== ""
      ? `the socket failed with ${code}`
      : cause.message || "the connection was lost",
  };
}

/**
 * Makes what the client and its socket throw into an error of the contract.
 *
 * @param cause What was caught. An error of the contract stays as it is.
 * @param deed What could not be done, in words: `publish to "orders"`.
 */
export function natsError(cause: unknown, deed: string): MessagingError {
  if (isMessagingError(cause)) return cause;
  const { code, found } = meaningOf(cause);
  return new MessagingError(code, `Cannot ${deed}: ${found}`, { cause });
}

/** That the connection is closed. */
export function closedError(deed: string): MessagingError {
  return new MessagingError(
    "closed",
    `Cannot ${deed}: the connection is closed`,
  );
}

/** That the connection was lost. */
export function lostError(deed: string): MessagingError {
  return new MessagingError(
    "connection",
    `Cannot ${deed}: the connection was lost`,
  );
}
