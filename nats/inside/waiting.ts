import { statusOf } from "./packet.ts";
import type { Host } from "./views.ts";

/** What a request for messages asks. */
export interface Asked {
  readonly batch: number;
  readonly noWait: boolean;
  readonly expiresMs: number;
  readonly heartbeatMs: number;
  /** The most bytes of all messages; 0 where there is no limit. */
  readonly maxBytes: number;
  /** How it stands among others: its group, and what that goes by. */
  readonly group: string;
  /** What the server knows it by, where it is served alone. */
  readonly id: string;
  readonly minPending: number;
  readonly minAckPending: number;
  readonly place: number;
}

/** Options for {@linkcode Request}. */
export interface RequestOptions {
  readonly host: Host;
  readonly reply: string;
  readonly asked: Asked;
  /** The sequences that a heartbeat tells: the consumer's, and the stream's. */
  readonly progress: () => readonly [number, number];
  /** It has ended. */
  readonly onEnd: (request: Request) => void;
}

/** A request that waits for messages. Ends when it has enough, by its time, or with whoever asked. */
export class Request {
  readonly reply: string;
  readonly noWait: boolean;
  /** How many it may still have. */
  left: number;
  /** How many it has had. */
  taken = 0;
  readonly asked: Asked;
  /** What it is known by, where it is served alone. */
  pin: string | undefined;
  readonly #options: RequestOptions;
  readonly #stops: (() => void)[] = [];
  #bytes: number;
  #heardAt: number;
  #stopBeating: () => void = () => {};

  constructor(options: RequestOptions) {
    const { host: { time }, reply, asked } = options;
    this.#options = options;
    this.reply = reply;
    this.asked = asked;
    this.left = asked.batch;
    this.noWait = asked.noWait;
    this.#bytes = asked.maxBytes;
    this.#heardAt = time.now();
    if (asked.expiresMs > 0) {
      this.#stops.push(time.after(asked.expiresMs, () => this.#late()));
    }
    if (asked.heartbeatMs > 0) this.#beatIn(asked.heartbeatMs);
  }

  /** Whether somebody still listens. */
  get isLive(): boolean {
    return this.#options.host.router.hears(this.reply);
  }

  /** Takes so many bytes; false where they are more than it wants, and then it has ended. */
  admits(bytes: number): boolean {
    const { maxBytes } = this.#options.asked;
    if (maxBytes === 0) return true;
    if (bytes > this.#bytes) {
      this.#tell(409, "Message Size Exceeds MaxBytes");
      return false;
    }
    this.#bytes -= bytes;
    return true;
  }

  /** Has had one; true where that was the last. */
  took(): boolean {
    this.#heardAt = this.#options.host.time.now();
    this.left--;
    this.taken++;
    if (this.left > 0) return false;
    this.end();
    return true;
  }

  /** Took what there was, and would not wait. */
  empty(): void {
    const { host } = this.#options;
    if (!host.version.can("endsEmpty")) return this.#late();
    host.say(this.reply, statusOf(404, "No Messages"));
    this.end();
  }

  /** Ends with a word of the server. */
  refuse(code: number, text: string): void {
    this.#options.host.say(this.reply, statusOf(code, text));
    this.end();
  }

  end(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#stopBeating();
    this.#options.onEnd(this);
  }

  #late(): void {
    this.#tell(408, "Request Timeout");
  }

  #tell(code: number, text: string): void {
    const { host } = this.#options;
    host.say(
      this.reply,
      statusOf(code, text, [
        ["Nats-Pending-Messages", `${this.left}`],
        ["Nats-Pending-Bytes", `${this.#bytes}`],
      ]),
    );
    this.end();
  }

  #beatIn(ms: number): void {
    const { time } = this.#options.host;
    this.#stopBeating = time.after(ms, () => this.#beat());
  }

  #beat(): void {
    const { host, asked: { heartbeatMs }, progress } = this.#options;
    const left = this.#heardAt + heartbeatMs - host.time.now();
    if (left > 0) return this.#beatIn(left);
    const [consumer, stream] = progress();
    host.say(
      this.reply,
      statusOf(100, "Idle Heartbeat", [
        ["Nats-Last-Consumer", `${consumer}`],
        ["Nats-Last-Stream", `${stream}`],
      ]),
    );
    this.#heardAt = host.time.now();
    this.#beatIn(heartbeatMs);
  }
}

interface Limits {
  readonly max_batch?: number;
  readonly max_expires?: number;
  readonly max_bytes?: number;
}

/** A duration as the server writes it. */
export function spoken(nanos: number): string {
  const ms = nanos / 1_000_000;
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms % 60_000) / 1_000}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours}h` : ""}${minutes % 60}m${seconds}`;
}

/** Reads a request; the server's word where it refuses it. */
export function readRequest(
  body: string,
  limits: Limits,
): Asked | readonly [number, string] {
  const found = parsed(body);
  const { batch = 1, expires = 0, idle_heartbeat = 0, max_bytes = 0 } = found;
  const { max_batch, max_expires, max_bytes: maxBytes } = limits;
  if (max_batch !== undefined && batch > max_batch) {
    return [409, `Exceeded MaxRequestBatch of ${max_batch}`];
  }
  if (max_expires !== undefined && expires > max_expires) {
    return [409, `Exceeded MaxRequestExpires of ${spoken(max_expires)}`];
  }
  if (maxBytes !== undefined && max_bytes > maxBytes) {
    return [409, `Exceeded MaxRequestMaxBytes of ${maxBytes}`];
  }
  if (idle_heartbeat > 0 && idle_heartbeat > expires / 2) {
    return [400, "Bad Request - heartbeat value too large"];
  }
  return {
    batch: Math.max(1, batch),
    noWait: found.no_wait === true,
    expiresMs: expires / 1_000_000,
    heartbeatMs: idle_heartbeat / 1_000_000,
    maxBytes: max_bytes,
    group: found.group ?? "",
    id: found.id ?? "",
    minPending: found.min_pending ?? 0,
    minAckPending: found.min_ack_pending ?? 0,
    place: found.priority ?? 0,
  };
}

/** The fields of a request; what is no JSON is a count, or one. */
function parsed(body: string): {
  readonly batch?: number;
  readonly expires?: number;
  readonly idle_heartbeat?: number;
  readonly max_bytes?: number;
  readonly no_wait?: boolean;
  readonly group?: string;
  readonly id?: string;
  readonly min_pending?: number;
  readonly min_ack_pending?: number;
  readonly priority?: number;
} {
  if (!body.startsWith("{")) return { batch: Number(body) || 1 };
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}
