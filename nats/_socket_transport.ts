import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { MessagingError } from "@ruststream/core/contract";
import type { ConnectionOptions, ServerInfo } from "@nats-io/nats-core";
import {
  checkOptions,
  type Server,
  type Transport,
} from "@nats-io/nats-core/internal";
import { Cork } from "./_cork.ts";
import { Frames } from "./_frames.ts";
import { type Link, linkOf } from "./_link.ts";

const lineFeed = 10;
const longestEndMs = 500;
const decoder = new TextDecoder();

/**
 * NATS over TCP and TLS.
 *
 * The socket's errors are listened to from its first moment to its last, so none escapes. What is written in one turn
 * of the event loop is one write; what the socket holds is known.
 */
export class SocketTransport implements Transport {
  readonly lang = "ruststream";
  readonly version = "3.4.0";
  closeError?: Error;
  readonly #closed = Promise.withResolvers<void | Error>();
  readonly #aborted = Promise.withResolvers<never>();
  #link: Link | undefined;
  #cork: Cork | undefined;
  #frames: Frames | undefined;
  #socket: Socket | undefined;
  #chunks: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #inSocket = 0;
  #encrypted = false;
  #ready = false;
  #done = false;
  #discarded = false;

  constructor() {
    // Whoever waits for it is told; where nobody does, nothing is to be done.
    this.#aborted.promise.catch(() => {});
  }

  get isClosed(): boolean {
    return this.#done;
  }

  /** Bytes that were written and have not left this process. */
  get held(): number {
    return this.#inSocket + (this.#cork?.held ?? 0);
  }

  /** Opens the socket and reads what the server says first. The client limits how long that takes. */
  async connect(server: Server, options: ConnectionOptions): Promise<void> {
    const link = linkOf(options);
    this.#link = link;
    this.#cork = new Cork(link.clock, (pieces) => this.#write(pieces));
    this.#frames = new Frames(link.takers, (bytes) => this.#pass(bytes));
    link.transport = this;
    await this.#until(link.prepare(server));
    await this.#open(connectTcp(server.port, server.hostname), "connect");
    this.#refuseItself();
    if (link.tls?.handshakeFirst) await this.#encrypt(server);
    const info = await this.#until(this.#readInfo());
    checkOptions(info, {
      ...options,
      ...(link.tls !== undefined && { tls: {} }),
    });
    const wanted = info.tls_required === true || link.tls !== undefined;
    if (wanted && !this.#encrypted) await this.#encrypt(server);
    this.#socket?.on("data", (chunk: Uint8Array) => this.#take(chunk));
    this.#ready = true;
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    while (!this.#discarded) {
      if (this.#chunks.length === 0) {
        if (this.#done) return;
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
        continue;
      }
      const chunks = this.#chunks;
      this.#chunks = [];
      for (const chunk of chunks) {
        if (this.#discarded) return;
        yield chunk;
      }
    }
  }

  isEncrypted(): boolean {
    return this.#encrypted;
  }

  send(frame: Uint8Array): void {
    if (!this.#done) this.#cork?.add(frame);
  }

  /** Writes one protocol message; false where it cannot leave any more. */
  sendMessage(
    line: string,
    headers: Uint8Array | undefined,
    body: Uint8Array,
  ): boolean {
    if (this.#done || this.#cork === undefined) return false;
    this.#cork.addMessage(line, headers, body);
    return true;
  }

  async close(error?: Error): Promise<void> {
    const socket = this.#socket;
    if (error !== undefined || socket === undefined || !this.#ready) {
      this.#end(error);
      return;
    }
    if (this.#done) return;
    this.#cork?.flush();
    socket.end();
    const cancel = this.#link?.clock.after(longestEndMs, () => this.#end());
    await this.#closed.promise;
    cancel?.();
  }

  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  disconnect(): void {
    this.#end();
  }

  discard(): void {
    this.#discarded = true;
    this.#end();
    this.#wake?.();
  }

  async #open(
    socket: Socket,
    event: "connect" | "secureConnect",
  ): Promise<void> {
    this.#socket = socket;
    // Never removed: a runtime may tell of an error after all else is over, and nobody else listens then.
    socket.on("error", (error: Error) => this.#end(error));
    socket.on("close", () => this.#end());
    socket.setNoDelay(true);
    if (this.#done) socket.destroy();
    await this.#until(
      new Promise<void>((resolve) => socket.once(event, resolve)),
    );
  }

  // While nobody listens at a port of this machine, a dial may get that very port for its own end, and then hold it against the server.
  #refuseItself(): void {
    const { localPort, remotePort, localAddress, remoteAddress } =
      this.#socket ?? {};
    if (localPort !== remotePort || localAddress !== remoteAddress) return;
    throw new MessagingError(
      "connection",
      "Cannot connect: the socket was connected to itself",
    );
  }

  async #encrypt(server: Server): Promise<void> {
    const { handshakeFirst: _, ...tls } = this.#link?.tls ?? {};
    const name = server.tlsName || server.hostname;
    const plain = this.#socket;
    if (plain === undefined) return;
    const secure = connectTls({
      ...tls,
      socket: plain,
      // An address of numbers is no name that a server could be asked for.
      ...(/[a-z]/i.test(name) && !name.includes(":") && { servername: name }),
    });
    await this.#open(secure, "secureConnect");
    this.#encrypted = true;
  }

  /** The first line. It stays in what the client reads. */
  async #readInfo(): Promise<ServerInfo> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = this.#socket;
    const peek = (chunk: Uint8Array): void => {
      this.#take(chunk);
      if (chunk.includes(lineFeed)) resolve();
    };
    socket?.on("data", peek);
    await this.#until(promise);
    socket?.removeListener("data", peek);
    const text = this.#chunks.map((chunk) => decoder.decode(chunk)).join("");
    const [, json] = /^INFO\s+([^\r\n]+)\r\n/i.exec(text) ?? [];
    if (json === undefined) {
      throw new MessagingError(
        "refused",
        "Cannot connect: what answers is no NATS server",
      );
    }
    return JSON.parse(json) as ServerInfo;
  }

  #take(chunk: Uint8Array): void {
    // Another dial has begun: what still comes here is nobody's.
    if (this.#discarded) return;
    // A Buffer has methods of its own, which would show in bodies.
    this.#frames?.take(
      new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength),
    );
  }

  #pass(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#inSocket += bytes;
    const left = (): void => {
      this.#inSocket -= bytes;
      this.#link?.onRoom();
    };
    socket.cork();
    for (const [index, piece] of pieces.entries()) {
      socket.write(piece, index === pieces.length - 1 ? left : undefined);
    }
    socket.uncork();
  }

  #until<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#aborted.promise]);
  }

  #end(error?: Error): void {
    if (this.#done) return;
    this.#done = true;
    const unsent = this.held;
    if (error !== undefined) this.closeError = error;
    const why = error ??
      new MessagingError(
        "connection",
        "Cannot stay connected: the server closed the connection",
      );
    this.#aborted.reject(why);
    this.#cork?.end();
    this.#socket?.destroy();
    this.#wake?.();
    this.#closed.resolve(error);
    this.#link?.onGone(why, unsent);
  }
}
