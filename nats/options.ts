import type { Awaitable } from "@ruststream/core/contract";

/** Who connects: one kind of credentials. */
export type NatsAuth =
  | {
    /** A token. */
    readonly token: string;
  }
  | {
    /** A user's name. */
    readonly user: string;
    /** The user's password. */
    readonly password: string;
  }
  | {
    /** The seed of a user's key; its public half and the signature are made of it. */
    readonly nkeySeed: string;
  }
  | {
    /** A user's JWT. */
    readonly jwt: string;
    /** The seed of the key that it names. Without one it is a bearer token. */
    readonly nkeySeed?: string;
  }
  | {
    /** The text of a credentials file. */
    readonly creds: string;
  }
  | {
    /** The path of a credentials file. It is read anew at each dial, and before the JWT in it expires. */
    readonly credsFile: string;
  };

/** What is trusted, and what this client shows. Each file is read anew at each dial. */
export interface NatsTlsOptions {
  /** Certificates of authorities that are trusted, as PEM. By default those of the runtime are. */
  readonly ca?: string;
  /** A file with them. By default none is read. */
  readonly caFile?: string;
  /** A certificate of this client, as PEM. By default it has none. */
  readonly cert?: string;
  /** A file with it. By default none is read. */
  readonly certFile?: string;
  /** The private key of that certificate, as PEM. By default there is none. */
  readonly key?: string;
  /** A file with it. By default none is read. */
  readonly keyFile?: string;
  /**
   * Whether TLS begins before the server has said anything. The server must be set up for it.
   *
   * @default {false}
   */
  readonly handshakeFirst?: boolean;
}

/** Where the API of JetStream is, for a JetStream that is not the server's own. At most one of them. */
export interface NatsJetStreamOptions {
  /** The domain, where the JetStream of another one is meant, behind a leaf node. By default the server's own. */
  readonly domain?: string;
  /**
   * What the API's subjects begin with: where an account imports the API of another under a prefix.
   *
   * @default {"$JS.API", with a domain "$JS.<domain>.API"}
   */
  readonly apiPrefix?: string;
}

/** How long to wait between two dials of one server. */
export interface NatsBackoffOptions {
  /**
   * The longest first wait, in milliseconds; each wait is random, between half of its longest and that.
   *
   * @default {250}
   */
  readonly initialMs?: number;
  /**
   * The longest of all, in milliseconds.
   *
   * @default {10_000}
   */
  readonly maxMs?: number;
  /**
   * How much longer the next one may be.
   *
   * @default {2}
   */
  readonly factor?: number;
}

/** Options for {@linkcode natsBroker}. */
export interface NatsBrokerOptions {
  /**
   * Tells brokers of one application apart; the server is told it too.
   *
   * @default {"nats"}
   */
  readonly name?: string;
  /**
   * Where servers are: `host:port`, or a URL with `nats:`, `tls:`, `ws:` or `wss:`, or several, in a list or with commas. A user and password in a URL are credentials for that server.
   *
   * @default {"nats://127.0.0.1:4222"}
   */
  readonly servers?: string | readonly string[];
  /** Who connects; a function is asked anew at each dial, and before the JWT that it gave expires. By default the credentials in the URLs, or none. */
  readonly auth?: NatsAuth | (() => Awaitable<NatsAuth>);
  /**
   * How long before a JWT expires another one is asked for, in milliseconds; at the latest when half of its time has passed. Then the connection is dialled again with that.
   *
   * @default {30_000}
   */
  readonly renewAheadMs?: number;
  /** Makes TLS a must. By default there is TLS where a URL or the server asks for it. */
  readonly tls?: NatsTlsOptions;
  /** How long to wait between dials once a connection was lost. Dialling never gives up. By default as the fields say. */
  readonly backoff?: NatsBackoffOptions;
  /**
   * Whether servers that the cluster tells of are dialled too.
   *
   * @default {true}
   */
  readonly discover?: boolean;
  /**
   * Whether servers are dialled in the order given, not in a random one.
   *
   * @default {false}
   */
  readonly keepOrder?: boolean;
  /**
   * What the addresses of replies begin with.
   *
   * @default {"_INBOX"}
   */
  readonly inboxPrefix?: string;
  /**
   * Whether a connection does not get what it publishes itself.
   *
   * @default {false}
   */
  readonly noEcho?: boolean;
  /**
   * How long one dial may take, in milliseconds.
   *
   * @default {5_000}
   */
  readonly connectTimeoutMs?: number;
  /**
   * How often the server is asked whether it is there, in milliseconds. A third question without an answer ends the connection.
   *
   * @default {20_000}
   */
  readonly pingIntervalMs?: number;
  /**
   * How long a publish waits for a connection, and for room in the socket, before it rejects with `timeout`, in milliseconds.
   *
   * @default {30_000}
   */
  readonly publishTimeoutMs?: number;
  /**
   * How long a shutdown may take before what is left is let go, in milliseconds.
   *
   * @default {4_000}
   */
  readonly shutdownTimeoutMs?: number;
  /**
   * How many bytes the socket may hold before publishing waits.
   *
   * @default {1_048_576}
   */
  readonly highWaterBytes?: number;
  /**
   * How many bytes of publishes may wait; one more publish rejects with `overloaded`.
   *
   * @default {16_777_216}
   */
  readonly maxWaitingBytes?: number;
  /** Which JetStream is meant. By default the server's own. */
  readonly jetStream?: NatsJetStreamOptions;
  /** Whether a server that refuses the credentials when it is dialled again ends the connection, or is dialled once more. By default the first, but where `auth` is a function or a file the second. */
  readonly onAuthError?: "close" | "retry";
}
