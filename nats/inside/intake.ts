import { Fault, fault } from "./fault.ts";
import { fieldsOf, headersOf, type Packet, withFields } from "./packet.ts";
import { checkSchedule } from "./schedules.ts";
import type { StreamConfig } from "./stream_config.ts";
import type { StreamView } from "./views.ts";

/** What a publisher is told. */
export type PublishAnswer = Readonly<Record<string, unknown>>;

/** What a message's headers tell the server to do, by their names. */
type Orders = ReadonlyMap<string, string>;

/** Looks at what is published to a stream before it is stored: what is expected, what was there already, how long it lives. */
export class Intake {
  readonly #stream: StreamView;
  readonly #ids = new Map<
    string,
    { readonly seq: number; readonly at: number }
  >();
  #lastId = "";

  constructor(stream: StreamView) {
    this.#stream = stream;
  }

  /** Answers with what is thrown, if that is a refusal. */
  answered(
    run: () => PublishAnswer | undefined,
  ): PublishAnswer | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const { name } = this.#stream.config;
      return { error: error.wire, stream: name, seq: 0 };
    }
  }

  /**
   * Stores a message.
   *
   * @throws {Fault} If it is refused.
   */
  take(packet: Packet): PublishAnswer {
    const orders = ordersOf(packet);
    const { config: { name, sealed }, server: { version } } = this.#stream;
    // Before all that it might say.
    if (sealed) throw fault("sealed");
    const expectsFirst = version.can("expectsFirst");
    this.#checkStream(orders);
    if (expectsFirst) this.#checkExpected(packet, orders, 0);
    const seen = this.seen(orders.get("Nats-Msg-Id"));
    if (seen !== undefined) {
      return { stream: name, seq: seen, duplicate: true };
    }
    if (!expectsFirst) this.#checkExpected(packet, orders, 0);
    return { stream: name, seq: this.#store(packet, orders) };
  }

  /**
   * Refuses a message of a batch, as it would be behind those that are before it.
   *
   * @throws {Fault} If it is refused.
   */
  check(packet: Packet, ahead: number): void {
    const orders = ordersOf(packet);
    this.#checkStream(orders);
    this.#checkExpected(packet, orders, ahead);
    this.#checkOrders(packet, orders);
  }

  /** Stores a message of a batch that was checked. */
  store(packet: Packet): number {
    return this.#store(packet, ordersOf(packet));
  }

  /** The sequence that a message of this id has, while that is remembered. */
  seen(id: string | undefined): number | undefined {
    if (id === undefined) return undefined;
    this.#forget();
    return this.#ids.get(id)?.seq;
  }

  #forget(): void {
    const { config: { duplicate_window }, server } = this.#stream;
    const since = server.time.now() - duplicate_window / 1_000_000;
    for (const [id, { at }] of this.#ids) {
      if (at > since) return;
      this.#ids.delete(id);
    }
  }

  #store(packet: Packet, orders: Orders): number {
    const stream = this.#stream;
    const asked = this.#checkOrders(packet, orders);
    // Else a marker would be put where another message of the subject is left.
    const leastMs = leastTtlMs(stream.config);
    const ttlMs = asked === undefined ? asked : Math.max(asked, leastMs);
    // A subject has one schedule: the later one takes the place of the former.
    const plans = orders.has("Nats-Schedule") &&
      stream.config.allow_msg_schedules === true;
    const rollup = plans ? "sub" : orders.get("Nats-Rollup");
    const headers = plans
      ? withFields(packet.headers, [["Nats-Rollup", "sub"]])
      : asked === ttlMs
      ? packet.headers
      : withTtl(packet, leastMs);
    const seq = stream.put({ ...packet, headers }, ttlMs);
    const id = orders.get("Nats-Msg-Id");
    this.#lastId = id ?? "";
    if (id !== undefined) {
      this.#ids.set(id, { seq, at: stream.server.time.now() });
    }
    if (rollup === "all") stream.purge({ seq });
    if (rollup === "sub") stream.purge({ filter: packet.subject, seq });
    return seq;
  }

  #checkStream(orders: Orders): void {
    const wanted = orders.get("Nats-Expected-Stream");
    if (wanted !== undefined && wanted !== this.#stream.config.name) {
      throw fault("wrongStream");
    }
  }

  #checkExpected(packet: Packet, orders: Orders, ahead: number): void {
    const { store } = this.#stream;
    const wrong = (found: number): Fault =>
      new Fault(400, 10071, `wrong last sequence: ${found}`);
    const last = store.last + ahead;
    const sequence = orders.get("Nats-Expected-Last-Sequence");
    if (sequence !== undefined && Number(sequence) !== last) throw wrong(last);
    const id = orders.get("Nats-Expected-Last-Msg-Id");
    if (id !== undefined && id !== this.#lastId) {
      throw new Fault(400, 10070, `wrong last msg ID: ${this.#lastId}`);
    }
    const ofSubject = orders.get("Nats-Expected-Last-Subject-Sequence");
    if (ofSubject === undefined) return;
    const { version } = this.#stream.server;
    const other = version.reaches("2.12")
      ? orders.get("Nats-Expected-Last-Subject-Sequence-Subject")
      : undefined;
    const found = store.lastOf(other ?? packet.subject)?.sequence ?? 0;
    if (Number(ofSubject) !== found) throw wrong(found);
  }

  /** Refuses what cannot be done with it; returns how long it lives. */
  #checkOrders(packet: Packet, orders: Orders): number | undefined {
    const stream = this.#stream;
    const { config, server: { version } } = stream;
    if (orders.has("Nats-Rollup") && !config.allow_rollup_hdrs) {
      throw fault("rollupDenied");
    }
    if (version.can("schedules")) checkSchedule(stream, packet, orders);
    const ttlMs = version.can("messageTtl")
      ? ttlOf(orders.get("Nats-TTL"), config.allow_msg_ttl === true)
      : undefined;
    stream.checkRoom(packet);
    return ttlMs;
  }
}

function ordersOf({ headers }: Packet): Orders {
  return new Map(
    fieldsOf(headers).filter(([name]) => name.startsWith("Nats-")).reverse(),
  );
}

/** The shortest that a message lives where one may be left when it is gone. */
function leastTtlMs(
  { subject_delete_marker_ttl: nanos = 0, max_msgs_per_subject }: StreamConfig,
): number {
  return max_msgs_per_subject === 1 ? 0 : nanos / 1_000_000;
}

function withTtl({ headers }: Packet, ttlMs: number): Uint8Array {
  const others = fieldsOf(headers).filter(([name]) => name !== "Nats-TTL");
  return withFields(headersOf(others), [["Nats-TTL", `${ttlMs / 1_000}`]]);
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

function ttlOf(ttl: string | undefined, allowed: boolean): number | undefined {
  if (ttl === undefined || ttl === "") return undefined;
  if (!allowed) throw fault("ttlDisabled");
  if (ttl === "never") return undefined;
  if (!/^(\d+|(\d+(\.\d+)?(ms|s|m|h))+)$/.test(ttl)) throw fault("ttlInvalid");
  let ms = 0;
  for (const [, count, unit = "s"] of ttl.matchAll(/([\d.]+)(ms|s|m|h)?/g)) {
    ms += Number(count) * (units[unit] ?? 0);
  }
  if (ms < 1_000) throw fault("ttlInvalid");
  return ms;
}
