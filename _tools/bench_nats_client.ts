/**
 * The client by itself: what is measured against. It is imported by NATS's own dependencies, in a file of that member which nobody publishes.
 *
 * @module
 */
import type { NativeConnection } from "@ruststream/nats";

/** What is used of a message that the client gives. */
export interface ClientMessage {
  json<T>(): T;
  ack(): void;
}

/** What `client_bench.ts` of the member exports. */
export interface ClientBench {
  connectClient(servers: string): Promise<NativeConnection>;
  captureStacks(nc: NativeConnection, on: boolean): void;
  addStream(
    nc: NativeConnection,
    name: string,
    subjects: readonly string[],
  ): Promise<void>;
  readByClient(
    nc: NativeConnection,
    stream: string,
    subject: string,
    take: (msg: ClientMessage) => void | Promise<void>,
  ): Promise<void>;
}

const file = (path: string): string =>
  new URL(`../nats/${path}`, import.meta.url).href;

/** Loads it. */
export async function clientBench(): Promise<ClientBench> {
  return {
    ...await import(file("client_bench.ts")),
    ...await import(file("jetstream/client_bench.ts")),
  } as ClientBench;
}
