import { consumerVerbs } from "./consumer_api.ts";
import { Fault } from "./fault.ts";
import { directGet, messageVerbs } from "./message_api.ts";
import { bytesOf, type Packet, textOf } from "./packet.ts";
import type { Wire } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { streamVerbs } from "./stream_api.ts";
import type { Verbs } from "./verb.ts";
import type { Host } from "./views.ts";

const verbs: Verbs = { ...streamVerbs, ...messageVerbs, ...consumerVerbs };
const ackPrefix = "$JS.ACK.";
const nextVerb = "CONSUMER.MSG.NEXT";

/** Whether it is written to a bucket, or an object store, of the domain that the prefix is of. */
function isPassedOn(prefix: string, subject: string): boolean {
  return prefix !== "$JS.API." &&
    /^\$(KV|O)\./.test(subject.slice(prefix.length));
}

/** All streams of a server, and what answers for them. */
export class JetStream {
  readonly #host: Host;
  readonly #prefixes: readonly string[];
  readonly #streams = new Map<string, Stream>();

  /** `apiPrefix` is what its API answers under besides its own. */
  constructor(host: Host, apiPrefix: string) {
    this.#host = host;
    this.#prefixes = ["$JS.API.", `${apiPrefix}.`];
  }

  /** Takes a message, if it is for JetStream or one of the streams; false where it is not. */
  take(packet: Packet): boolean {
    const { subject } = packet;
    const prefix = this.#prefixes.find((one) => subject.startsWith(one));
    if (prefix !== undefined && isPassedOn(prefix, subject)) {
      return this.take({ ...packet, subject: subject.slice(prefix.length) });
    }
    const answered = prefix !== undefined
      ? this.#ask(subject.slice(prefix.length), packet)
      : subject.startsWith(ackPrefix) && this.#settle(packet);
    let taken = false;
    for (const stream of this.#streams.values()) {
      if (!stream.takes(subject)) continue;
      taken = true;
      stream.take(packet);
    }
    return answered || taken;
  }

  /** Forgets what is in memory alone. */
  restart(): void {
    for (const [name, stream] of this.#streams) {
      if (stream.config.storage === "memory") {
        stream.end();
        this.#streams.delete(name);
      } else stream.restart();
    }
  }

  // <prefix>.<verb of one to three words>.<what it is about>
  #ask(asked: string, packet: Packet): boolean {
    const words = asked.split(".");
    if (words.slice(0, 3).join(".") === nextVerb) {
      return this.#next(words.slice(3), packet);
    }
    if (words.slice(0, 2).join(".") === "DIRECT.GET") {
      return this.#direct(words.slice(2), packet);
    }
    for (const count of [3, 2, 1]) {
      const verb = verbs[words.slice(0, count).join(".")];
      if (verb === undefined) continue;
      this.#answer(packet, verb.type, () =>
        verb.run({
          host: this.#host,
          streams: this.#streams,
          about: words.slice(count),
          body: textOf(packet.body),
        }));
      return true;
    }
    // Nobody answers what there is no word for, and nobody says so.
    return true;
  }

  #answer({ reply }: Packet, type: string, run: () => Wire): void {
    if (reply === "") return this.#ignore(run);
    let answer: Wire;
    try {
      answer = run();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      answer = { error: error.wire };
    }
    const body = {
      type: `io.nats.jetstream.api.v1.${type}_response`,
      ...answer,
    };
    this.#host.publish({
      subject: reply,
      reply: "",
      headers: undefined,
      body: bytesOf(JSON.stringify(body)),
    });
  }

  #ignore(run: () => unknown): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }

  #next([stream = "", name = ""]: readonly string[], packet: Packet): boolean {
    const consumer = this.#streams.get(stream)?.consumers.get(name);
    if (consumer === undefined) {
      return !this.#host.version.can("saysNobody");
    }
    consumer.ask(packet.reply, textOf(packet.body));
    return true;
  }

  #direct([name = "", ...subject]: readonly string[], packet: Packet): boolean {
    const stream = this.#streams.get(name);
    if (stream?.config.allow_direct !== true) {
      return !this.#host.version.can("saysNobody");
    }
    directGet(stream, subject, packet);
    return true;
  }

  #settle(packet: Packet): boolean {
    const [stream = "", name = "", ...numbers] = packet.subject
      .slice(ackPrefix.length).split(".");
    const consumer = this.#streams.get(stream)?.consumers.get(name);
    if (consumer === undefined) return false;
    consumer.settle(numbers.map(Number), packet);
    return true;
  }
}
