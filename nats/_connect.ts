import {
  type BrokerEvent,
  type ConnectOptions,
  MessagingError,
  systemClock,
  untilAborted,
} from "@ruststream/core/contract";
import type { Client } from "./_client.ts";
import { LiveConnection } from "./_connection.ts";
import { DialLink } from "./_dial_link.ts";
import type { NatsConnection } from "./nats_connection.ts";
import { natsError } from "./nats_error.ts";
import { Renewal } from "./_renewal.ts";
import { isWebSocket } from "./_servers.ts";
import { Session } from "./session.ts";
import type { Settings } from "./_settings.ts";
import { connectOverTcp } from "./_tcp_client.ts";
import { connectOverWebSocket } from "./_ws_client.ts";

type Way = "TCP" | "WebSocket";

// The client has one transport for the whole process: a connection of the one kind would dial again by the other.
const open: Record<Way, number> = { TCP: 0, WebSocket: 0 };

function enter(way: Way, deed: string): () => void {
  const other = way === "TCP" ? "WebSocket" : "TCP";
  if (open[other] > 0) {
    throw new MessagingError(
      "unsupported",
      `Cannot ${deed}: this process has a connection by ${other}, and the NATS client cannot have one by ${way} beside it`,
    );
  }
  open[way]++;
  return () => {
    open[way]--;
  };
}

async function dial(
  settings: Settings,
  link: DialLink,
  signal: AbortSignal | undefined,
): Promise<Client> {
  const deed = `connect to "${
    settings.servers.map(({ host }) => host).join(",")
  }"`;
  const web = settings.servers.some(isWebSocket);
  const leave = enter(web ? "WebSocket" : "TCP", deed);
  try {
    const client = await (web ? connectOverWebSocket : connectOverTcp)(
      settings,
      link,
      signal,
    );
    client.nc.closed().then(leave);
    return client;
  } catch (cause) {
    leave();
    if (signal?.aborted) throw signal.reason;
    throw natsError(cause, deed);
  }
}

// It is called in the middle of the client's reading, which a throw would end in silence.
function safe(
  report: ((event: BrokerEvent) => void) | undefined,
): (event: BrokerEvent) => void {
  return (event) => {
    try {
      report?.(event);
    } catch {
      // What happened has happened; whoever was to be told did not want to know.
    }
  };
}

/** A connection over a client that is there. */
export function connectionOver(
  client: Client,
  settings: Settings,
  options: ConnectOptions,
  link?: DialLink,
): NatsConnection {
  const { clock = systemClock } = options;
  const report = safe(options.report);
  const session = new Session(client, settings, clock, report);
  if (link !== undefined) {
    link.dials = 0;
    link.room = () => session.room();
    link.gone = (cause, unsentBytes) => session.lost(cause, unsentBytes);
    link.trouble = (cause) => session.trouble(cause);
    session.onChange((change) => {
      if (change === "connected") link.dials = 0;
    });
    new Renewal(session, link);
  }
  const connection = new LiveConnection(session);
  report({ kind: "connected" });
  return connection;
}

/** Dials, and makes a connection of it. An abort rejects at once; what comes of the dial is closed. */
export async function connect(
  settings: Settings,
  options: ConnectOptions,
): Promise<NatsConnection> {
  const { clock = systemClock, signal } = options;
  const link = new DialLink(settings, clock);
  const client = await untilAborted(
    () => dial(settings, link, signal),
    signal,
  );
  return connectionOver(client, settings, options, link);
}
