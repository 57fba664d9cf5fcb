/**
 * What the comparison with live servers is made with: a raw session that writes down each answer it gets.
 *
 * @module
 */
import { isMessagingError } from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { wireHeaders } from "../wire_headers.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where a scenario plays: on a server, live or not. */
export interface Stage {
  readonly connection: NatsConnection;
  /** How slowly it is played: all times are so many times as long. */
  readonly pace: number;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  /** Waits for what ends by itself, or by its time. */
  ends<T>(wait: Promise<T>): Promise<T>;
}

type Fields = Readonly<Record<string, string>>;

// What differs from run to run.
const times = new Set([
  "created",
  "ts",
  "time",
  "first_ts",
  "last_ts",
  "timestamp",
  "id",
]);

/** JSON with its keys in order, and without what differs from run to run. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith("_nats.") && name !== "last_active")
      .map(([name, found]) => [name, times.has(name) ? "*" : plain(found)])
      // What is wrong with it is told in the words of its parser.
      .map(([name, found]) => [
        name,
        `${found}`.startsWith("invalid JSON") ? "invalid JSON" : found,
      ])
      .filter(([name, found]) =>
        !(name === "metadata" && Object.keys(found as object).length === 0)
      )
      .sort(([a], [b]) => (a as string) < (b as string) ? -1 : 1),
  );
}

function bodyOf({ data }: Msg): string {
  const text = decoder.decode(data);
  try {
    return JSON.stringify(plain(JSON.parse(text)));
  } catch {
    return text;
  }
}

/** The headers of a message as they are looked at: its status, and each field. */
function headersOf({ headers }: Msg): string {
  if (headers === undefined) return "";
  const { code, description } = headers;
  const status = code > 0 ? [`${code} ${description}`] : [];
  const fields = [...headers.keys()].sort().map((name) =>
    `${name}: ${headers.values(name).join(", ")}`
  );
  return [...status, ...fields].map((text) =>
    text.replace(/\d{4}-\d\d-\d\dT[^ ]*|(?<=Nats-Pin-Id: )\w+/, "*")
  ).join("; ");
}

// $JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<consumer sequence>.<time>.<pending>
function replyOf({ reply }: Msg): string {
  if (!reply?.startsWith("$JS.ACK.")) return "";
  const tokens = reply.split(".");
  tokens[7] = "*";
  return tokens.slice(2).join(".");
}

/** A message as it is compared. */
function seen(msg: Msg, inbox: string): string {
  const subject = msg.subject.replace(inbox, "INBOX");
  return [subject, replyOf(msg), headersOf(msg), bodyOf(msg)]
    .filter((part) => part !== "").join(" | ");
}

/** A raw session. Each step is written down with what came of it. */
export class Raw {
  readonly log: string[] = [];
  readonly #stage: Stage;
  readonly #ears = new Map<string, Ear>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** A duration as the wire has it. */
  nanos(ms: number): number {
    return ms * this.#stage.pace * 1_000_000;
  }

  get #session() {
    return sessionOf(this.#stage.connection);
  }

  /** Lets time pass, and all that it sets off arrive. */
  async pass(ms = 30): Promise<void> {
    await this.#session.flush();
    await this.#stage.pass(ms * this.#stage.pace);
    await this.#session.flush();
  }

  /** Asks JetStream. */
  async api(verb: string, body: unknown = ""): Promise<void> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    await this.ask(`$JS.API.${verb}`, text);
  }

  /** Asks JetStream, and writes down only what is in the answer under these names, or its error. */
  async look(
    verb: string,
    names: readonly string[],
    body: unknown = "",
  ): Promise<void> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await this.#ask(`$JS.API.${verb}`, text);
    const found = plain(answer.json()) as Record<string, unknown>;
    const { error } = found;
    const shown = names.map((name) => `${name} ${JSON.stringify(found[name])}`);
    this.#note(
      verb,
      error ? JSON.stringify(error) : shown.join(", ") || "done",
    );
  }

  /** Asks anybody. */
  async ask(subject: string, body = "", headers?: Fields): Promise<void> {
    const step = `${subject} ${shown(headers)}${body}`;
    try {
      const msg = await this.#ask(subject, body, headers);
      const answer = [headersOf(msg), bodyOf(msg)].filter((part) => part);
      this.#note(step, answer.join(" | ") || "(empty)");
    } catch (error) {
      if (!isMessagingError(error)) throw error;
      this.#note(step, error.code);
    }
  }

  /** Sends, and waits for nothing. */
  async say(subject: string, body = "", headers?: Fields): Promise<void> {
    this.#session.send(subject, encoder.encode(body), {
      ...(headers && { headers: wireHeaders(Object.entries(headers)) }),
    });
    await this.#session.flush();
  }

  /** Begins to listen to a subject, under a name. */
  listen(name: string, subject: string, queue?: string): void {
    this.#ears.set(name, new Ear(this.#session, subject, queue));
  }

  /** Ends what {@linkcode listen} and {@linkcode pull} began. */
  deaf(name: string): void {
    this.#ears.get(name)?.end();
  }

  /** Asks a consumer for messages; what comes is heard under the name. */
  async pull(
    name: string,
    consumer: string,
    request: unknown = "",
  ): Promise<void> {
    const session = this.#session;
    const ear = this.#ears.get(name) ??
      new Ear(session, `${session.inbox()}.*`);
    this.#ears.set(name, ear);
    const text = typeof request === "string"
      ? request
      : JSON.stringify(request);
    // A server knows of what was published, and of a request, a little later.
    await this.pass(10);
    session.send(
      `$JS.API.CONSUMER.MSG.NEXT.${consumer}`,
      encoder.encode(text),
      { reply: ear.subject.replace("*", "1") },
    );
    await this.pass(10);
  }

  /** Writes down what was heard since. */
  async heard(name: string, ms = 30): Promise<void> {
    await this.pass(ms);
    const ear = this.#ears.get(name);
    const inbox = ear?.subject.replace("*", "1") ?? "";
    const came = ear?.came.splice(0) ?? [];
    this.#note(
      `heard by ${name}`,
      came.map((msg) => seen(msg, inbox)).join("\n    ") || "nothing",
    );
  }

  /** Settles what was heard: the delivery of a sequence that came last. */
  async settle(
    name: string,
    sequence: number,
    word: string,
    how: "said" | "asked" = "said",
  ): Promise<void> {
    const reply = this.#ears.get(name)?.replies.get(sequence);
    if (reply === undefined) return this.#note(`${word} ${sequence}`, "none");
    if (how === "said") return await this.say(reply, word);
    const msg = await this.#ask(reply, word).catch((error) => error);
    const answer = msg instanceof Error
      ? (isMessagingError(msg) ? msg.code : msg.message)
      : bodyOf(msg) || "(empty)";
    this.#note(`${word} ${sequence}, asked`, answer);
  }

  /** Ends what it opened. */
  end(): void {
    for (const ear of this.#ears.values()) ear.end();
  }

  #ask(subject: string, body: string, headers?: Fields): Promise<Msg> {
    const asking = this.#session.ask(subject, encoder.encode(body), {
      timeoutMs: 1_000 * this.#stage.pace,
      ...(headers && { headers: wireHeaders(Object.entries(headers)) }),
    });
    return this.#stage.ends(asking);
  }

  #note(step: string, answer: string): void {
    this.log.push(`${step}\n    ${answer}`);
  }
}

/** A subscription, and what it heard. */
class Ear {
  readonly subject: string;
  readonly came: Msg[] = [];
  /** Where the delivery of a sequence is settled. */
  readonly replies = new Map<number, string>();
  readonly end: () => void;

  constructor(
    session: ReturnType<typeof sessionOf>,
    subject: string,
    queue?: string,
  ) {
    this.subject = subject;
    const raw = session.subscribe(subject, (msg) => {
      this.came.push(msg);
      const reply = msg.reply ?? "";
      if (!reply.startsWith("$JS.ACK.")) return;
      this.replies.set(Number(reply.split(".")[5]), reply);
    }, queue === undefined ? {} : { queue });
    this.end = () => raw.unsubscribe();
  }
}

function shown(headers: Fields | undefined): string {
  return headers === undefined ? "" : `${JSON.stringify(headers)} `;
}
