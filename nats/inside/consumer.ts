import { advise } from "./advisories.ts";
import { Backlog } from "./backlog.ts";
import type { ConsumerConfig } from "./consumer_shape.ts";
import { InHand } from "./in_hand.ts";
import {
  nothing,
  type Packet,
  statusOf,
  textOf,
  withFields,
} from "./packet.ts";
import type { Wire } from "./settings.ts";
import type { Stored } from "./store.ts";
import type { ConsumerView, StreamView } from "./views.ts";
import { Waiters } from "./waiters.ts";
import { readRequest, Request } from "./waiting.ts";

/** A consumer: where it is in its stream, what is in hand, and who waits for more. */
export class Consumer implements ConsumerView {
  readonly created: number;
  readonly #stream: StreamView;
  readonly #backlog: Backlog;
  readonly #inHand: InHand;
  readonly #waiters: Waiters;
  readonly #attempts = new Map<number, number>();
  // Delivered as often as may be, and not settled.
  readonly #givenUp = new Set<number>();
  #config: ConsumerConfig;
  #delivered = 0;
  #askedAt: number;
  #stops: (() => void)[] = [];

  constructor(config: ConsumerConfig, stream: StreamView) {
    const { time } = stream.server;
    this.#config = config;
    this.#stream = stream;
    this.created = time.now();
    this.#askedAt = this.created;
    this.#backlog = new Backlog(stream.store, config);
    this.#inHand = new InHand(time, (late) => this.#late(late));
    this.#waiters = new Waiters(config, time, () => this.#deliver());
    this.#begin();
    this.#advise("CREATED", "consumer_action", { action: "create" });
  }

  get name(): string {
    return this.#config.name;
  }

  get config(): ConsumerConfig {
    return this.#config;
  }

  /** What there is to say of it. */
  get info(): Wire {
    this.#waiters.dropDead();
    return {
      stream_name: this.#stream.config.name,
      name: this.name,
      created: new Date(this.created).toISOString(),
      config: this.#config,
      delivered: {
        consumer_seq: this.#delivered,
        stream_seq: this.#backlog.floor,
      },
      ack_floor: { consumer_seq: 0, stream_seq: 0 },
      num_ack_pending: this.#inHand.size,
      num_redelivered: 0,
      num_waiting: this.#waiters.size,
      num_pending: this.#backlog.size,
      ...this.#waiters.info,
    };
  }

  wants(subject: string): boolean {
    return this.#backlog.wants(subject);
  }

  needs(stored: Stored): boolean {
    const { sequence } = stored;
    return this.#backlog.has(stored) || this.#inHand.has(sequence) ||
      this.#givenUp.has(sequence);
  }

  stored(stored: Stored): void {
    this.#backlog.stored(stored);
    this.#deliver();
  }

  removed(stored: Stored): void {
    this.#backlog.removed(stored);
    this.#inHand.remove(stored.sequence);
    this.#attempts.delete(stored.sequence);
    this.#givenUp.delete(stored.sequence);
  }

  purged(): void {
    this.#backlog.purged();
  }

  /** It is set otherwise. */
  change(config: ConsumerConfig): void {
    this.#config = config;
    this.#backlog.change(config);
    this.#waiters.change(config);
    for (const stop of this.#stops.splice(0)) stop();
    this.#begin();
    this.#deliver();
  }

  end(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#inHand.end();
    this.#waiters.end(409, "Consumer Deleted");
    this.#advise("DELETED", "consumer_action", { action: "delete" });
  }

  /** Somebody asks for messages. */
  ask(reply: string, body: string): void {
    const { server: host } = this.#stream;
    const refuse = (code: number, text: string): void =>
      host.say(reply, statusOf(code, text));
    const asked = readRequest(body, this.#config);
    if (!("batch" in asked)) return refuse(...asked);
    const waiters = this.#waiters;
    const refusal = waiters.refusal(asked);
    if (refusal !== undefined) return refuse(...refusal);
    this.#askedAt = host.time.now();
    waiters.dropDead();
    if (waiters.size >= this.#config.max_waiting) {
      return refuse(409, "Exceeded MaxWaiting");
    }
    if (asked.noWait) {
      const there = this.#backlog.size + this.#inHand.waiting;
      if (there === 0 && asked.expiresMs === 0) {
        return refuse(404, "No Messages");
      }
      if (there > 0 && there < waiters.wanted) {
        return refuse(408, "Requests Pending");
      }
    }
    waiters.add(
      new Request({
        host,
        reply,
        asked,
        progress: () => [this.#delivered, this.#backlog.floor],
        onEnd: (ended) => waiters.remove(ended),
      }),
    );
    this.#deliver();
  }

  /** Whoever was served alone is so no more. */
  unpin(): void {
    this.#waiters.unpin();
  }

  /** Somebody settles a delivery; the tokens are those behind the consumer's name. */
  settle(
    [attempt, sequence, delivered]: readonly number[],
    { body, reply }: Packet,
  ): void {
    const word = textOf(body);
    if (sequence === undefined || delivered === undefined) return;
    const of = {
      consumer_seq: delivered,
      stream_seq: sequence,
      deliveries: attempt,
    };
    if (word === "" || word === "+ACK" || word === "+OK") {
      this.#ack(sequence, delivered);
    } else if (word.startsWith("+NXT")) {
      this.#ack(sequence, delivered);
      return this.ask(reply, word.slice("+NXT".length).trim());
    } else if (word.startsWith("-NAK")) {
      this.#nak(sequence, word, of);
    } else if (word === "+WPI") {
      this.#inHand.wait(sequence, this.#waitMs(sequence));
    } else if (word === "+TERM" || this.#isReasoned(word)) {
      this.#term(sequence, delivered, word, of);
    }
    if (reply !== "") {
      const { server } = this.#stream;
      server.publish({
        subject: reply,
        reply: "",
        headers: undefined,
        body: nothing,
      });
    }
    this.#deliver();
  }

  #begin(): void {
    const { inactive_threshold = 0, pause_until } = this.#config;
    const { time } = this.#stream.server;
    const pausedMs = Date.parse(pause_until ?? "") - time.now();
    if (pausedMs > 0) {
      this.#stops.push(time.after(pausedMs, () => this.#deliver()));
    }
    if (inactive_threshold === 0) return;
    // A server adds some of its own, so that not all go at once.
    const patienceMs = inactive_threshold / 1_000_000 + 100 +
      Math.floor(time.random() * 900);
    this.#watch(patienceMs, patienceMs);
  }

  #watch(patienceMs: number, ms: number): void {
    const { time } = this.#stream.server;
    this.#stops = [time.after(ms, () => {
      this.#waiters.dropDead();
      const idleMs = time.now() - this.#askedAt;
      if (this.#waiters.size > 0) this.#watch(patienceMs, patienceMs);
      else if (idleMs < patienceMs) {
        this.#watch(patienceMs, patienceMs - idleMs);
      } else this.#stream.abandon(this.name);
    })];
  }

  get #isPaused(): boolean {
    const { pause_until = "" } = this.#config;
    return Date.parse(pause_until) > this.#stream.server.time.now();
  }

  #deliver(): void {
    const waiters = this.#waiters;
    if (waiters.size === 0 || this.#isPaused) return;
    waiters.dropDead();
    for (;;) {
      const request = waiters.next({
        waiting: this.#backlog.size,
        inHand: this.#inHand.size,
      });
      if (request === undefined) return;
      const stored = this.#take();
      if (stored === "full") return;
      if (stored === undefined) return waiters.endEmpty();
      if (request.admits(stored.bytes)) this.#send(stored, request);
      else this.#putBack(stored);
    }
  }

  /** What comes next; nothing where there is none, or "full" where too much is in hand. */
  #take(): Stored | "full" | undefined {
    const { store } = this.#stream;
    const { max_deliver, max_ack_pending = 0 } = this.#config;
    for (;;) {
      const again = this.#inHand.takeAgain();
      if (again === undefined) break;
      const attempts = this.#attempts.get(again) ?? 0;
      if (max_deliver > 0 && attempts >= max_deliver) this.#giveUp(again);
      else {
        const stored = store.get(again);
        if (stored !== undefined) return stored;
        this.#inHand.remove(again);
      }
    }
    if (max_ack_pending > 0 && this.#inHand.size >= max_ack_pending) {
      return "full";
    }
    return this.#backlog.take();
  }

  // It was taken, and is too large for whoever asked: it is the next one's.
  #putBack({ sequence }: Stored): void {
    this.#inHand.give(sequence, this.#delivered, Infinity);
    this.#inHand.again(sequence);
  }

  #send(stored: Stored, request: Request): void {
    const { sequence, subject, body, at } = stored;
    const { ack_policy, headers_only } = this.#config;
    const { config: { name: stream }, server } = this.#stream;
    const attempt = (this.#attempts.get(sequence) ?? 0) + 1;
    this.#attempts.set(sequence, attempt);
    const delivered = ++this.#delivered;
    const reply =
      // Times have nanoseconds; what is added keeps them on their millisecond when they are read as numbers.
      `$JS.ACK.${stream}.${this.name}.${attempt}.${sequence}.${delivered}.${
        Math.floor(at)
      }000512.${this.#backlog.size}`;
    if (ack_policy === "none") this.#attempts.delete(sequence);
    else this.#inHand.give(sequence, delivered, this.#waitMs(sequence));
    const fields = [
      ...this.#waiters.served(request),
      ...(headers_only ? [["Nats-Msg-Size", `${body.length}`] as const] : []),
    ];
    server.router.route({
      subject,
      reply,
      headers: fields.length > 0
        ? withFields(stored.headers, fields)
        : stored.headers,
      body: headers_only ? nothing : body,
    }, request.reply);
    if (ack_policy === "none") this.#stream.done(sequence);
  }

  #waitMs(sequence: number): number {
    const { backoff, ack_wait = 0 } = this.#config;
    const attempt = this.#attempts.get(sequence) ?? 1;
    const step = backoff?.[Math.min(attempt, backoff.length) - 1];
    return (step ?? ack_wait) / 1_000_000;
  }

  #isReasoned(word: string): boolean {
    return word.startsWith("+TERM ") &&
      this.#stream.server.version.can("termReasons");
  }

  #ack(sequence: number, delivered: number): void {
    const done = this.#config.ack_policy === "all"
      ? this.#inHand.upTo(delivered)
      : [sequence];
    for (const one of done) {
      if (!this.#inHand.remove(one)) continue;
      this.#attempts.delete(one);
      this.#stream.done(one);
    }
  }

  #nak(sequence: number, word: string, of: Wire): void {
    if (!this.#inHand.has(sequence)) return;
    const delayMs = delayOf(word.slice("-NAK".length).trim());
    if (delayMs > 0) this.#inHand.wait(sequence, delayMs);
    else this.#inHand.again(sequence);
    this.#advise("MSG_NAKED", "nak", of);
  }

  #term(
    sequence: number,
    delivered: number,
    word: string,
    of: Wire,
  ): void {
    if (!this.#inHand.has(sequence)) return;
    this.#ack(sequence, delivered);
    const reason = word.slice("+TERM ".length);
    this.#advise("MSG_TERMINATED", "terminated", {
      ...of,
      ...(reason !== "" && { reason }),
    });
  }

  #late(sequences: readonly number[]): void {
    const { max_deliver } = this.#config;
    for (const sequence of sequences) {
      const attempts = this.#attempts.get(sequence) ?? 0;
      const prompt = this.#stream.server.version.can("promptMaxDeliver");
      if (prompt && max_deliver > 0 && attempts >= max_deliver) {
        this.#giveUp(sequence);
      }
    }
    this.#deliver();
  }

  #giveUp(sequence: number): void {
    this.#inHand.remove(sequence);
    this.#givenUp.add(sequence);
    this.#advise("MAX_DELIVERIES", "max_deliver", {
      stream_seq: sequence,
      deliveries: this.#attempts.get(sequence),
    });
  }

  #advise(event: string, type: string, fields: Wire): void {
    const { server, config: { name: stream } } = this.#stream;
    const subject = `CONSUMER.${event}.${stream}.${this.name}`;
    advise(server, subject, type, { stream, consumer: this.name, ...fields });
  }
}

/** The delay of a nak, in milliseconds; 0 where there is none. */
function delayOf(text: string): number {
  if (!text.startsWith("{")) return 0;
  try {
    return (JSON.parse(text).delay ?? 0) / 1_000_000;
  } catch {
    return 0;
  }
}
