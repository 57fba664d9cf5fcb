import type { MessagingError } from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import type { Session } from "../session.ts";
import type { RawSubscription } from "../session_types.ts";
import { replyToOf } from "../wire_headers.ts";
import { Account } from "./_account.ts";
import {
  Endpoint,
  type EndpointOwner,
  type EndpointSaid,
} from "./_endpoint.ts";
import type { Requests } from "./_requests.ts";
import type {
  ServiceInfo,
  ServiceInstance,
  ServicePing,
  ServiceStats,
} from "./service_types.ts";
import { askedAt, type Verb, verbs, writing } from "./_wire.ts";

/** What a service says of itself. */
export interface ServiceSaid extends Omit<ServicePing, "id"> {
  readonly description: string;
}

const encoder = new TextEncoder();
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 22;

function idOf(random: () => number): string {
  return Array.from(
    { length: idLength },
    () => digits[Math.floor(random() * digits.length)],
  ).join("");
}

/** A service on one connection: there for who looks as long as it has an endpoint that takes requests. */
export class Instance implements ServiceInstance, EndpointOwner {
  readonly id: string;
  /** Why nobody can look, where the server does not permit that. */
  denied: MessagingError | undefined;
  readonly #session: Session;
  readonly #said: ServiceSaid;
  readonly #requests: Requests;
  readonly #endpoints = new Map<string, Endpoint>();
  // They outlive their endpoints: one that is opened again goes on counting.
  readonly #accounts = new Map<string, Account>();
  #started: number;
  #heard: RawSubscription[] = [];

  constructor(session: Session, said: ServiceSaid, requests: Requests) {
    const { clock } = session;
    this.id = idOf(() => clock.random());
    this.#session = session;
    this.#said = said;
    this.#requests = requests;
    this.#started = clock.now();
  }

  stats(): ServiceStats {
    return {
      ...this.#ping(),
      started: new Date(this.#started),
      endpoints: this.#open().map((one) =>
        one.stats(this.#detailsOf(one.said))
      ),
    };
  }

  reset(): void {
    this.#started = this.#session.clock.now();
    for (const account of this.#accounts.values()) account.reset();
  }

  /**
   * Takes an endpoint in, before it is opened.
   *
   * @throws {TypeError} If there is another of its name.
   */
  admit(said: EndpointSaid, concurrency: number): Endpoint {
    const { name, subject } = said;
    const other = this.#endpoints.get(name)?.said;
    if (other !== undefined) {
      throw new TypeError(
        `Cannot open endpoint "${name}" of service "${this.#said.name}" for "${subject}": it has one of that name already, for "${other.subject}"; give one a name of its own`,
      );
    }
    const account = this.#accounts.get(name) ??
      new Account(this.#session.clock);
    this.#accounts.set(name, account);
    account.holds(concurrency);
    const endpoint = new Endpoint(said, this, account, this.#requests);
    this.#endpoints.set(name, endpoint);
    return endpoint;
  }

  begins(): void {
    if (this.#heard.length > 0) return;
    this.denied = undefined;
    const { name } = this.#said;
    this.#heard = verbs.flatMap((verb) =>
      [
        askedAt(verb),
        askedAt(verb, name),
        askedAt(verb, name, this.id),
      ].map((subject) => this.#hear(subject, verb))
    );
  }

  left(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint.said.name);
    if (this.#endpoints.size > 0) return;
    for (const heard of this.#heard.splice(0)) heard.unsubscribe();
  }

  #hear(subject: string, verb: Verb): RawSubscription {
    return this.#session.subscribe(
      subject,
      (msg) => this.#answer(verb, msg),
      {},
      (error) => this.#deny(error),
    );
  }

  #deny(error: MessagingError): void {
    const known = this.denied !== undefined;
    this.denied = error;
    // Who opens an endpoint is told by an error.
    if (known || this.#open().length === 0) return;
    this.#tell(`can no longer be discovered: ${error.message}`);
  }

  #open(): readonly Endpoint[] {
    return [...this.#endpoints.values()].filter(({ open }) => open);
  }

  #ping(): ServicePing {
    const { name, version, metadata } = this.#said;
    return { name, id: this.id, version, metadata };
  }

  #info(): ServiceInfo {
    return {
      ...this.#ping(),
      description: this.#said.description,
      endpoints: this.#open().map(({ said }) => said),
    };
  }

  #answer(verb: Verb, msg: Msg): void {
    const replyTo = replyToOf(msg);
    if (replyTo === undefined || this.#open().length === 0) return;
    const body = encoder.encode(JSON.stringify(this.#written(verb)));
    // The server ends a connection that sends more than it takes.
    const most = this.#session.info?.max_payload ?? Infinity;
    if (body.length <= most) this.#session.send(replyTo, body);
    else {
      this.#tell(
        `gave no answer to ${verb}: it has ${body.length} bytes, at most ${most} are taken`,
      );
    }
  }

  #written(verb: Verb): object {
    switch (verb) {
      case "PING":
        return writing.PING(this.#ping());
      case "INFO":
        return writing.INFO(this.#info());
      case "STATS":
        return writing.STATS(this.stats());
    }
  }

  /** What an endpoint tells besides, if that can be written. */
  #detailsOf({ name, details }: EndpointSaid): unknown {
    if (details === undefined) return undefined;
    try {
      const told = JSON.stringify(details());
      return told === undefined ? undefined : JSON.parse(told);
    } catch (cause) {
      this.#tell(`has no details of its endpoint "${name}": ${cause}`);
      return undefined;
    }
  }

  #tell(what: string): void {
    const detail = `The service "${this.#said.name}" ${what}`;
    this.#session.report({ kind: "dropped", count: 1, detail });
  }
}
