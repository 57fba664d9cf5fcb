import type { Clock } from "@ruststream/core/contract";
import type { ServerInfo } from "@nats-io/nats-core";
import { JetStream } from "./jet_stream.ts";
import { nothing, type Packet, statusOf } from "./packet.ts";
import type { Peer } from "./peer.ts";
import { Router } from "./router.ts";
import { ServerTime } from "./time.ts";
import { newestVersion, Version } from "./versions.ts";
import type { Host } from "./views.ts";

/** Options for {@linkcode InsideServer}. */
export interface InsideServerOptions {
  /**
   * The version that it is: what that one refuses or drops, this one does.
   *
   * @default {"2.15.1"}
   */
  readonly serverVersion?: string | undefined;
  /** Its time. By default that of whoever is connected. */
  readonly clock?: Clock;
  /**
   * What its API answers under besides its own prefix.
   *
   * @default {"$JS.API"}
   */
  readonly apiPrefix?: string;
}

const maxPayload = 1_048_576;

/** A NATS server inside this process: all connections of one broker see this one. */
export class InsideServer implements Host {
  readonly version: Version;
  readonly time: ServerTime;
  readonly router: Router = new Router(() => this.time.random());
  readonly #jetStream: JetStream;
  readonly #peers = new Set<Peer>();
  #clients = 0;

  /** @throws {RangeError} If there is no such version. */
  constructor(
    { serverVersion = newestVersion, clock, apiPrefix = "$JS.API" }:
      InsideServerOptions = {},
  ) {
    this.version = new Version(serverVersion);
    this.time = new ServerTime(clock);
    this.#jetStream = new JetStream(this, apiPrefix);
  }

  /** Lets a client in, and says who it is. */
  welcome(peer: Peer): ServerInfo {
    this.#peers.add(peer);
    peer.onGone(() => this.#peers.delete(peer));
    return this.#info(++this.#clients);
  }

  /** Takes what a client publishes. */
  receive(packet: Packet, from: Peer): void {
    const { headers, body, subject, reply } = packet;
    // Whoever sends more than it may is let go of.
    if ((headers?.length ?? 0) + body.length > maxPayload) return from.cut();
    if (this.#hand(packet, from.noEcho ? from : undefined) || reply === "") {
      return;
    }
    const fields = this.version.can("namesNobody")
      ? [["Nats-Subject", subject] as const]
      : [];
    this.say(reply, statusOf(503, "", fields));
  }

  /** Publishes something of its own. */
  publish(packet: Packet): void {
    this.#hand(packet);
  }

  /** Answers with a status. */
  say(to: string, headers: Uint8Array): void {
    this.router.route({ subject: to, reply: "", headers, body: nothing });
  }

  /** Lets everybody go, and forgets what is only in memory. */
  restart(): void {
    for (const peer of [...this.#peers]) peer.cut();
    this.#jetStream.restart();
  }

  #info(clientId: number): ServerInfo {
    return {
      server_id: "INSIDE",
      server_name: "inside",
      version: this.version.text,
      proto: 1,
      go: "",
      host: "in-process",
      port: 0,
      headers: true,
      jetstream: true,
      max_payload: maxPayload,
      client_id: clientId,
    };
  }

  #hand(packet: Packet, but?: Peer): boolean {
    const heard = this.router.route(packet, packet.subject, but);
    return this.#jetStream.take(packet) || heard;
  }
}
