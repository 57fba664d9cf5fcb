import {
  type NatsConnection as NativeConnection,
  wsconnect,
} from "@nats-io/nats-core";
import { MessagingError } from "@ruststream/core/contract";
import type { Client } from "./_client.ts";
import type { DialLink } from "./_dial_link.ts";
import { NativeClient } from "./_native_client.ts";
import type { Settings } from "./_settings.ts";
import { clientOptions } from "./_tcp_client.ts";

const lookAgainMs = 5;

/** The client over the runtime's WebSocket, which knows what it holds. */
class WsClient extends NativeClient {
  readonly #link: DialLink;
  readonly #socket: () => WebSocket | undefined;
  #looks = false;

  constructor(
    nc: NativeConnection,
    link: DialLink,
    socket: () => WebSocket | undefined,
  ) {
    super(nc, true);
    this.#link = link;
    this.#socket = socket;
  }

  override get held(): number {
    const held = this.#socket()?.bufferedAmount ?? 0;
    if (held > 0) this.#look();
    return held;
  }

  // A WebSocket does not tell when it has room again.
  #look(): void {
    if (this.#looks || this.nc.isClosed()) return;
    this.#looks = true;
    this.#link.clock.after(lookAgainMs, () => {
      this.#looks = false;
      this.#link.onRoom();
    });
  }
}

/** Connects over WebSocket. */
export async function connectOverWebSocket(
  settings: Settings,
  link: DialLink,
  signal: AbortSignal | undefined,
): Promise<Client> {
  if (typeof WebSocket === "undefined") {
    throw new MessagingError(
      "unsupported",
      "Cannot connect by WebSocket: this runtime has none",
    );
  }
  if (settings.tls !== undefined) {
    throw new MessagingError(
      "unsupported",
      'Cannot connect by WebSocket with the option "tls": the runtime\'s own trusted certificates are used',
    );
  }
  let socket: WebSocket | undefined;
  const nc = await wsconnect({
    ...clientOptions(settings, link),
    servers: settings.servers.map(({ protocol, host, path }) =>
      `${protocol}://${host}${path}`
    ),
    wsFactory: async (url) => {
      await link.prepare({ listen: new URL(url).host });
      signal?.throwIfAborted();
      socket = new WebSocket(url);
      return { socket, encrypted: url.startsWith("wss:") };
    },
  });
  if (signal?.aborted) {
    await nc.close();
    throw signal.reason;
  }
  return new WsClient(nc, link, () => socket);
}
