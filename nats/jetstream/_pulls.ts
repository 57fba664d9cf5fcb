import type { Msg } from "@nats-io/nats-core";
import { MessagingError } from "@ruststream/core/contract";
import type { ConsumerPriority } from "./consumer_options.ts";
import type { Session } from "../session.ts";
import type { RawSubscription } from "../session_types.ts";

/** Options for {@linkcode Pulls}. */
export interface PullsOptions {
  readonly session: Session;
  /** Whom this is for, in errors and events. */
  readonly name: string;
  /** The subject that requests go to; read anew at each. */
  readonly target: () => string;
  readonly expiresMs: number;
  /** How this client stands among others. Without it all are alike. */
  readonly priority?: ConsumerPriority;
  /** Whether each request stands in line, and none asks for what is there right now. */
  readonly queues?: boolean;
  /** Returns whether it was what somebody waited for. */
  readonly onMessage: (msg: Msg) => boolean;
  /** The consumer is not there any more, or nobody answers for it. */
  readonly onGone: (why: string) => void;
  /** The server was away, or may have been: what the consumer remembers is in doubt. Without it nobody is told. */
  readonly onTrouble?: (why: string) => void;
  /** The server will never answer such a request. */
  readonly onRefused: (error: MessagingError) => void;
}

const encoder = new TextEncoder();
const longestBackoffMs = 5_000;
// A server that died unseen is missed after some of them, however long a request may wait.
const longestHeartbeatMs = 3_000;

function heartbeatMs(expiresMs: number): number {
  const often = Math.floor((expiresMs || 2_000) / 4);
  return Math.max(100, Math.min(longestHeartbeatMs, often));
}

/**
 * Asks a consumer for messages: as many as are wanted and no more, in one request at a time.
 *
 * A request takes what is there, or waits for the first; what becomes of it is told by the server, by silence, or by the connection.
 */
export class Pulls {
  readonly #options: PullsOptions;
  readonly #forgets: readonly (() => void)[];
  #inbox = "";
  #wire: RawSubscription | undefined;
  #number = 0;
  // How many are wanted; 0 once something came.
  #wanted = 0;
  // How many the open request may still bring.
  #left = 0;
  // The server said that others wait for what there is: the next request stands in line with them.
  #queueing = false;
  #largest = Infinity;
  // What the server knows the client by that it serves alone.
  #pin: string | undefined;
  // Whether anything came since the clock was last looked at: asking it each time costs more.
  #heard = false;
  #failures = 0;
  #disarm: (() => void) | undefined;
  #stopped = false;
  #held = false;
  // Somebody waits for the end of the open request, and wants no other.
  #fetched: (() => void) | undefined;

  constructor(options: PullsOptions) {
    this.#options = options;
    const { session } = options;
    this.#forgets = [
      session.onChange((change) => {
        if (change === "connected" || change === "lame-duck") this.again();
        if (change === "disconnected") this.#over();
      }),
      session.onDenial(({ subject, error }) => {
        if (subject === options.target()) this.#deny(subject, error);
      }),
    ];
    this.#listen();
  }

  /** Whether a reader waits behind others, or for a delivery to be settled. */
  get standsInLine(): boolean {
    return this.#queueing && this.#wanted > 0;
  }

  /** A reader waits, and would take so many. */
  want(count: number): void {
    this.#wanted = count;
    if (this.#left > 0) return;
    // What waits to ask again does not any more: this does.
    this.#disarm?.();
    this.#disarm = undefined;
    this.#ask();
  }

  /** Takes at most so many that are there already, and waits for those. */
  async fetch(count: number): Promise<void> {
    const { connected } = this.#options.session;
    const able = connected && !this.#stopped && !this.#held;
    if (!able || this.#wire === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#over();
    this.#queueing = false;
    this.#fetched = resolve;
    this.#wanted = count;
    this.#ask(0);
    const largest = this.#largest;
    await promise;
    // It was more than the server gives at once.
    if (this.#largest < largest) await this.fetch(count);
  }

  /** What was asked for is lost: asks again for what is wanted. */
  again(): void {
    this.#over();
    this.#failures = 0;
    this.#ask();
  }

  /** Holds everything back while the consumer is looked after. */
  hold(): void {
    this.#held = true;
    this.#over();
  }

  /** Goes on after {@linkcode hold}. */
  release(): void {
    this.#held = false;
    this.again();
  }

  /** Takes back what was asked for; what is on its way still comes. Goes on by {@linkcode listen}. */
  async withdraw(): Promise<void> {
    const wire = this.#wire;
    this.#wire = undefined;
    this.#over();
    if (wire === undefined) return;
    const { session } = this.#options;
    if (session.connected) {
      wire.mute();
      // Lost meanwhile: nothing more is on its way.
      await session.flush().catch(() => {});
    }
    wire.unsubscribe();
  }

  /** Goes on after {@linkcode withdraw}. */
  listen(): void {
    if (this.#stopped || this.#wire !== undefined) return;
    this.#listen();
    this.#ask();
  }

  /** Asks for nothing any more. What is on its way when it is called still comes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wanted = 0;
    for (const forget of this.#forgets) forget();
    await this.withdraw();
  }

  #listen(): void {
    const { session } = this.#options;
    this.#inbox = session.inbox();
    this.#wire = session.subscribe(
      `${this.#inbox}.*`,
      (msg) => this.#hear(msg),
      {},
      (error) => this.#deny(this.#inbox, error),
    );
  }

  // Nobody would ever answer.
  #deny(subject: string, cause: MessagingError): void {
    this.#over();
    this.#options.onRefused(
      new MessagingError(
        "denied",
        `Cannot read from "${this.#options.name}": the server does not permit "${subject}"`,
        { cause },
      ),
    );
  }

  #ask(expiresMs = this.#options.expiresMs): void {
    const { session, target, priority, queues } = this.#options;
    if (this.#stopped || this.#held || this.#wire === undefined) return;
    if (this.#wanted === 0 || this.#left > 0 || !session.connected) return;
    const batch = Math.min(this.#wanted, this.#largest);
    this.#left = batch;
    this.#heard = false;
    const request = {
      batch,
      ...(expiresMs > 0 && {
        expires: expiresMs * 1_000_000,
        idle_heartbeat: heartbeatMs(expiresMs) * 1_000_000,
      }),
      ...(!this.#queueing && !(queues && expiresMs > 0) && { no_wait: true }),
      ...(priority !== undefined && this.#standing(priority)),
    };
    session.send(target(), encoder.encode(JSON.stringify(request)), {
      reply: `${this.#inbox}.${++this.#number}`,
    });
    this.#watch(expiresMs);
  }

  #standing(priority: ConsumerPriority): Readonly<Record<string, unknown>> {
    const { group, minPending, minAckPending, place } = priority;
    return {
      group,
      ...(minPending !== undefined && { min_pending: minPending }),
      ...(minAckPending !== undefined && { min_ack_pending: minAckPending }),
      ...(place !== undefined && { priority: place }),
      ...(this.#pin !== undefined && { id: this.#pin }),
    };
  }

  // Silence of more than two heartbeats: the request died with a server, or with a connection that nobody has ended yet.
  #watch(expiresMs: number): void {
    if (this.#disarm !== undefined) return;
    const { session, name } = this.#options;
    const patienceMs = heartbeatMs(expiresMs) * 2.5;
    this.#disarm = session.clock.after(patienceMs, () => {
      this.#disarm = undefined;
      if (this.#left === 0) return;
      if (this.#heard) {
        this.#heard = false;
        return this.#watch(expiresMs);
      }
      session.report({
        kind: "slow",
        detail:
          `The server is silent about "${name}", what was asked for is asked for again`,
      });
      this.#options.onTrouble?.("the server was silent");
      this.again();
    });
  }

  #over(): void {
    this.#left = 0;
    this.#disarm?.();
    this.#disarm = undefined;
    const fetched = this.#fetched;
    if (fetched === undefined) return;
    this.#fetched = undefined;
    this.#wanted = 0;
    fetched();
  }

  #hear(msg: Msg): void {
    this.#heard = true;
    // Its headers are looked at for what the server says alone: reading them costs more than all else here.
    if (msg.reply?.startsWith("$JS.ACK.")) return this.#deliver(msg);
    const code = msg.headers?.code ?? 0;
    // Of a request that was given up.
    const open = this.#left > 0 && msg.subject.endsWith(`.${this.#number}`);
    if (!open) return;
    if (code !== 100) this.#ended(code, msg.headers?.description ?? "");
  }

  #deliver(msg: Msg): void {
    this.#failures = 0;
    this.#queueing = false;
    if (this.#options.priority?.policy === "pinned_client") {
      this.#pin = msg.headers?.get("Nats-Pin-Id") || this.#pin;
    }
    const taken = this.#options.onMessage(msg);
    if (taken && this.#fetched === undefined) this.#wanted = 0;
    if (this.#left > 0 && --this.#left === 0) this.#ended(404, "");
  }

  #ended(code: number, why: string): void {
    this.#over();
    if (code === 503 || /Consumer Deleted|push based/i.test(why)) {
      return this.#options.onGone(code === 503 ? "nobody answers" : why);
    }
    if (code === 423) {
      // Another client is served now, until it falls silent.
      this.#pin = undefined;
      return this.#ask();
    }
    if (code === 404 || code === 408) {
      if (/Requests Pending/i.test(why)) this.#queueing = true;
      return this.#ask();
    }
    const limit = /MaxRequestBatch of (\d+)/i.exec(why)?.[1];
    if (limit !== undefined) {
      this.#largest = Number(limit);
      return this.#ask();
    }
    if (/MaxAckPending/i.test(why)) {
      this.#queueing = true;
      return this.#later();
    }
    if (/Shutdown|Leadership/i.test(why)) {
      this.#options.onTrouble?.(why);
      return this.#later();
    }
    if (/MaxWaiting|Pending/i.test(why)) return this.#later();
    this.#options.onRefused(
      new MessagingError(
        "refused",
        `Cannot read from "${this.#options.name}": the server answers ${code} ${why}`,
      ),
    );
  }

  #later(): void {
    const { clock } = this.#options.session;
    const ceiling = Math.min(longestBackoffMs, 100 * 2 ** this.#failures++);
    this.#disarm = clock.after(ceiling * (0.5 + clock.random() / 2), () => {
      this.#disarm = undefined;
      this.#ask();
    });
  }
}
