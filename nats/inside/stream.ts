import { advise } from "./advisories.ts";
import { Batches } from "./batches.ts";
import type { Consumer } from "./consumer.ts";
import { fault, storeFailed } from "./fault.ts";
import { Intake } from "./intake.ts";
import { bytesOf, headerOf, nothing, type Packet } from "./packet.ts";
import { isMarker, markerOf } from "./markers.ts";
import { Schedules } from "./schedules.ts";
import { Store, type Stored, takes } from "./store.ts";
import type { StreamConfig } from "./stream_config.ts";
import { Transform } from "./transform.ts";
import type { Host, StreamView } from "./views.ts";

/** A stream: what it takes, what it holds, and who reads it. */
export class Stream implements StreamView {
  readonly server: Host;
  readonly created: number;
  readonly store: Store;
  readonly consumers: Map<string, Consumer> = new Map();
  readonly #intake: Intake;
  readonly #batches: Batches;
  readonly #schedules: Schedules;
  readonly #expiries = new Map<number, () => void>();
  #config: StreamConfig;
  #transform: Transform | undefined;
  #stopAging: (() => void) | undefined;

  constructor(config: StreamConfig, server: Host) {
    this.#config = config;
    this.#transform = transformOf(config);
    this.server = server;
    this.created = server.time.now();
    this.store = new Store(config.storage, config.first_seq ?? 0);
    this.#intake = new Intake(this);
    this.#batches = new Batches(this, this.#intake);
    this.#schedules = new Schedules(this);
    this.#advise("CREATED", "create");
  }

  get config(): StreamConfig {
    return this.#config;
  }

  /** Whether it takes messages of a subject. */
  takes(subject: string): boolean {
    return takes(this.#config.subjects, subject);
  }

  /** Takes what somebody published, and answers. */
  take(sent: Packet): void {
    const { version } = this.server;
    const subject = this.#transform?.apply(sent.subject) ?? sent.subject;
    const packet = { ...sent, subject };
    const id = headerOf(packet, "Nats-Batch-Id");
    const batched = id !== undefined && version.can("atomicBatches");
    const answer = this.#intake.answered(() =>
      batched ? this.#batches.take(id, packet) : this.#intake.take(packet)
    );
    const { reply } = packet;
    if (reply === "" || this.#config.no_ack) return;
    this.server.publish({
      subject: reply,
      reply: "",
      headers: undefined,
      body: answer === undefined ? nothing : bytesOf(JSON.stringify(answer)),
    });
  }

  /**
   * Refuses what does not fit.
   *
   * @throws {Fault} If it does not.
   */
  checkRoom(packet: Packet): void {
    const { max_msg_size, discard, sealed } = this.#config;
    if (sealed) throw fault("sealed");
    const { headers, body } = packet;
    const length = (headers?.length ?? 0) + body.length;
    if (max_msg_size > 0 && length > max_msg_size) throw fault("tooLarge");
    if (discard === "new") this.#checkFull(packet);
  }

  /** Stores a message, and returns its sequence; where nobody wants it, only a sequence goes by. */
  put(packet: Packet, ttlMs?: number): number {
    const { subject, headers, body } = packet;
    const at = this.server.time.now();
    if (this.#config.retention === "interest" && !this.#isWanted(subject)) {
      return this.store.skip(at);
    }
    const stored = this.store.add({ subject, headers, body, at });
    if (ttlMs !== undefined) this.#expire(stored, ttlMs);
    this.#schedules.watch(stored);
    this.#trim(subject);
    this.#age();
    for (const consumer of this.consumers.values()) consumer.stored(stored);
    return stored.sequence;
  }

  /** Removes a message; false where there is none. */
  remove(sequence: number): boolean {
    const stored = this.store.remove(sequence);
    if (stored === undefined) return false;
    this.#expiries.get(sequence)?.();
    this.#expiries.delete(sequence);
    this.#schedules.forget(sequence);
    for (const consumer of this.consumers.values()) consumer.removed(stored);
    return true;
  }

  /** Removes all of a filter before a sequence but the last few, and returns how many those were. */
  purge(
    { filter, seq = Infinity, keep = 0 }: {
      readonly filter?: string;
      readonly seq?: number;
      readonly keep?: number;
    },
  ): number {
    const filters = filter ? [filter] : [];
    const found = this.store.all().filter(({ subject, sequence }) =>
      sequence < seq && takes(filters, subject)
    );
    const gone = keep > 0 ? found.slice(0, -keep) : found;
    for (const { sequence } of gone) this.remove(sequence);
    if (!filter && keep === 0 && seq === Infinity) {
      for (const consumer of this.consumers.values()) consumer.purged();
    }
    return gone.length;
  }

  change(config: StreamConfig): void {
    this.#transform = transformOf(config);
    this.#config = config;
    this.#advise("UPDATED", "modify");
    for (const subject of [...this.store.subjects.keys()]) this.#trim(subject);
    this.#age();
  }

  /** A consumer has no more use for a message. */
  done(sequence: number): void {
    const { retention } = this.#config;
    if (retention === "limits") return;
    const stored = this.store.get(sequence);
    if (stored === undefined) return;
    const wanted = retention === "interest" &&
      [...this.consumers.values()].some((one) => one.needs(stored));
    if (!wanted) this.remove(sequence);
  }

  /** Nobody has asked for a consumer for too long. */
  abandon(name: string): void {
    this.leave(name);
  }

  /** Ends a consumer, and removes what only it had wanted; false where there is none. */
  leave(name: string): boolean {
    const consumer = this.consumers.get(name);
    if (consumer === undefined) return false;
    this.consumers.delete(name);
    consumer.end();
    this.#letGo();
    return true;
  }

  #letGo(): void {
    if (this.#config.retention !== "interest") return;
    for (const { sequence } of this.store.all()) this.done(sequence);
  }

  /** Its server was restarted: open batches, and consumers in memory, are gone. */
  restart(): void {
    this.#batches.end();
    for (const { name, config } of [...this.consumers.values()]) {
      if (config.mem_storage === true) this.leave(name);
    }
  }

  /** It is deleted. */
  end(): void {
    for (const consumer of this.consumers.values()) consumer.end();
    this.consumers.clear();
    this.#stopAging?.();
    for (const cancel of this.#expiries.values()) cancel();
    this.#schedules.end();
    this.#batches.end();
    this.#advise("DELETED", "delete");
  }

  #advise(event: string, action: string): void {
    const { name } = this.#config;
    const subject = `STREAM.${event}.${name}`;
    advise(this.server, subject, "stream_action", { stream: name, action });
  }

  #isWanted(subject: string): boolean {
    return [...this.consumers.values()].some((one) => one.wants(subject));
  }

  #checkFull(packet: Packet): void {
    const { store, server: { version } } = this;
    const { max_msgs, max_bytes, max_msgs_per_subject: most } = this.#config;
    const same = store.subjects.get(packet.subject)?.size ?? 0;
    const full = most > 0 && same >= most;
    if (full && this.#config.discard_new_per_subject) {
      throw storeFailed("maximum messages per subject exceeded");
    }
    // It takes the place of one that goes.
    if (full) return;
    if (max_msgs > 0 && store.size >= max_msgs) {
      throw storeFailed("maximum messages exceeded");
    }
    const bytes = version.can("exactBytes")
      ? store.bytes + store.sizeOf(packet)
      : store.bytes + 1;
    if (max_bytes > 0 && bytes > max_bytes) {
      throw storeFailed("maximum bytes exceeded");
    }
  }

  #trim(subject: string): void {
    const { store } = this;
    const { max_msgs, max_bytes, max_msgs_per_subject: most } = this.#config;
    const same = store.subjects.get(subject);
    while (most > 0 && same !== undefined && same.size > most) {
      const [oldest = 0] = same;
      this.remove(oldest);
    }
    while (max_msgs > 0 && store.size > max_msgs) this.remove(store.first);
    while (max_bytes > 0 && store.bytes > max_bytes) this.remove(store.first);
  }

  #expire(stored: Stored, ttlMs: number): void {
    this.#expiries.set(
      stored.sequence,
      this.server.time.after(ttlMs, () => this.#expired(stored)),
    );
  }

  /** Removes what is too old; where it was the last of its subject a marker says so, if the stream is to have any. */
  #expired(stored: Stored): void {
    const { sequence, subject } = stored;
    this.remove(sequence);
    const { subject_delete_marker_ttl: nanos = 0 } = this.#config;
    const last = !this.store.subjects.has(subject);
    if (nanos > 0 && last && !isMarker(stored)) {
      this.put(markerOf(subject, nanos), nanos / 1_000_000);
    }
  }

  // The first is the oldest: one timer serves all.
  #age(): void {
    this.#stopAging?.();
    this.#stopAging = undefined;
    const { store, server: { time } } = this;
    const ageMs = this.#config.max_age / 1_000_000;
    if (ageMs === 0) return;
    for (;;) {
      const first = store.get(store.first);
      if (first === undefined) return;
      const left = first.at + ageMs - time.now();
      if (left > 0) {
        this.#ageLater(left);
        return;
      }
      this.#expired(first);
    }
  }

  // A marker that was put meanwhile has set it too.
  #ageLater(ms: number): void {
    this.#stopAging?.();
    this.#stopAging = this.server.time.after(ms, () => this.#age());
  }
}

function transformOf(
  { subject_transform: wire }: StreamConfig,
): Transform | undefined {
  return wire && new Transform(wire);
}
