/**
 * What does it take to write a broker? Append-only files in a directory, which any number of processes share.
 *
 * @module
 */
import {
  type AddressPattern,
  type Broker,
  type BrokerEvent,
  type Clock,
  type Connection,
  type ConnectOptions,
  type Guarantees,
  type Message,
  MessagingError,
  parseAddress,
  type Publisher,
  type ServerDescription,
  type SubscribeOptions,
  systemClock,
} from "@ruststream/core/contract";
import { mkdir } from "node:fs/promises";
import { FileSubscription } from "./file_subscription.ts";
import { untilAborted } from "./file_error.ts";
import { append, encodeLine, pathOf, Tail } from "./log_file.ts";

/** Options for {@linkcode FileBroker}. */
export interface FileBrokerOptions {
  /** Where the files are. It is made if it is not there. */
  readonly directory: string;
  /**
   * Tells brokers of one application apart.
   *
   * @default {"file"}
   */
  readonly name?: string;
  /**
   * The largest body that is taken, in bytes.
   *
   * @default {1_048_576}
   */
  readonly maxBodyBytes?: number;
}

type Settings = Required<FileBrokerOptions>;

const guarantees: Guarantees = Object.freeze({
  // A file is one line after another for everybody.
  ordering: "address",
  // A retry is remembered by the process that asked for it, and goes with its subscription.
  redelivery: "on-retry",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  // The files stay, but no subscription begins before now: nobody gets what was published while nobody read.
  persistence: "none",
  groups: false,
  patterns: false,
  headers: true,
});

/** A broker over append-only files. */
export class FileBroker implements Broker<FileConnection> {
  readonly name: string;
  readonly guarantees: Guarantees = guarantees;
  readonly #settings: Settings;

  constructor(options: FileBrokerOptions) {
    const { directory, name = "file", maxBodyBytes = 1_048_576 } = options;
    this.name = name;
    this.#settings = { directory, name, maxBodyBytes };
  }

  describe(): readonly ServerDescription[] {
    const { directory } = this.#settings;
    return [{ host: "localhost", protocol: "file", pathname: directory }];
  }

  async connect(options: ConnectOptions = {}): Promise<FileConnection> {
    const { directory } = this.#settings;
    const { signal, clock = systemClock, report = () => {} } = options;
    await untilAborted(
      `use the directory "${directory}"`,
      signal,
      () => mkdir(directory, { recursive: true }),
    );
    report({ kind: "connected", detail: directory });
    return new FileConnection(this.#settings, clock, report);
  }
}

/** A connection: it holds no file open, only what it has promised to write and who reads. */
export class FileConnection implements Connection {
  readonly publisher: Publisher;
  readonly closed: Promise<undefined>;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #report: (event: BrokerEvent) => void;
  readonly #subscriptions: Set<FileSubscription> = new Set();
  readonly #close: () => void;
  #written: Promise<unknown> = Promise.resolve();
  #open = true;

  constructor(
    settings: Settings,
    clock: Clock,
    report: (event: BrokerEvent) => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.closed = promise;
    this.#close = () => resolve(undefined);
    this.#settings = settings;
    this.#clock = clock;
    this.#report = report;
    this.publisher = {
      // The system has it, so it survives this process; the disk may not have it yet.
      confirms: "received",
      publish: (message, options) => this.#publish(message, options?.signal),
    };
  }

  get state(): "connected" | "closed" {
    return this.#open ? "connected" : "closed";
  }

  async subscribe(
    address: AddressPattern,
    { group, signal }: SubscribeOptions = {},
  ): Promise<FileSubscription> {
    const { template } = address;
    const what = `subscribe to "${template}"`;
    this.#checkOpen(what);
    if (group !== undefined || !isPlain(address)) {
      throw new MessagingError(
        "unsupported",
        `Cannot ${what}: expected one address and no group`,
      );
    }
    const path = pathOf(this.#settings.directory, template);
    const tail = new Tail(path, template, this.#report);
    await untilAborted(what, signal, () => tail.start());
    this.#checkOpen(what);
    const subscription = new FileSubscription({
      address: template,
      tail,
      guarantees,
      clock: this.#clock,
      signal,
      report: this.#report,
      isClosed: () => !this.#open,
      onEnd: (ended) => void this.#subscriptions.delete(ended),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async shutdown(): Promise<void> {
    this.#open = false;
    await this.#written;
    // A cancel fails only with a drain that failed, and whoever drains is told.
    const ends = [...this.#subscriptions].map((each) => each.cancel());
    await Promise.allSettled(ends);
    this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #publish(message: Message, signal?: AbortSignal): Promise<void> {
    const { address } = message;
    const what = `publish to "${address}"`;
    this.#checkOpen(what);
    signal?.throwIfAborted();
    this.#checkMessage(message, what);
    // Made now: its caller may use the buffer again, and writes one after another keep their order.
    const line = encodeLine(message, this.#clock.now());
    const path = pathOf(this.#settings.directory, address);
    const written = this.#written.then(() => append(path, line));
    this.#written = written.catch(() => {});
    await untilAborted(what, signal, () => written);
  }

  #checkMessage({ address, body }: Message, what: string): void {
    if (!isPlain(parseAddress(address))) {
      throw new TypeError(`Cannot ${what}: it has parameters left`);
    }
    if (!(body instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot ${what}: expected a body of bytes, found ${typeof body}`,
      );
    }
    const { maxBodyBytes } = this.#settings;
    if (body.length > maxBodyBytes) {
      throw new MessagingError(
        "too-large",
        `Cannot ${what}: its body has ${body.length} bytes, at most ${maxBodyBytes} are taken`,
      );
    }
  }

  #checkOpen(what: string): void {
    if (this.#open) return;
    throw new MessagingError(
      "closed",
      `Cannot ${what}: the connection is closed`,
    );
  }
}

function isPlain({ tokens }: AddressPattern): boolean {
  return tokens.every(({ kind }) => kind === "literal");
}
