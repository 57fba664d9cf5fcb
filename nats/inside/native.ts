import { MessagingError } from "@ruststream/core/contract";
import type {
  Msg,
  NatsConnection as NativeConnection,
  ServerInfo,
  Status,
} from "@nats-io/nats-core";
import { MsgImpl } from "@nats-io/nats-core/internal";
import { bytesOf, nothing, type Packet } from "./packet.ts";
import type { Listener } from "./router.ts";
import type { Peer } from "./peer.ts";
import type { Host } from "./views.ts";

/** What a subscription is told of. */
export interface HeardOptions {
  readonly queue?: string;
  readonly callback: (error: Error | null, msg: Msg) => void;
}

/** What stands behind {@linkcode InsideNative}. */
export interface NativeOptions {
  info(): ServerInfo;
  subscribe(subject: string, options: HeardOptions): Heard;
  flush(): Promise<void>;
  close(): void;
  cut(): void;
}

/** The members of the client's connection that a session uses. It is no native client: whoever wants one is refused. */
export class InsideNative {
  readonly #options: NativeOptions;
  readonly #closed = Promise.withResolvers<void>();
  readonly #statuses: ReadableStream<Status>;
  #tell: ReadableStreamDefaultController<Status> | undefined;
  #isClosed = false;

  constructor(options: NativeOptions) {
    this.#options = options;
    this.#statuses = new ReadableStream<Status>({
      start: (controller) => void (this.#tell = controller),
    });
  }

  get info(): ServerInfo {
    return this.#options.info();
  }

  subscribe(subject: string, options: HeardOptions): Heard {
    return this.#options.subscribe(subject, options);
  }

  status(): AsyncIterable<Status> {
    return this.#statuses;
  }

  flush(): Promise<void> {
    return this.#options.flush();
  }

  closed(): Promise<void> {
    return this.#closed.promise;
  }

  isClosed(): boolean {
    return this.#isClosed;
  }

  // deno-lint-ignore require-await -- the client's shape
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.close();
    this.#tell?.close();
    this.#closed.resolve();
  }

  /** Tells what happens to the connection. */
  tell(status: Status): void {
    if (!this.#isClosed) this.#tell?.enqueue(status);
  }

  /** Cuts the cable; after a while it dials again. */
  cut(): void {
    this.#options.cut();
  }
}

/**
 * The native client of a connection.
 *
 * @throws {MessagingError} `unsupported`, if it is one in this process.
 */
export function nativeOf(nc: NativeConnection): NativeConnection {
  if (!((nc as unknown) instanceof InsideNative)) return nc;
  throw new MessagingError(
    "unsupported",
    'Cannot use the native client of "nats": this connection is to a server inside this process, which has none; test on a real one by live: true',
  );
}

const publisher = {
  publish(): void {
    throw new MessagingError(
      "unsupported",
      "Cannot respond by a native message: its connection is to a server inside this process",
    );
  },
};

/** A message of the client, as the wire would have made it. */
function msgOf({ subject, reply, headers, body }: Packet): Msg {
  const head = headers ?? nothing;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return new MsgImpl(
    {
      subject: bytesOf(subject),
      ...(reply !== "" && { reply: bytesOf(reply) }),
      sid: 0,
      hdr: headers === undefined ? -1 : headers.length,
      size: bytes.length,
    },
    bytes,
    publisher as never,
  ) as Msg;
}

/** A subscription of a client, over all its connections. */
export class Heard {
  readonly #subject: string;
  readonly #options: HeardOptions;
  readonly #onEnd: (heard: Heard) => void;
  #open = true;
  #silence: () => void = () => {};

  constructor(
    subject: string,
    options: HeardOptions,
    onEnd: (heard: Heard) => void,
  ) {
    this.#subject = subject;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  /** Tells a server that it listens. */
  begin({ router }: Host, peer: Peer): void {
    const { queue, callback } = this.#options;
    const listener: Listener = {
      subject: this.#subject,
      queue,
      owner: peer,
      take: (packet) =>
        peer.down.add(() => {
          if (this.#open) callback(null, msgOf(packet));
        }),
    };
    peer.up.add(() => router.add(listener));
    const forget = peer.onGone(() => router.remove(listener));
    this.#silence = () => {
      this.#silence = () => {};
      peer.up.add(() => {
        forget();
        router.remove(listener);
      });
    };
  }

  /** Its connection is gone. */
  lose(): void {
    this.#silence = () => {};
  }

  /** Tells the server to send no more, and takes what is on its way. */
  mute(): void {
    this.#silence();
    this.#onEnd(this);
  }

  unsubscribe(): void {
    this.#open = false;
    this.mute();
  }
}
