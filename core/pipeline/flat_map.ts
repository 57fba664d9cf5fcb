import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { refuseOption } from "../check_settings.ts";
import { acked } from "../dispatch/end.ts";
import type { Claim } from "./claim.ts";
import { type Link, type Place, placeOf } from "./link.ts";
import { checkStage, type Stage, stageOf, type StageOptions } from "./stage.ts";
import { eachPlan } from "./stages.ts";

/** Options for {@linkcode flatMap}. */
export interface FlatMapOptions extends StageOptions {
  /** The most parts of one payload; one more and it fails. By default their number does not matter. */
  readonly maxParts?: number;
}

type Parts = readonly unknown[];

function tooMany(name: string, maxParts: number): RangeError {
  return new RangeError(
    `Cannot go on with stage "${name}": it made more than ${maxParts} parts of one payload`,
  );
}

async function collect(
  name: string,
  made: AsyncIterable<unknown>,
  maxParts: number,
): Promise<Parts> {
  const parts: unknown[] = [];
  for await (const part of made) {
    if (parts.length === maxParts) throw tooMany(name, maxParts);
    parts.push(part);
  }
  return parts;
}

function collectNow(
  name: string,
  made: Iterable<unknown>,
  maxParts: number,
): Parts {
  if (Array.isArray(made) && made.length <= maxParts) return made;
  const parts: unknown[] = [];
  for (const part of made) {
    if (parts.length === maxParts) throw tooMany(name, maxParts);
    parts.push(part);
  }
  return parts;
}

/** The whole result, before any of it goes on: what fails half-way publishes nothing. */
function partsOf(
  name: string,
  made: unknown,
  maxParts: number,
): Awaitable<Parts> {
  // Most often it is one, and to ask for anything else costs more than to copy it.
  if (Array.isArray(made)) return collectNow(name, made, maxParts);
  if (isPromiseLike<unknown>(made)) {
    return Promise.resolve(made).then((done) => partsOf(name, done, maxParts));
  }
  const { [Symbol.iterator]: now, [Symbol.asyncIterator]: later } = Object(
    made,
  ) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  if (typeof now === "function") {
    return collectNow(name, made as Iterable<unknown>, maxParts);
  }
  if (typeof later === "function") {
    return collect(name, made as AsyncIterable<unknown>, maxParts);
  }
  throw new TypeError(
    `Cannot go on with stage "${name}": expected something to iterate over, found ${typeof made}`,
  );
}

// What waits is apart from what does not, here and in all that each message goes through: a function that makes a closure allocates a scope at each call, though it be not made.

/** Shares a claim among its parts, and pushes them one by one; those behind a failed one are skipped. */
function spread(
  next: Link,
  parts: Parts,
  claim: Claim,
  at: Place,
): Promise<void> | undefined {
  if (parts.length === 0) {
    claim.end(acked);
    return undefined;
  }
  claim.share(parts.length);
  return pushFrom(0, parts.length, next, parts, claim, at);
}

function pushFrom(
  first: number,
  count: number,
  next: Link,
  parts: Parts,
  claim: Claim,
  at: Place,
): Promise<void> | undefined {
  for (let part = first; part < count; part++) {
    if (claim.isDead) {
      claim.skip();
      continue;
    }
    const wait = next.push(parts[part], claim, placeOf(at, part));
    if (wait !== undefined) {
      // A copy of the rest: the list is still its maker's, who may change it meanwhile.
      const rest = parts.slice(0, count);
      return pushAfter(wait, part + 1, next, rest, claim, at);
    }
  }
  return undefined;
}

function pushAfter(
  wait: Promise<void>,
  first: number,
  next: Link,
  parts: Parts,
  claim: Claim,
  at: Place,
): Promise<void> {
  return wait.then(() => pushFrom(first, parts.length, next, parts, claim, at));
}

/**
 * Many payloads for one, or none: then the delivery is acked.
 *
 * The parts share what is owed. The delivery is settled once, when the last part has ended, as the worst of them did; when one has failed, those not begun are skipped. Parts that were published before go out again when the delivery is retried.
 *
 * @example An order becomes its items
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, flatMap, publisher, readable } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ items: string[] }>("orders");
 * await using connection = await new MemoryBroker().connect();
 * const items = readable(connection, orders).pipeThrough(flatMap((order) => order.items));
 * const reader = items.readable.getReader();
 * const first = reader.read();
 * await publisher(connection).publish(orders, { items: ["a", "b"] });
 * const parts = [await first, await reader.read()];
 * assert.deepEqual(parts.map(({ value }) => value?.payload), ["a", "b"]);
 * for (const { value } of parts) await value?.settle();
 * await reader.cancel();
 * ```
 *
 * @throws {TypeError} If the function or an option is none.
 * @throws {RangeError} If a number is out of its range.
 */
export function flatMap<I, O>(
  f: (payload: I) => Awaitable<Iterable<O>> | AsyncIterable<O>,
  options: FlatMapOptions = {},
): Stage<I, O> {
  const name = checkStage("flatMap", f, options, ["maxParts"]);
  const { timeoutMs, maxParts = Infinity } = options;
  if (
    typeof maxParts !== "number" ||
    !(maxParts >= 1 && (maxParts === Infinity || Number.isInteger(maxParts)))
  ) {
    const kind = "a whole number of at least 1";
    refuseOption("stage flatMap", "maxParts", kind, maxParts);
  }
  return stageOf(eachPlan({
    name,
    timeoutMs,
    looks: false,
    run: (payload) => partsOf(name, f(payload as I), maxParts),
    pass: (next, _payload, result, claim, at) =>
      spread(next, result as Parts, claim, at),
  }));
}
