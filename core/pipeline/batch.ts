import { checkKnown, milliseconds, wholeNumber } from "../check_settings.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import { BatchClaim, type Claim } from "./claim.ts";
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

/** Whether one of them is dead. The parts of one delivery stand together. */
function hasDead(claims: readonly Claim[]): boolean {
  let seen: Claim | undefined;
  for (const claim of claims) {
    if (claim === seen) continue;
    seen = claim;
    if (claim.isDead) return true;
  }
  return false;
}

/** Collects payloads, and lets them go on as one. */
class BatchLink implements Link {
  readonly #max: number;
  readonly #waitMs: number;
  readonly #env: PipeEnv;
  readonly #gate: Gate;
  #payloads: unknown[] = [];
  #claims: Claim[] = [];
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
    if (claim.isAlone) return this.#send([payload], [claim]);
    this.#payloads.push(payload);
    this.#claims.push(claim);
    if (this.#waitMs > 0) {
      if (this.#claims.length === 1) this.#arm();
      claim.park(this.#until);
    }
    const leaves = this.#claims.length >= this.#max || this.#isEnded;
    return leaves ? this.#leave() : undefined;
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
    for (const claim of this.#take()) claim.skip();
    this.#payloads = [];
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
    if (this.#claims.length === 0) return undefined;
    let payloads = this.#payloads;
    let claims = this.#take();
    this.#payloads = [];
    if (hasDead(claims)) {
      for (const claim of claims) if (claim.isDead) claim.skip();
      payloads = payloads.filter((_payload, at) => !claims[at]?.isDead);
      claims = claims.filter((claim) => !claim.isDead);
    }
    return this.#send(payloads, claims);
  }

  /** What is collected, which waits no longer. */
  #take(): Claim[] {
    const claims = this.#claims;
    this.#claims = [];
    if (this.#waitMs > 0) { for (const claim of claims) claim.unpark(); }
    return claims;
  }

  #send(
    payloads: readonly unknown[],
    claims: readonly Claim[],
  ): Promise<void> | undefined {
    const [first] = claims;
    if (first === undefined) return undefined;
    return this.#gate.push(payloads, new BatchClaim(first, claims), "");
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
