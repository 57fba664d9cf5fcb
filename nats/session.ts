import type {
  BrokerEvent,
  Clock,
  Message,
  MessagingError,
} from "@ruststream/core/contract";
import {
  createInbox,
  type Msg,
  type NatsConnection as NativeConnection,
  type ServerInfo,
  type Status,
} from "@nats-io/nats-core";
import type { Client } from "./_client.ts";
import { Deadlines } from "./deadlines.ts";
import { Gate } from "./_gate.ts";
import { type Asker, Mux, OneReply, type ReplyPlace } from "./_mux.ts";
import { closedError, lostError, natsError } from "./nats_error.ts";
import type {
  AskOptions,
  Denial,
  RawSubscription,
  SendOptions,
  SessionChange,
} from "./session_types.ts";
import { subscribeBy } from "./_subscribe.ts";
import { RoundTrips } from "./_round_trips.ts";
import type { Settings } from "./_settings.ts";

/** A live client, and all that what is made of one connection shares. */
export class Session {
  readonly clock: Clock;
  readonly report: (event: BrokerEvent) => void;
  readonly nc: NativeConnection;
  readonly settings: Settings;
  readonly deadlines: Deadlines;
  /** Holds back what is published while it cannot be sent. */
  readonly gate: Gate;
  /** Awaited at shutdown, while the connection can still be used; bounded by the time that a shutdown may take. */
  readonly atShutdown: Set<() => Promise<void>> = new Set();
  /** Told of what is published by core NATS, while somebody counts answers. */
  onPublish: ((message: Message) => void) | undefined;
  readonly #client: Client;
  readonly #statuses: AsyncIterable<Status> & { stop?(): void };
  readonly #mux: Mux;
  readonly #trips: RoundTrips;
  readonly #listeners = new Set<(change: SessionChange) => void>();
  readonly #denials = new Set<(denial: Denial) => void>();
  #muxed: RawSubscription | undefined;
  #info: ServerInfo | undefined;
  #connected = true;
  #closed = false;
  // Whether it is being shut down, and what belongs to that may still be sent.
  #ending = false;
  #cause: Error | undefined;
  // Why the server last refused the credentials.
  #refusal: Error | undefined;
  // Why it is about to dial again by itself, while it is.
  #leaving: string | undefined;

  constructor(
    client: Client,
    settings: Settings,
    clock: Clock,
    report: (event: BrokerEvent) => void,
  ) {
    this.#client = client;
    this.nc = client.nc;
    this.#info = client.nc.info;
    this.settings = settings;
    this.clock = clock;
    this.report = report;
    this.deadlines = new Deadlines(clock);
    this.gate = new Gate(this);
    this.#mux = new Mux(this.inbox());
    this.#trips = new RoundTrips(() =>
      this.#connected ? this.nc.flush() : undefined
    );
    this.#statuses = client.nc.status();
    this.#watch();
  }

  /** Whether it was shut down, or is lost for good. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why it was lost, if it was. */
  get cause(): Error | undefined {
    return this.#cause;
  }

  /** Whether what is sent now reaches the socket, and its answer this connection. */
  get connected(): boolean {
    return this.#connected && this.#leaving === undefined;
  }

  /** Whether the socket holds less than it may. */
  get hasRoom(): boolean {
    return this.#client.held < this.settings.highWaterBytes;
  }

  /** Whether all that is sent in one turn of the event loop leaves in one write. */
  get corks(): boolean {
    return this.#client.corks;
  }

  /** How many bytes may wait at the gate. */
  get maxWaitingBytes(): number {
    return this.settings.maxWaitingBytes;
  }

  /** What the server said of itself, the last one while there is none. */
  get info(): ServerInfo {
    // The client forgets it when it dials again.
    this.#info = this.nc.info ?? this.#info;
    return this.#info as ServerInfo;
  }

  /** A fresh address for replies. */
  inbox(): string {
    return createInbox(this.settings.inboxPrefix);
  }

  /** Nothing while something can be sent; else waits for that, and rejects with `timeout`, `overloaded`, `closed` or the signal's reason. */
  ready(
    deed: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<void> | undefined {
    if (this.#closed && !this.#ending) {
      return Promise.reject(closedError(deed));
    }
    if (this.gate.open) return undefined;
    return this.gate.wait({ deed, timeoutMs, signal, bytes: 0, run: () => {} });
  }

  /** Writes a message, copied; it leaves with all else that is written in this turn. False where it cannot leave. */
  send(subject: string, body: Uint8Array, options: SendOptions = {}): boolean {
    const { headers, reply = "" } = options;
    return this.#client.write(subject, reply, headers, body);
  }

  /** A round trip to the server: what was sent before it has been taken, and what the server sent before it has arrived. Rejects with `connection` when the connection is lost meanwhile. */
  flush(): Promise<void> {
    return this.#trips.flush();
  }

  /** Subscribes. The callback must not throw. After a reconnect it goes on by itself. */
  subscribe(
    subject: string,
    callback: (msg: Msg) => void,
    options: { readonly queue?: string } = {},
    onDenied: (error: MessagingError) => void = () => {},
  ): RawSubscription {
    const failed = (cause: unknown): void => {
      const detail = `What takes the messages of "${subject}" failed`;
      this.report({ kind: "dropped", count: 1, detail: `${detail}: ${cause}` });
    };
    return subscribeBy(this.#client, subject, options, {
      take: callback,
      denied: (error) =>
        onDenied(natsError(error, `subscribe to "${subject}"`)),
      failed,
    });
  }

  /** One request and its reply, as it came; `no-responder` at once where nobody listens. Rejects with `timeout`, with `connection` when the connection is lost meanwhile, with `closed`, and with the signal's reason. */
  ask(subject: string, body: Uint8Array, options: AskOptions): Promise<Msg> {
    const { timeoutMs, signal, outlives } = options;
    const reply = new OneReply(subject, `request "${subject}"`, outlives);
    try {
      signal?.throwIfAborted();
      const ready = this.ready(reply.deed, timeoutMs, signal);
      return ready === undefined
        ? this.#ask(reply, body, options, timeoutMs)
        : this.#askLater(reply, body, options, ready);
    } catch (cause) {
      return Promise.reject(cause);
    }
  }

  async #askLater(
    reply: OneReply,
    body: Uint8Array,
    options: AskOptions,
    ready: Promise<void>,
  ): Promise<Msg> {
    const began = this.clock.now();
    await ready;
    const left = options.timeoutMs - (this.clock.now() - began);
    return await this.#ask(reply, body, options, Math.max(1, left));
  }

  #ask(
    reply: OneReply,
    body: Uint8Array,
    { signal, headers }: AskOptions,
    timeoutMs: number,
  ): Promise<Msg> {
    const place = this.open(reply);
    reply.begin(place, this.deadlines, timeoutMs, signal);
    this.sendRequest(reply, body, place.replyTo, headers);
    return reply.promise;
  }

  /** Opens a place for replies. */
  open(asker: Asker): ReplyPlace {
    this.#muxed ??= this.subscribe(
      this.#mux.subject,
      (msg) => this.#mux.take(msg),
      {},
      (error) => {
        this.#muxed = undefined;
        this.#mux.endAll(() => error);
      },
    );
    return this.#mux.add(asker);
  }

  /** Sends a request whose place for replies is open. */
  sendRequest(
    asker: Asker,
    body: Uint8Array,
    replyTo: string,
    headers: Uint8Array | undefined,
  ): void {
    if (this.#closed && !(asker.outlives && this.#ending)) {
      return asker.end(closedError(asker.deed));
    }
    if (!this.#client.write(asker.subject, replyTo, headers, body)) {
      asker.end(lostError(asker.deed));
    }
  }

  /** Told of each change. Returns what stops that. */
  onChange(listener: (change: SessionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told of what the server did not permit. Returns what stops that. */
  onDenial(listener: (denial: Denial) => void): () => void {
    this.#denials.add(listener);
    return () => this.#denials.delete(listener);
  }

  /** The transport is gone: nothing that is sent now would arrive. */
  lost(cause?: Error, unsentBytes = 0): void {
    if (!this.#connected) return;
    this.#connected = false;
    const leaving = this.#leaving;
    this.#leaving = undefined;
    this.#trips.end();
    this.#mux.endAll(({ deed }) => lostError(deed));
    this.#tell("disconnected");
    if (this.#closed) return;
    this.report({
      kind: "disconnected",
      detail: unsentBytes > 0
        ? `${unsentBytes} bytes that were sent had not left this process`
        : leaving ?? "The connection to the server was lost",
      ...(cause !== undefined && leaving === undefined &&
        { cause: natsError(cause, "stay connected") }),
    });
  }

  /** What keeps it from being connected again, and will not pass by itself. */
  trouble(cause: unknown): void {
    if (this.#connected || this.#closed) return;
    this.report({
      kind: "disconnected",
      detail: "Signing in again failed",
      cause,
    });
  }

  /** Dials again by itself, without a loss: once the server has what was sent, and open requests were answered or this took too long. */
  async redial(why: string, longestMs: number): Promise<void> {
    if (!this.connected || this.#closed) return;
    this.#leaving = why;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.clock.after(longestMs, resolve);
    const quiet = Promise.allSettled([this.#mux.rest(), this.flush()]);
    await Promise.race([quiet, promise]);
    cancel();
    // Lost meanwhile, it dials already.
    if (this.#leaving !== undefined && !this.#closed) await this.nc.reconnect();
  }

  /** Bytes have left. */
  room(): void {
    this.gate.pump();
  }

  /** Ends what was made of it, flushes, and closes the client. */
  async shutdown(): Promise<void> {
    const lost = this.#closed;
    this.#closed = true;
    this.#ending = !lost;
    this.#leaving = undefined;
    this.gate.pump();
    this.#mux.endAll(({ deed }) => closedError(deed), (each) => !each.outlives);
    const { clock, settings: { shutdownTimeoutMs } } = this;
    const timeout = Promise.withResolvers<void>();
    const cancel = clock.after(shutdownTimeoutMs, timeout.resolve);
    const tasks = [...this.atShutdown].map((task) => task());
    await Promise.race([Promise.allSettled(tasks), timeout.promise]);
    if (!lost && this.#connected) {
      await Promise.race([this.#flushAll().catch(() => {}), timeout.promise]);
    }
    cancel();
    this.#ending = false;
    this.#mux.endAll(({ deed }) => closedError(deed));
    this.gate.end(closedError);
    this.#tell("closed");
    this.#muxed?.unsubscribe();
    if (this.#client.owned) await this.nc.close();
    else this.#statuses.stop?.();
    this.#connected = false;
  }

  async #flushAll(): Promise<void> {
    await this.gate.empty();
    await this.flush();
  }

  #watch(): void {
    this.nc.closed().then((cause) => this.#ended(cause || undefined));
    // They queue without limit unless somebody reads.
    this.#read().catch(() => {});
  }

  async #read(): Promise<void> {
    for await (const status of this.#statuses) this.#changed(status);
  }

  #changed(status: Status): void {
    switch (status.type) {
      case "disconnect":
        return this.lost();
      case "reconnect":
        // Told once more for each dial that failed before.
        if (this.#connected) return;
        this.#connected = true;
        this.report({ kind: "connected", detail: "Connected again" });
        this.#tell("connected");
        return this.gate.pump();
      case "ldm":
        this.report({
          kind: "lame-duck",
          detail: "The server is about to leave",
        });
        return this.#tell("lame-duck");
      case "error":
        return this.#denied(status.error);
      default:
        return;
    }
  }

  #denied(cause: Error): void {
    const error = natsError(cause, "sign in");
    if (!this.#connected && error.code === "denied") this.trouble(error);
    const { operation, subject } = cause as Partial<Denial>;
    if (subject === undefined) {
      if (error.code === "denied") this.#refusal = error;
      return;
    }
    if (operation === "publish") {
      const error = natsError(cause, `publish to "${subject}"`);
      this.#mux.endAll(
        () => error,
        (asker) => asker.subject === subject,
      );
      const detail = `The server does not permit publishing to "${subject}"`;
      this.report({ kind: "dropped", count: 1, detail });
      for (const told of this.#denials) told({ operation, subject, error });
    }
  }

  #ended(cause: Error | undefined): void {
    if (this.#closed) return;
    const found = cause && natsError(cause, "stay connected");
    // The client may forget why it gave up: only what is refused makes it.
    this.#cause = found?.code === "connection" ? this.#refusal ?? found : found;
    this.lost();
    this.#closed = true;
    this.gate.end(closedError);
    this.#tell("closed");
  }

  #tell(change: SessionChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
