import type {
  ConnectionOptions,
  Msg,
  NatsConnection as NativeConnection,
  Subscription,
} from "@nats-io/nats-core";
import {
  MsgImpl,
  NatsConnectionImpl,
  ProtocolHandler,
  setTransportFactory,
} from "@nats-io/nats-core/internal";
import { onAbort } from "@ruststream/core/contract";
import type { Client } from "./_client.ts";
import { muteBy, orderBy } from "./_client.ts";
import type { DialLink } from "./_dial_link.ts";
import { setLink } from "./_link.ts";
import type { Settings } from "./_settings.ts";
import { SocketTransport } from "./_socket_transport.ts";

/** What the client is told of a connection. Credentials and certificates are not in it: they come with each dial. */
export function clientOptions(
  settings: Settings,
  link: DialLink,
): ConnectionOptions {
  let wait = { dials: -1, ms: 0 };
  return {
    name: settings.name,
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    timeout: settings.connectTimeoutMs,
    pingInterval: settings.pingIntervalMs,
    noRandomize: settings.keepOrder,
    ignoreClusterUpdates: !settings.discover,
    ignoreAuthErrorAbort: settings.onAuthError === "retry",
    inboxPrefix: settings.inboxPrefix,
    noEcho: settings.noEcho,
    authenticator: (nonce) => link.authenticate(nonce),
    // Asked again after the wait: another answer would make it wait again.
    reconnectDelayHandler: () => {
      if (wait.dials !== link.dials) {
        wait = { dials: link.dials, ms: link.waitMs(link.clock.random()) };
      }
      return wait.ms;
    },
  };
}

/** The client over our own transport. */
class TcpClient implements Client {
  readonly owned = true;
  readonly corks = true;
  readonly nc: NativeConnection;
  readonly #link: DialLink;
  readonly #protocol: ProtocolHandler;

  constructor(nc: NatsConnectionImpl, link: DialLink) {
    // Its types disagree with themselves about what is there before it is connected.
    this.nc = nc as NativeConnection;
    this.#link = link;
    this.#protocol = nc.protocol;
  }

  get held(): number {
    return this.#link.transport?.held ?? 0;
  }

  write(
    subject: string,
    reply: string,
    headers: Uint8Array | undefined,
    body: Uint8Array,
  ): boolean {
    const to = reply === "" ? subject : `${subject} ${reply}`;
    const bytes = body.length + (headers?.length ?? 0);
    const line = headers === undefined
      ? `PUB ${to} ${bytes}\r\n`
      : `HPUB ${to} ${headers.length} ${bytes}\r\n`;
    const written = this.#link.transport?.sendMessage(line, headers, body) ??
      false;
    if (written) {
      this.#protocol.outMsgs++;
      this.#protocol.outBytes += bytes;
    }
    return written;
  }

  take(subscription: Subscription, taker: (msg: Msg) => void): () => void {
    const protocol = this.#protocol;
    const { takers } = this.#link;
    const id = subscription.getID();
    takers.set(id, (head, data) => {
      protocol.inMsgs++;
      protocol.inBytes += head.size;
      taker(new MsgImpl(head, data, protocol) as Msg);
    });
    return () => takers.delete(id);
  }

  mute(subscription: unknown): void {
    muteBy(this.nc, subscription);
    this.order();
  }

  order(): void {
    orderBy(this.nc);
  }
}

function useOurTransport(): void {
  setTransportFactory({ factory: () => new SocketTransport() });
}

/**
 * Connects over TCP.
 *
 * What it uses of the client's inside is in this file and in `_client.ts`: the factory of transports is one for the
 * process, so it is set again before each dial, and a connection must be at hand before it is there, to be given up.
 */
export async function connectOverTcp(
  settings: Settings,
  link: DialLink,
  signal: AbortSignal | undefined,
): Promise<Client> {
  useOurTransport();
  const servers = settings.servers.map(({ host }) => host);
  // The constructor is private in its types only.
  const Native = NatsConnectionImpl as unknown as {
    new (options: ConnectionOptions): NatsConnectionImpl;
  };
  const nc = new Native({
    ...clientOptions(settings, link),
    servers: [...servers],
    reconnectToServer: () => {
      useOurTransport();
      return null;
    },
  });
  setLink(nc.options, link);
  const protocol = new ProtocolHandler(nc.options, nc);
  nc.protocol = protocol;
  // By itself the client waits all its time for a server that has gone after its first words.
  link.failed = (error) => protocol.connectError?.(error);
  const forget = onAbort(signal, () => {
    link.abort();
    protocol.transport?.discard();
  });
  try {
    await protocol.dialLoop();
  } finally {
    forget();
  }
  if (signal?.aborted) {
    await protocol.close();
    throw signal.reason;
  }
  // The client forgets servers that did not answer the first time.
  if (servers.length > 1) nc.setServers(servers);
  return new TcpClient(nc, link);
}
