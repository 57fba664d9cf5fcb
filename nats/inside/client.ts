import type { Clock } from "@ruststream/core/contract";
import type {
  NatsConnection as NativeConnection,
  ServerInfo,
} from "@nats-io/nats-core";
import { Heard, InsideNative, type NativeOptions } from "./native.ts";
import { nothing } from "./packet.ts";
import { Peer } from "./peer.ts";
import type { InsideServer } from "./server.ts";

/** Options for {@linkcode InsideClient}. */
export interface InsideClientOptions {
  readonly clock: Clock;
  /** Whether what it publishes does not come to itself. */
  readonly noEcho: boolean;
  /** How long it waits before it dials again, in milliseconds. */
  readonly waitMs: number;
}

/** The client of one connection to a server in this process: what a session needs of one. */
export class InsideClient {
  readonly owned = true;
  readonly corks = true;
  readonly held = 0;
  readonly nc: NativeConnection;
  readonly #server: InsideServer;
  readonly #options: InsideClientOptions;
  readonly #heard = new Set<Heard>();
  readonly #native: InsideNative;
  #peer: Peer | undefined;
  #info: ServerInfo;
  #closed = false;
  #stopDialing: () => void = () => {};
  #leaveTime: () => void;

  constructor(server: InsideServer, options: InsideClientOptions) {
    this.#server = server;
    this.#options = options;
    this.#leaveTime = server.time.join(options.clock);
    this.#native = new InsideNative(this.#ofNative());
    this.nc = this.#native as unknown as NativeConnection;
    this.#info = this.#connect();
  }

  /** Writes one message, copied; false where it cannot leave. */
  write(
    subject: string,
    reply: string,
    headers: Uint8Array | undefined,
    body: Uint8Array,
  ): boolean {
    const peer = this.#peer;
    if (peer === undefined) return false;
    const packet = {
      subject,
      reply,
      headers: headers?.slice(),
      body: body.length === 0 ? nothing : body.slice(),
    };
    peer.up.add(() => this.#server.receive(packet, peer));
    return true;
  }

  /** Tells the server to send no more, and goes on taking what is on its way. */
  mute(subscription: unknown): void {
    (subscription as Heard).mute();
  }

  /** Nothing is collected here. */
  order(): void {}

  #ofNative(): NativeOptions {
    return {
      info: () => this.#info,
      subscribe: (subject, options) => {
        const heard = new Heard(subject, options, (one) => {
          this.#heard.delete(one);
        });
        this.#heard.add(heard);
        if (this.#peer !== undefined) heard.begin(this.#server, this.#peer);
        return heard;
      },
      flush: () => this.#flush(),
      close: () => this.#close(),
      cut: () => this.#peer?.cut(),
    };
  }

  #flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const peer = this.#peer;
    // Where it is lost meanwhile nobody answers, as on a real wire.
    peer?.up.add(() => peer.down.add(resolve));
    return promise;
  }

  #connect(): ServerInfo {
    const { noEcho } = this.#options;
    const peer = new Peer(noEcho, () => this.#lost());
    this.#peer = peer;
    for (const heard of this.#heard) heard.begin(this.#server, peer);
    return this.#server.welcome(peer);
  }

  #lost(): void {
    this.#peer = undefined;
    for (const heard of this.#heard) heard.lose();
    if (this.#closed) return;
    this.#native.tell({ type: "disconnect", server: "" });
    this.#dialLater();
  }

  #dialLater(): void {
    const { clock, waitMs } = this.#options;
    this.#stopDialing = clock.after(waitMs, () => this.#dial());
  }

  #dial(): void {
    this.#info = this.#connect();
    this.#native.tell({ type: "reconnect", server: "" });
  }

  #close(): void {
    this.#closed = true;
    this.#stopDialing();
    this.#peer?.cut();
    this.#leaveTime();
  }
}
