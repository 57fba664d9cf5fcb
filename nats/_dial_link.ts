import {
  type Awaitable,
  type Clock,
  MessagingError,
} from "@ruststream/core/contract";
import type { Authenticator } from "@nats-io/nats-core";
import { type Credentials, credentialsOf } from "./_auth.ts";
import type { Taker } from "./_frames.ts";
import type { Link, LinkedTransport } from "./_link.ts";
import type { NatsAuth } from "./options.ts";
import type { ServerAddress } from "./_servers.ts";
import type { Settings } from "./_settings.ts";
import { readTls, type TlsSettings } from "./_tls.ts";

/** The link of one connection: it makes the credentials and certificates of each dial ready. */
export class DialLink implements Link {
  readonly clock: Clock;
  tls: TlsSettings | undefined;
  readonly takers: Map<number, Taker> = new Map();
  transport: LinkedTransport | undefined;
  /** Told when bytes have left. */
  room: () => void = () => {};
  /** Told when a transport has ended. */
  gone: (cause: Error, unsentBytes: number) => void = () => {};
  /** Told when credentials or certificates could not be made ready. */
  trouble: (cause: unknown) => void = () => {};
  /** Told why, where that was in the middle of a dial or not. */
  failed: (error: Error) => void = () => {};
  /** Dials made since the connection was last there. */
  dials = 0;
  #aborted = false;
  #credentials: Credentials | undefined;
  // Those that the next dial uses, rather than ask.
  #renewed: Credentials | undefined;
  readonly #settings: Settings;
  readonly #servers: ReadonlyMap<string, ServerAddress>;

  constructor(settings: Settings, clock: Clock) {
    this.clock = clock;
    this.#settings = settings;
    this.#servers = new Map(settings.servers.map((each) => [each.host, each]));
  }

  /** Lets no more dial begin. */
  abort(): void {
    this.#aborted = true;
  }

  async prepare({ listen }: { readonly listen: string }): Promise<void> {
    if (this.#aborted) {
      throw new MessagingError("closed", "Cannot connect: it was given up");
    }
    this.dials++;
    try {
      await this.#prepare(listen);
    } catch (cause) {
      this.trouble(cause);
      throw cause;
    }
  }

  /** Signs in, with what the latest dial made ready. */
  authenticate(nonce?: string): ReturnType<Authenticator> {
    return this.#credentials?.authenticator(nonce);
  }

  /** When the latest credentials expire, in milliseconds since the epoch; Infinity where they do not. */
  get expiresAtMs(): number {
    return this.#credentials?.expiresAtMs ?? Infinity;
  }

  /** Asks for credentials that last longer than the latest. The next dial uses them. False where there are none. */
  async renew(): Promise<boolean> {
    const auth = await this.#ask(undefined);
    const renewed = auth && await credentialsOf(auth);
    if (renewed === undefined) return false;
    if (renewed.expiresAtMs <= this.expiresAtMs) return false;
    tryOut(renewed);
    this.#renewed = renewed;
    return true;
  }

  /** How long the next dial waits: the same each time that it is asked for one dial. */
  waitMs(random: number): number {
    const { initialMs, maxMs, factor } = this.#settings.backoff;
    const longest = Math.min(maxMs, initialMs * factor ** this.dials);
    return Math.ceil(longest * (0.5 + random / 2));
  }

  onRoom(): void {
    this.room();
  }

  onGone(error: Error, unsentBytes: number): void {
    this.failed(error);
    this.gone(error, unsentBytes);
  }

  async #prepare(listen: string): Promise<void> {
    const { servers, tls } = this.#settings;
    const server = this.#servers.get(listen);
    // One that the cluster told of is spoken to as the others are.
    const secure = (server === undefined ? servers : [server])
      .some(({ protocol }) => protocol === "tls");
    this.tls = tls === undefined ? secure ? {} : undefined : await readTls(tls);
    const renewed = this.#renewed;
    this.#renewed = undefined;
    const auth = renewed === undefined ? await this.#ask(server) : undefined;
    this.#credentials = renewed ?? (auth && await credentialsOf(auth));
    tryOut(this.#credentials);
  }

  async #ask(server: ServerAddress | undefined): Promise<NatsAuth | undefined> {
    const { auth, servers } = this.#settings;
    if (typeof auth !== "function") {
      return auth ?? server?.auth ??
        servers.find((each) => each.auth !== undefined)?.auth;
    }
    try {
      return await (auth as () => Awaitable<NatsAuth>)();
    } catch (cause) {
      throw new MessagingError(
        "denied",
        "Cannot sign in: the function that is asked for credentials failed",
        { cause, retryable: true },
      );
    }
  }
}

// The client would ask in the middle of its reading, where a failure says less.
function tryOut(credentials: Credentials | undefined): void {
  try {
    credentials?.authenticator("try");
  } catch (cause) {
    throw new MessagingError(
      "denied",
      "Cannot sign in: the credentials cannot be read",
      { cause },
    );
  }
}
