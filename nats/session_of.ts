import type { Session } from "./session.ts";

// A property, so that it is found through whatever a test puts around a connection; a function, so that who prints the connection sees nothing of it.
const key: unique symbol = Symbol("session");

interface OfSession {
  readonly [key]?: () => Session;
}

/** Lets sources and sinks find the session of a connection. */
export function setSession(connection: object, session: Session): void {
  Object.defineProperty(connection, key, { value: () => session });
}

/**
 * The session of a connection.
 *
 * @throws {TypeError} If it is no connection of a NATS broker.
 */
export function sessionOf(connection: object): Session {
  const session = (connection as OfSession | undefined)?.[key]?.();
  if (session !== undefined) return session;
  throw new TypeError(
    "Cannot open a source or sink of NATS: the connection is not one of a NATS broker",
  );
}
