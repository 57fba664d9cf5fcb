import type { Session } from "./session.ts";

const sessions = new WeakMap<object, Session>();

/** Lets sources and sinks find the session of a connection. */
export function setSession(connection: object, session: Session): void {
  sessions.set(connection, session);
}

/**
 * The session of a connection.
 *
 * @throws {TypeError} If it is no connection of a NATS broker.
 */
export function sessionOf(connection: object): Session {
  const session = sessions.get(connection);
  if (session !== undefined) return session;
  throw new TypeError(
    "Cannot open a source or sink of NATS: the connection is not one of a NATS broker",
  );
}
