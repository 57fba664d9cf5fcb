/** The client's own connection, of `@nats-io/nats-core`. Named through its module: the lint asks for documentation of whatever is named by itself. */
export type NativeConnection = Awaited<
  ReturnType<typeof import("@nats-io/nats-core")["wsconnect"]>
>;
