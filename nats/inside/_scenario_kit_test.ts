/**
 * What scenarios begin with.
 *
 * @module
 */
import type { Raw } from "./_raw_test.ts";

/** What is played, by name: what is asked of each server, step by step. Each has streams and subjects of its own. */
export type Scenarios = Readonly<Record<string, (raw: Raw) => Promise<void>>>;

export async function stream(
  raw: Raw,
  name: string,
  config: object = {},
): Promise<void> {
  const wire = { name, subjects: [`${name}.>`], ...config };
  await raw.look(`STREAM.CREATE.${name}`, [], wire);
}

/** The same, with all that the server says of it. */
export async function shownStream(
  raw: Raw,
  name: string,
  config: object = {},
): Promise<void> {
  const wire = { name, subjects: [`${name}.>`], ...config };
  await raw.look(`STREAM.CREATE.${name}`, ["config", "state"], wire);
}

/** What a stream holds. */
export async function state(
  raw: Raw,
  name: string,
  body: unknown = "",
): Promise<void> {
  await raw.look(`STREAM.INFO.${name}`, ["state"], body);
}

/** Where a consumer is. */
export async function progress(raw: Raw, name: string): Promise<void> {
  await raw.look(`CONSUMER.INFO.${name}`, [
    "delivered",
    "num_pending",
    "num_ack_pending",
    "num_waiting",
  ]);
}

export async function consumer(
  raw: Raw,
  stream: string,
  name: string,
  config: object = {},
): Promise<void> {
  await raw.look(`CONSUMER.CREATE.${stream}.${name}`, [], {
    stream_name: stream,
    action: "create",
    config: {
      name,
      durable_name: name,
      ack_policy: "explicit",
      deliver_policy: "all",
      ...config,
    },
  });
}

/** The same, with what the server says of it. */
export async function shownConsumer(
  raw: Raw,
  stream: string,
  name: string,
  config: object = {},
): Promise<void> {
  await consumer(raw, stream, name, config);
  await raw.look(`CONSUMER.INFO.${stream}.${name}`, [
    "config",
    "delivered",
    "num_pending",
  ]);
}

/** Publishes these bodies. */
export async function fill(
  raw: Raw,
  subject: string,
  ...bodies: readonly string[]
): Promise<void> {
  for (const body of bodies) await raw.ask(subject, body);
}
