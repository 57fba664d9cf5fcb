/**
 * The client over the simplest transport, which writes at once what it is given, as the client's own for Node does: for `deno task bench nats`.
 *
 * @module
 */
import { connect as connectTcp, type Socket } from "node:net";
import {
  NatsConnectionImpl,
  type Server,
  setTransportFactory,
  type Transport,
} from "@nats-io/nats-core/internal";
import type { NativeConnection } from "./native.ts";

const lineFeed = 10;

/** Bytes in and out, and nothing else. */
class PlainTransport implements Transport {
  readonly lang = "bench";
  readonly version = "3.4.0";
  readonly #closed = Promise.withResolvers<void>();
  #socket: Socket | undefined;
  #chunks: Uint8Array[] = [];
  #wake: () => void = () => {};
  #done = false;

  get isClosed(): boolean {
    return this.#done;
  }

  /** Resolves once the server has said its first words. */
  connect({ port, hostname }: Server): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connectTcp(port, hostname);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on("close", () => this.disconnect());
    socket.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      if (chunk.includes(lineFeed)) resolve();
      this.#wake();
    });
    return promise;
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    while (!this.#done) {
      const chunks = this.#chunks;
      this.#chunks = [];
      yield* chunks;
      if (this.#chunks.length > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  isEncrypted(): boolean {
    return false;
  }

  send(frame: Uint8Array): void {
    this.#socket?.write(frame);
  }

  close(): Promise<void> {
    this.disconnect();
    return Promise.resolve();
  }

  closed(): Promise<void> {
    return this.#closed.promise;
  }

  disconnect(): void {
    this.#done = true;
    this.#socket?.destroy();
    this.#wake();
    this.#closed.resolve();
  }

  discard(): void {
    this.disconnect();
  }
}

/** Connects the client by itself. */
export async function connectClient(
  servers: string,
): Promise<NativeConnection> {
  setTransportFactory({ factory: () => new PlainTransport() });
  return await NatsConnectionImpl.connect({
    servers,
    reconnect: false,
  }) as NativeConnection;
}
