/**
 * What does it take to write a broker? Append-only files in a directory, which any number of processes share.
 *
 * @module
 */
import {
  type AddressPattern,
  BaseConnection,
  type Broker,
  checkMessage,
  checkSubscribe,
  type ConnectOptions,
  type Guarantees,
  type Keeps,
  type KeptMessages,
  type KeptOptions,
  type Message,
  type Publisher,
  type ServerDescription,
  type SubscribeOptions,
  untilAborted,
} from "@ruststream/core/contract";
import { mkdir } from "node:fs/promises";
import { FileSubscription, guarantees } from "./file_subscription.ts";
import { KeptFiles } from "./kept_files.ts";
import { append, encodeLine, inWords, pathOf, Tail } from "./log_file.ts";

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
    const make = () => mkdir(directory, { recursive: true });
    const deed = `use the directory "${directory}"`;
    await untilAborted(() => inWords(deed, make), options.signal);
    options.report?.({ kind: "connected", detail: directory });
    return new FileConnection(this.#settings, options);
  }
}

/** A connection: it holds no file open, only what it has promised to write and who reads. */
export class FileConnection extends BaseConnection implements Keeps<void> {
  readonly publisher: Publisher = {
    // The system has it, so it survives this process; the disk may not have it yet.
    confirms: "received",
    publish: (message, options) => this.#publish(message, options),
  };
  readonly #settings: Settings;
  // One write after another: so they keep their order.
  #written: Promise<void> = Promise.resolve();

  constructor(settings: Settings, options: ConnectOptions) {
    super(options);
    this.#settings = settings;
  }

  async subscribe(
    address: AddressPattern,
    options: SubscribeOptions = {},
  ): Promise<FileSubscription> {
    const deed = `subscribe to "${address.template}"`;
    this.checkOpen(deed);
    checkSubscribe(address, options, guarantees);
    const path = pathOf(this.#settings.directory, address.template);
    const tail = new Tail(path, this.report);
    await untilAborted(() => tail.start(), options.signal);
    this.checkOpen(deed);
    return new FileSubscription(this, tail, options.signal);
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async kept(
    address: AddressPattern,
    { signal }: KeptOptions = {},
  ): Promise<KeptMessages> {
    const checkOpen = (deed: string): void => this.checkOpen(deed);
    checkOpen(`look at what is kept of "${address.template}"`);
    signal?.throwIfAborted();
    const { directory } = this.#settings;
    return new KeptFiles({ directory, address, checkOpen });
  }

  keep(message: Message, { signal }: KeptOptions = {}): Promise<void> {
    return this.#publish(message, { signal, toDisk: true });
  }

  protected override end(): Promise<void> {
    return this.#written;
  }

  async #publish(
    message: Message,
    { signal, toDisk = false }: {
      readonly signal?: AbortSignal | undefined;
      readonly toDisk?: boolean;
    } = {},
  ): Promise<void> {
    this.checkOpen(`publish to "${message.address}"`);
    checkMessage(message, this.#settings);
    // Made now: its caller may use the buffer again.
    const line = encodeLine(message, this.clock.now());
    const path = pathOf(this.#settings.directory, message.address);
    await untilAborted(() => {
      const written = this.#written.then(() => append(path, line, { toDisk }));
      this.#written = written.catch(() => {});
      return written;
    }, signal);
  }
}
