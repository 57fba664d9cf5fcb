import { makeGround } from "../app/ground.ts";
import { attempt } from "../attempt.ts";
import { parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Clock } from "../contract/clock.ts";
import type { Batches, Subscription } from "../contract/subscription.ts";
import { Budget } from "../dispatch/budget.ts";
import { compose, readOutcome } from "../dispatch/compose.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import { type Policy, resolvePolicy } from "../dispatch/policy.ts";
import { codecOf } from "../publish/encode.ts";
import type { Logger } from "../log.ts";
import type { Notice, Observer } from "../observe.ts";
import { Feed } from "./feed.ts";
import { grace } from "./grace.ts";
import type { OriginRun, Outflow } from "./origin.ts";

/** What a pipeline of its own reads, and how. */
export interface Reads {
  readonly connection: Connection;
  readonly channel: AnyChannel;
  readonly group: string | undefined;
  readonly maxInFlight: number;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  readonly observer: Observer | undefined;
}

type Opened = Subscription & Partial<Batches>;

interface Parts {
  readonly subscription: Opened;
  readonly feed: Feed;
  readonly dispatcher: Dispatcher;
}

/** A subscription of its own that is read into a pipeline, outside of any application. */
export class ConnectionRun implements OriginRun {
  readonly ended: Promise<void>;
  readonly #reads: Reads;
  readonly #policy: Policy;
  readonly #into: Outflow;
  readonly #ground: ReturnType<typeof makeGround>;
  readonly #opening = new AbortController();
  /** Resolves when it was aborted, and all that is done. */
  readonly #aborted = Promise.withResolvers<void>();
  #failure: { readonly cause: unknown } | undefined = undefined;
  #isStopped = false;
  /** Settles when it is known what the end of the subscription means. */
  #lost: Promise<void> | undefined = undefined;
  #parts: Parts | undefined = undefined;

  constructor(reads: Reads, into: Outflow) {
    const { channel: { address }, group, maxInFlight } = reads;
    this.#reads = reads;
    this.#into = into;
    this.#policy = resolvePolicy(`a pipeline of "${address}"`, [
      {
        concurrency: maxInFlight,
        ...(group === undefined ? {} : { group }),
      },
    ]);
    const { logger, observer, clock } = reads;
    this.#ground = makeGround({
      info: {
        title: address,
        version: "",
        ...(logger === undefined ? {} : { logger }),
      },
      observers: observer === undefined ? [] : [observer],
    }, clock);
    this.ended = this.#run();
  }

  async finish(isLeft: boolean): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    if (isLeft) parts.feed.releaseRest();
    await Promise.race([parts.dispatcher.quiet(), this.#aborted.promise]);
    await this.#close();
    if (this.#failure !== undefined) throw this.#failure.cause;
  }

  async drain(): Promise<void> {
    await this.#stop();
  }

  async cancel(reason: unknown): Promise<void> {
    this.#opening.abort(reason);
    const stopped = this.#stop(false);
    this.#parts?.feed.drop(reason);
    await stopped;
  }

  async abort(reason: unknown): Promise<void> {
    if (this.#failure !== undefined) return await this.#aborted.promise;
    this.#failure = { cause: reason };
    this.#isStopped = true;
    this.#opening.abort(reason);
    const parts = this.#parts;
    if (parts !== undefined) {
      const { feed, dispatcher } = parts;
      feed.isDropped = true;
      const stopped = this.#stop(false).catch((error) => this.#tell(error));
      feed.drop(reason);
      await grace(this.#reads, feed.left());
      dispatcher.abort(reason);
      await stopped;
      await this.#close();
    }
    this.#aborted.resolve();
  }

  async #run(): Promise<void> {
    const subscription = await this.#subscribe();
    if (this.#isStopped) await subscription?.[Symbol.asyncDispose]();
    else if (subscription !== undefined) await this.#feed(subscription);
    await this.#lost;
    if (this.#failure === undefined) return;
    await this.#aborted.promise;
    throw this.#failure.cause;
  }

  /** A subscription that ends with its connection, on demand, is not lost: what is not settled by now says so itself. */
  async #lose(error: unknown): Promise<void> {
    const { connection } = this.#reads;
    if (connection.state === "closed") {
      if (await connection.closed === undefined) return;
    }
    await this.abort(error);
  }

  /** Subscribes; undefined where it failed, and nobody wants it any longer. */
  async #subscribe(): Promise<Opened | undefined> {
    const { connection, channel, group, maxInFlight } = this.#reads;
    try {
      return await connection.subscribe(parseAddress(channel.address), {
        signal: this.#opening.signal,
        concurrency: maxInFlight,
        ...(group === undefined ? {} : { group }),
      });
    } catch (error) {
      if (!this.#isStopped) throw error;
      return undefined;
    }
  }

  async #feed(subscription: Opened): Promise<void> {
    try {
      this.#parts = this.#connect(subscription);
    } catch (error) {
      await subscription[Symbol.asyncDispose]();
      throw error;
    }
    const { feed, dispatcher } = this.#parts;
    dispatcher.start();
    await feed.intakeOver;
    await Promise.race([feed.left(), this.#aborted.promise]);
  }

  #connect(subscription: Opened): Parts {
    const { connection, channel, group, clock } = this.#reads;
    const { maxInFlight, graceMs } = this.#reads;
    const { guarantees } = subscription;
    const { log, observer, notice } = this.#ground;
    const name = channel.address;
    const policy = this.#policy;
    const feed = new Feed({
      name,
      clock,
      guarantees,
      maxInFlight,
      graceMs,
      policy,
      codec: undefined,
      notice,
    });
    this.#into.check(guarantees);
    feed.connect(this.#into.open(feed.env));
    const dispatcher = new Dispatcher(
      {
        clock,
        budget: new Budget(clock),
        state: undefined,
        log,
        guarantees,
        observer,
        notice,
        reopen: undefined,
        fail: (error) => {
          this.#lost = this.#lose(error);
        },
        stop: () => void this.drain(),
      },
      subscription,
      [{
        name,
        mounted: {
          subscriber: name,
          template: name,
          broker: "",
          ...(group === undefined ? {} : { group }),
          kind: "pipeline",
        },
        pattern: parseAddress(name),
        channel,
        codec: codecOf(channel, undefined),
        policy,
        chain: compose(feed.take, readOutcome(name, false), [], undefined),
        when: undefined,
        reply: undefined,
        deadLetter: undefined,
        answers: connection.publisher,
        out: () => undefined,
        batch: undefined,
        pipe: feed,
      }],
    );
    return { subscription, feed, dispatcher };
  }

  /** Ends intake. Where the broker does not deliver again what is not settled, what has arrived is drained, unless nobody wants it. */
  async #stop(wants = true): Promise<void> {
    this.#isStopped = true;
    const parts = this.#parts;
    if (parts === undefined) return;
    const { redelivery } = parts.subscription.guarantees;
    await parts.dispatcher.stop(wants && redelivery !== "until-settled");
  }

  async #close(): Promise<void> {
    const parts = this.#parts;
    parts?.dispatcher.close();
    await attempt(async () => await parts?.subscription[Symbol.asyncDispose]())
      .catch((error) => this.#tell(error));
  }

  #tell(error: unknown): void {
    const { address } = this.#reads.channel;
    const notice: Notice = {
      level: "error",
      code: "shutdown-failed",
      subscriber: address,
      message:
        `Cannot end the subscription of "${address}" in order: it failed`,
      error,
    };
    this.#ground.notice(notice);
  }
}
