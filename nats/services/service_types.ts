import type { AnyChannel, Connection, Source } from "@ruststream/core/contract";
import type { NatsSubscription, SubjectOptions } from "../subject_types.ts";

/** Names and values that describe something to whoever looks. */
export type ServiceMetadata = Readonly<Record<string, string>>;

/** Options for {@linkcode service}. */
export interface ServiceOptions {
  /** Letters and digits of ASCII, `-` and `_`. Instances of one name are one service. */
  readonly name: string;
  /** Its semantic version: `1.4.0`. */
  readonly version: string;
  /** What it does, in a sentence. By default nothing is said. */
  readonly description?: string;
  /** More of it, for whoever looks. By default there is none. */
  readonly metadata?: ServiceMetadata;
  /**
   * The queue group of its endpoints, among which all instances of the service share the requests; false for none, so that each instance gets each request.
   *
   * @default {"q"}
   */
  readonly group?: string | false;
}

/** Options for {@linkcode Service.endpoint}. */
export interface EndpointOptions
  extends Pick<SubjectOptions, "capacity" | "overflow"> {
  /** Letters and digits of ASCII, `-` and `_`; one of its own in its service. By default it is made of the address: `invoices.{id}` is `invoices-id`. */
  readonly name?: string;
  /** More of it, for whoever looks. By default there is none. */
  readonly metadata?: ServiceMetadata;
  /** The queue group, or false for none. By default that of the service. */
  readonly group?: string | false;
  /** Asked each time that its statistics are: whatever it returns goes with them, as JSON. It must not throw. By default nothing does. */
  readonly details?: () => unknown;
}

/** A service of one connection, as long as the connection lives. */
export interface ServiceInstance {
  /** Tells this instance from all others. */
  readonly id: string;
  /** What its endpoints have done since it began, or since {@linkcode ServiceInstance.reset}; those that are open. */
  stats(): ServiceStats;
  /** Counts from nothing on. */
  reset(): void;
}

/** A NATS service: what its endpoints have in common. Plain, frozen data. */
export interface Service {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** What it does; empty where nothing was said. */
  readonly description: string;
  /** More of it. */
  readonly metadata: ServiceMetadata;
  /** The queue group of its endpoints; false where there is none. */
  readonly group: string | false;
  /**
   * Reads a channel as an endpoint of the service: the source of a subscriber that replies.
   *
   * Once it is open, the service can be discovered on that connection, and no longer than it takes requests. The group of the subscriber is not used: all instances of a service, in whatever language, must be in one.
   *
   * @throws {TypeError} If an option is unknown, of the wrong kind or not lawful, or the address makes no name.
   * @throws {RangeError} If the capacity is not a whole number of at least 1.
   */
  endpoint<Ch extends AnyChannel>(
    channel: Ch,
    options?: EndpointOptions,
  ): Source<Connection, Ch, NatsSubscription>;
  /**
   * The instance of the service on a connection; undefined where no endpoint was opened on it.
   *
   * @throws {TypeError} If it is no connection of a NATS broker.
   */
  on(connection: Connection): ServiceInstance | undefined;
}

/** An instance of a service, as it tells of itself. */
export interface ServicePing {
  /** The name of the service. */
  readonly name: string;
  /** Tells the instance from all others. */
  readonly id: string;
  /** The version of the service. */
  readonly version: string;
  /** More of it. */
  readonly metadata: ServiceMetadata;
}

/** An endpoint of an instance. */
export interface EndpointInfo {
  /** Its name. */
  readonly name: string;
  /** The subject that it reads. */
  readonly subject: string;
  /** Its queue group; empty where there is none, and where the service does not say. */
  readonly group: string;
  /** More of it. */
  readonly metadata: ServiceMetadata;
}

/** What an instance offers. */
export interface ServiceInfo extends ServicePing {
  /** What the service does; empty where nothing is said. */
  readonly description: string;
  /** Its endpoints that are open. */
  readonly endpoints: readonly EndpointInfo[];
}

/** What an endpoint has done. */
export interface EndpointStats {
  /** Its name. */
  readonly name: string;
  /** The subject that it reads. */
  readonly subject: string;
  /** Its queue group; empty where there is none, and where the service does not say. */
  readonly group: string;
  /** How many requests it has answered. */
  readonly requests: number;
  /** How many of them with an error. */
  readonly errors: number;
  /** The last of those, as a code and a text where it is ours; empty where there was none. */
  readonly lastError: string;
  /** The time that all of them took, in milliseconds. */
  readonly processingMs: number;
  /** The time that one took on average, in milliseconds. */
  readonly averageMs: number;
  /** What else the endpoint tells. Absent where it tells nothing. */
  readonly details?: unknown;
}

/** What an instance has done. */
export interface ServiceStats extends ServicePing {
  /** When it began. */
  readonly started: Date;
  /** Its endpoints that are open. */
  readonly endpoints: readonly EndpointStats[];
}
