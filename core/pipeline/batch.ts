import { checkKnown, milliseconds, wholeNumber } from "../check_settings.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import { BatchClaim, type Claim, type Member } from "./claim.ts";
import { Gate, type Link } from "./link.ts";
import { type Stage, stageOf } from "./stage.ts";

/** Options for the stage {@linkcode batch}. */
export interface BatchStageOptions {
  /** The most payloads of one batch. */
  readonly max: number;
  /**
   * How long to wait for more after the first payload, in milliseconds.
   *
   * @default {0}
   */
  readonly waitMs?: number;
}

/** The payloads of a batch, and whose they are: the parts of one delivery mostly stand together, and are counted. */
interface Collected {
  readonly payloads: readonly unknown[];
  readonly members: readonly Member[];
}

function hasDead(members: readonly Member[]): boolean {
  for (const { claim } of members) if (claim.isDead) return true;
  return false;
}

/** What is left when those are skipped that are dead. */
function withoutDead({ payloads, members }: Collected): Collected {
  let at = 0;
  const alive = members.map(({ claim, parts }) => {
    const own = payloads.slice(at, at += parts);
    return { claim, parts, own, isDead: claim.isDead };
  });
  for (const { claim, parts, isDead } of alive) if (isDead) claim.skip(parts);
  const left = alive.filter(({ isDead }) => !isDead);
  return { payloads: left.flatMap(({ own }) => own), members: left };
}

/** Collects payloads, and lets them go on as one. */
class BatchLink implements Link {
  readonly #max: number;
  readonly #waitMs: number;
  readonly #env: PipeEnv;
  readonly #gate: Gate;
  #payloads: unknown[] = [];
  #members: Member[] = [];
  #isEnded = false;
  #cancel: (() => void) | undefined = undefined;
  // When the timer of what is collected is due.
  #until = 0;

  constructor(max: number, waitMs: number, env: PipeEnv, next: Link) {
    this.#max = max;
    this.#waitMs = waitMs;
    this.#env = env;
    // A batch leaves by its timer too, while the one before it may be under way.
    this.#gate = new Gate(next);
  }

  push(payload: unknown, claim: Claim): Promise<void> | undefined {
    if (claim.isAlone) {
      return this.#send({
        payloads: [payload],
        members: [{ claim, parts: 1 }],
      });
    }
    const size = this.#payloads.push(payload);
    const last = size > 1 ? this.#members[this.#members.length - 1] : undefined;
    if (last?.claim === claim) last.parts++;
    else this.#members.push({ claim, parts: 1 });
    if (this.#waitMs > 0) {
      if (size === 1) this.#arm();
      claim.park(this.#until);
    }
    return size >= this.#max || this.#isEnded ? this.#leave() : undefined;
  }

  idle(full: boolean): void {
    if (full || this.#waitMs === 0) void this.#leave();
    this.#gate.idle(full);
  }

  end(): Promise<void> {
    this.#isEnded = true;
    void this.#leave();
    return this.#gate.end();
  }

  drop(reason: unknown): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const { claim, parts } of this.#take().members) claim.skip(parts);
    this.#gate.drop(reason);
  }

  #arm(): void {
    const { clock } = this.#env;
    this.#until = clock.now() + this.#waitMs;
    this.#cancel = clock.after(this.#waitMs, () => {
      this.#cancel = undefined;
      void this.#leave();
    });
  }

  #leave(): Promise<void> | undefined {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#members.length === 0) return undefined;
    const collected = this.#take();
    return this.#send(
      hasDead(collected.members) ? withoutDead(collected) : collected,
    );
  }

  /** What is collected, which waits no longer. */
  #take(): Collected {
    const payloads = this.#payloads;
    const members = this.#members;
    this.#payloads = [];
    this.#members = [];
    if (this.#waitMs > 0) {
      for (const { claim, parts } of members) claim.unpark(parts);
    }
    return { payloads, members };
  }

  #send({ payloads, members }: Collected): Promise<void> | undefined {
    const first = members[0]?.claim;
    if (first === undefined) return undefined;
    const claim = new BatchClaim(first, members);
    return this.#gate.push(payloads, claim, "");
  }
}

/**
 * Several payloads as one; settled together, each delivery by itself.
 *
 * A batch leaves when it is full, after `waitMs`, when the stream ends, and when nothing more can come: without a wait, as soon as all that has arrived is taken; in any case when `maxInFlight` is reached. Behind a foreign stage a turn of the event loop without a chunk takes the place of both. A delivery whose batch has failed comes again alone, so that one bad payload holds up no other.
 *
 * @example Two go together
 * ```ts
 * import assert from "node:assert/strict";
 * import { batch, channel, publisher, readable } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * await using connection = await new MemoryBroker().connect();
 * const pairs = readable(connection, orders).pipeThrough(batch({ max: 2, waitMs: 1_000 }));
 * const reader = pairs.readable.getReader();
 * const first = reader.read();
 * for (const id of [1, 2]) await publisher(connection).publish(orders, { id });
 * const { value } = await first;
 * assert.equal(value?.payload.length, 2);
 * await value?.settle();
 * await reader.cancel();
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 */
export function batch<I>(options: BatchStageOptions): Stage<I, readonly I[]> {
  const where = "stage batch";
  checkKnown(where, options, ["max", "waitMs"]);
  const { max, waitMs = 0 } = options;
  wholeNumber(where, "max", max, 1);
  milliseconds(where, "waitMs", waitMs);
  return stageOf({
    name: "batch",
    holds: true,
    batchMax: max,
    waitMs,
    open: (env, next) => new BatchLink(max, waitMs, env, next),
  });
}
