import type { InputOf } from "../contract/channel.ts";
import type { Out } from "../publish/out.ts";
import type { Handles } from "../subscriber_types.ts";
import { AssertionError } from "./assertion_error.ts";
import type { Attempt, HandlerCall } from "./call.ts";
import type { PublishedMessages } from "./published_messages.ts";
import { differences } from "./_same.ts";
import { show } from "./_show.ts";
import { eventLine, type TestEvent, type TestOutcome } from "./test_event.ts";

/** What is looked at. */
export interface SubscriberView {
  readonly name: string;
  calls(): readonly HandlerCall[];
  attempts(): readonly Attempt[];
  events(): readonly TestEvent[];
  slot(slot: string): PublishedMessages;
  replies(): PublishedMessages;
  deadLetters(): PublishedMessages;
}

/** The payloads that a slot publishes. */
export type SlotPayload<O, K> = K extends keyof O
  ? O[K] extends Out<infer Ch> ? InputOf<Ch> : unknown
  : unknown;

/** The names of its slots; any, where they are not known. */
export type SlotName<O> = unknown extends O ? string : keyof O & string;

const shown = 10;

/**
 * What a subscriber of an application under test was called with, and how that ended.
 *
 * Each assertion returns what further ones are about: those that name a payload narrow to the calls that had it. One that does not hold throws an {@linkcode AssertionError}.
 *
 * @example What became of which order
 * ```ts
 * import assert from "node:assert/strict";
 * import { bytes, channel, reject, RustStream, subscriber } from "@ruststream/core";
 * import { testApp } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const handle = subscriber(orders, { deadLetter: bytes("dead") }, ({ id }) => id === 2 ? reject("small") : undefined);
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle));
 *
 * await using t = await testApp(app);
 * for (const id of [1, 2]) await t.publish(orders, { id });
 * t.subscriber(handle).calledTimes(2).acked(1).deadLettered(1);
 * t.subscriber(handle).calledWith({ id: 2 }).deadLettered();
 * assert.deepEqual(t.subscriber(handle).outcomes, ["ack", "dead-letter"]);
 * ```
 */
export class TestedSubscriber<H extends Handles = Handles> {
  readonly #view: SubscriberView;
  /** The calls that it is about; all, where it is not narrowed. */
  readonly #only: readonly HandlerCall[] | undefined;

  /** Looks at a subscriber. Made by {@linkcode TestApp.subscriber}. */
  constructor(view: object, only?: readonly HandlerCall[]) {
    this.#view = view as SubscriberView;
    this.#only = only;
  }

  /** The subscriber's name. */
  get name(): string {
    return this.#view.name;
  }

  /** Calls of the handler, in order: one a delivery or a batch, and one for each attempt. */
  get calls(): readonly HandlerCall<H["payload"]>[] {
    return this.#only ?? this.#view.calls();
  }

  /** What it was called with, in order. */
  get received(): readonly H["payload"][] {
    return this.calls.map(({ payload }) => payload);
  }

  /** Every attempt that ran or ended, in order: also of deliveries that no handler was called with. */
  get attempts(): readonly Attempt[] {
    return this.#only?.flatMap(({ attempts }) => attempts) ??
      this.#view.attempts();
  }

  /** How those attempts ended; undefined where one has not. */
  get outcomes(): readonly (TestOutcome | undefined)[] {
    return this.attempts.map(({ outcome }) => outcome);
  }

  /** The bodies of those attempts, as they came. */
  get bodies(): readonly Uint8Array[] {
    return this.attempts.map(({ body }) => body);
  }

  /** What happened to its deliveries, in order. */
  get events(): readonly TestEvent[] {
    return this.#view.events();
  }

  /** It was called at least once. */
  called(): this {
    if (this.calls.length === 0) this.#fail("Expected a call", "none");
    return this;
  }

  /** It was called exactly once. */
  calledOnce(): this {
    return this.calledTimes(1);
  }

  /** It was called exactly so often; a batch is one call, and each attempt is one. */
  calledTimes(count: number): this {
    const { length } = this.calls;
    if (length !== count) {
      this.#fail(`Expected ${count} ${count === 1 ? "call" : "calls"}`, length);
    }
    return this;
  }

  /** It was not called. */
  notCalled(): this {
    return this.calledTimes(0);
  }

  /** It was called at least once with this payload; of a batch, with this list of payloads. Goes on with those calls. */
  calledWith(payload: H["payload"]): TestedSubscriber<H> {
    const tries = this.calls.map((call) => ({
      call,
      found: differences(payload, call.payload),
    }));
    const same = tries.filter(({ found }) => found.length === 0);
    if (same.length > 0) {
      return new TestedSubscriber(this.#view, same.map(({ call }) => call));
    }
    const but = tries.flatMap(({ found }, at) =>
      found.map((line) => `  call ${at + 1}: ${line}`)
    );
    return this.#fail(
      `Expected a call with ${show(payload)}`,
      tries.length === 0
        ? "none"
        : `${tries.length} ${tries.length === 1 ? "other" : "others"}`,
      but.slice(0, shown),
    );
  }

  /** It was called exactly once, and with this payload. Goes on with that call. */
  calledOnceWith(payload: H["payload"]): TestedSubscriber<H> {
    return this.calledOnce().calledWith(payload);
  }

  /** At least one attempt was acked; exactly so many, where that is given. */
  acked(times?: number): this {
    return this.ended("ack", times);
  }

  /** At least one attempt is tried again, wherever it waits for that; exactly so many, where that is given. */
  retried(times?: number): this {
    return this.ended("retry", times);
  }

  /** At least one attempt was rejected without a dead letter; exactly so many, where that is given. */
  rejected(times?: number): this {
    return this.ended("reject", times);
  }

  /** At least one attempt ended as a dead letter; exactly so many, where that is given. */
  deadLettered(times?: number): this {
    return this.ended("dead-letter", times);
  }

  /** At least one attempt ended so; exactly so many, where that is given. */
  ended(outcome: TestOutcome, times?: number): this {
    const { outcomes } = this;
    const count = outcomes.filter((one) => one === outcome).length;
    if (times === undefined ? count > 0 : count === times) return this;
    const expected = times === undefined
      ? `"${outcome}"`
      : `${times} times "${outcome}"`;
    const found = outcomes.map((one) => one ?? "not ended").join(", ");
    return this.#fail(`Expected the outcome ${expected}`, found || "none");
  }

  /** What it published through one of its slots. */
  out<K extends SlotName<H["out"]>>(
    slot: K,
  ): PublishedMessages<SlotPayload<H["out"], K>> {
    return this.#view.slot(slot) as PublishedMessages<
      SlotPayload<H["out"], K>
    >;
  }

  /** What it replied, wherever that went. */
  get replies(): PublishedMessages<InputOf<H["reply"]>> {
    return this.#view.replies() as PublishedMessages<InputOf<H["reply"]>>;
  }

  /** What it published as dead letters. */
  get deadLetters(): PublishedMessages<unknown> {
    return this.#view.deadLetters();
  }

  #fail(
    expected: string,
    found: string | number,
    details: readonly string[] = [],
  ): never {
    const calls = this.calls.slice(-shown).map(({ payload, attempts }) =>
      `  ${show(payload)}: ${
        attempts.map(({ attempt, outcome = "not ended" }) =>
          `#${attempt} ${outcome}`
        ).join(", ")
      }`
    );
    const events = this.events.slice(-shown);
    throw new AssertionError(
      [
        `${expected} of "${this.name}", found ${found}`,
        ...details,
        ...calls.length === 0 ? [] : ["", "Calls:", ...calls],
        "",
        events.length === 0 ? "Nothing has arrived." : "The latest events:",
        ...events.map(eventLine),
      ].join("\n"),
      events,
    );
  }
}
