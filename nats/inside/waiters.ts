import type { ConsumerConfig } from "./consumer_shape.ts";
import type { Wire } from "./settings.ts";
import type { ServerTime } from "./time.ts";
import type { Asked, Request } from "./waiting.ts";

/** How much there is to do, which some requests look at. */
export interface Load {
  readonly waiting: number;
  readonly inHand: number;
}

const defaultPinMs = 120_000;

/** Those who wait for messages of one consumer, and whose turn it is. */
export class Waiters {
  readonly #time: ServerTime;
  readonly #onFree: () => void;
  #config: ConsumerConfig;
  #list: readonly Request[] = [];
  // Who is served alone, and until when.
  #pin: string | undefined;
  #pinnedAt: number | undefined;
  #unpinned: () => void = () => {};

  /** `onFree` is told when nobody is served alone any more. */
  constructor(config: ConsumerConfig, time: ServerTime, onFree: () => void) {
    this.#config = config;
    this.#time = time;
    this.#onFree = onFree;
  }

  get size(): number {
    return this.#list.length;
  }

  /** How many messages all of them want. */
  get wanted(): number {
    return this.#list.reduce((sum, { left }) => sum + left, 0);
  }

  /** What there is to say of its groups. */
  get info(): Wire {
    const { priority_groups: groups } = this.#config;
    if (groups === undefined) return {};
    return {
      priority_groups: groups.map((group) => ({
        group,
        ...(this.#pin !== undefined && { pinned_client_id: this.#pin }),
        ...(this.#pinnedAt !== undefined && {
          pinned_ts: new Date(this.#pinnedAt).toISOString(),
        }),
      })),
    };
  }

  /** What speaks against a request, in the server's words. */
  refusal({ group, id }: Asked): readonly [number, string] | undefined {
    const { priority_groups: groups } = this.#config;
    if (groups === undefined) return undefined;
    if (!group) return [400, "Bad Request - Priority Group missing"];
    if (!groups.includes(group)) {
      return [400, "Bad Request - Invalid Priority Group"];
    }
    if (this.#isPinned && id && id !== this.#pin) {
      return [423, "Nats-Pin-Id mismatch"];
    }
    if (this.#isPinned && id) this.#pinAgain();
    return undefined;
  }

  add(request: Request): void {
    this.#list = [...this.#list, request];
  }

  remove(request: Request): void {
    this.#list = this.#list.filter((one) => one !== request);
  }

  /** Ends those whom nobody listens for. */
  dropDead(): void {
    for (const request of this.#list) if (!request.isLive) request.end();
  }

  /** Ends those that would not wait, and have had something. */
  endEmpty(): void {
    for (const request of this.#list) {
      if (request.noWait && request.taken > 0) request.empty();
    }
  }

  /** Ends all of them. */
  end(code: number, text: string): void {
    this.#unpinned();
    for (const request of this.#list) request.refuse(code, text);
  }

  /** Whose turn it is; nobody's, where none of them may be served now. */
  next(load: Load): Request | undefined {
    const { priority_policy } = this.#config;
    if (this.#isPinned) return this.#pinned();
    if (priority_policy === "overflow") {
      return this.#list.find(({ asked }) => flowsOver(asked, load));
    }
    if (priority_policy !== "prioritized") return this.#list[0];
    const place = Math.min(...this.#list.map(({ asked }) => asked.place));
    return this.#list.find(({ asked }) => asked.place === place);
  }

  /** It had one: those that wait take turns. */
  served(request: Request): readonly (readonly [string, string])[] {
    if (!request.took()) {
      this.remove(request);
      this.add(request);
    }
    if (this.#pin === undefined) return [];
    this.#pinAgain();
    return [["Nats-Pin-Id", this.#pin]];
  }

  /** Nobody is served alone any more. */
  unpin(): void {
    this.#unpinned();
    this.#pin = undefined;
    this.#pinnedAt = undefined;
    for (const request of this.#list) request.pin = undefined;
    this.#onFree();
  }

  change(config: ConsumerConfig): void {
    this.#config = config;
  }

  get #isPinned(): boolean {
    return this.#config.priority_policy === "pinned_client";
  }

  #pinned(): Request | undefined {
    const pin = this.#pin;
    if (pin !== undefined) {
      return this.#list.find((one) => (one.pin ?? one.asked.id) === pin);
    }
    const [first] = this.#list;
    if (first === undefined) return undefined;
    const made = Math.floor(this.#time.random() * 36 ** 10).toString(36);
    this.#pin = first.pin = `PIN${made.padStart(10, "0")}`;
    this.#pinnedAt = this.#time.now();
    this.#pinAgain();
    return first;
  }

  // Silent for so long, it is served alone no more.
  #pinAgain(): void {
    const { priority_timeout: nanos } = this.#config;
    const pinMs = nanos === undefined ? defaultPinMs : nanos / 1_000_000;
    this.#unpinned();
    if (this.#pin === undefined) return;
    this.#unpinned = this.#time.after(pinMs, () => this.unpin());
  }
}

/** Whether others lag so much that this one helps. */
function flowsOver(
  { minPending, minAckPending }: Asked,
  { waiting, inHand }: Load,
): boolean {
  if (minPending === 0 && minAckPending === 0) return true;
  return (minPending > 0 && waiting >= minPending) ||
    (minAckPending > 0 && inHand >= minAckPending);
}
