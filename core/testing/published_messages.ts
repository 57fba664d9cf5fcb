import { matchAddress, parseAddress } from "../contract/address.ts";
import { isPromiseLike } from "../contract/awaitable.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Encoded } from "../contract/codec.ts";
import { headers, type MessageHeaders } from "../contract/headers.ts";
import { codecOf } from "../publish/encode.ts";
import { AssertionError } from "./assertion_error.ts";
import { differences } from "./_same.ts";
import { show } from "./_show.ts";
import type { Published } from "./_recorder.ts";
import { eventLine, type PublishedBy, type TestEvent } from "./test_event.ts";

/** A message that left the application. Plain data. */
export interface PublishedMessage<Payload = unknown> {
  /** What its body decodes to; not checked by a schema. */
  readonly payload: Payload;
  /** Where it went. */
  readonly address: string;
  /** The parameters of that address. */
  readonly params: Readonly<Record<string, string>>;
  /** Fields beside the body. */
  readonly headers: MessageHeaders;
  /** The ordering key, where it has one. */
  readonly key: string | undefined;
  /** The body. */
  readonly body: Uint8Array;
  /** What the broker was given beside the message, if anything. */
  readonly options: object | undefined;
  /** When, in milliseconds since the epoch, by the clock of the test; of a scheduled one, when it became visible. */
  readonly at: number;
  /** The broker by its name. */
  readonly broker: string;
  /** Who published it. */
  readonly by: PublishedBy;
}

/** What a message must have beside its payload. */
export interface BesidePayload {
  /** Fields that it must have; others may be there. By default any will do. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Parameters that its address must have. By default any will do. */
  readonly params?: Readonly<Record<string, string>>;
  /** Its ordering key. By default any will do. */
  readonly key?: string;
  /** What its broker must have been given; other options may be there. By default any will do. */
  readonly options?: object;
}

/** What is looked at. */
export interface PublishedView {
  /** What it is called in messages of failure. */
  readonly what: string;
  readonly channel: AnyChannel;
  all(): readonly Published[];
  /** The latest events that are of interest. */
  events(): readonly TestEvent[];
}

const shown = 10;

/**
 * Messages that an application under test has published to one channel, what the test itself sent not among them.
 *
 * Each assertion returns the same object, so that they chain; one that does not hold throws an {@linkcode AssertionError}. Payloads are compared as whoever reads them sees them: a Date is its text in JSON.
 *
 * @example With what is beside the payload, and as plain data
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, out, RustStream, subscriber, type } from "@ruststream/core";
 * import { testApp } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const audit = channel("audit.{shop}", { payload: type<{ what: string }>() });
 * const handle = subscriber(orders, { out: { audit: out(audit) } }, async ({ id }, ctx) => {
 *   await ctx.out.audit.publish({ what: `order ${id}` }, { params: { shop: "acme" }, headers: { "x-id": "1" } });
 * });
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle));
 *
 * await using t = await testApp(app);
 * await t.publish(orders, { id: 1 });
 * t.published(audit).once({ what: "order 1" }, { params: { shop: "acme" }, headers: { "x-id": "1" } });
 * assert.deepEqual(t.published(audit).payloads, [{ what: "order 1" }]);
 * ```
 */
export class PublishedMessages<Payload = unknown> {
  readonly #view: PublishedView;

  /** Looks at what was published. Made by {@linkcode TestApp.published} and others. */
  constructor(view: object) {
    this.#view = view as PublishedView;
  }

  /**
   * All of them, in order.
   *
   * @throws {AssertionError} If one does not decode.
   */
  get messages(): readonly PublishedMessage<Payload>[] {
    const { channel } = this.#view;
    const pattern = parseAddress(channel.address);
    return this.#view.all().map(({ message, by, at, broker, ...rest }) => ({
      payload: this.#decode(message, rest.nearest) as Payload,
      address: message.address,
      params: matchAddress(pattern, message.address) ?? {},
      headers: headers(message.headers),
      key: message.key,
      body: message.body,
      options: rest.options,
      at,
      broker,
      by,
    }));
  }

  /** Their payloads, in order. */
  get payloads(): readonly Payload[] {
    return this.messages.map(({ payload }) => payload);
  }

  /** There is exactly one; with this payload, and this beside it, where they are given. */
  once(payload?: Payload, beside: BesidePayload = {}): this {
    this.times(1);
    return arguments.length === 0
      ? this
      : this.with(payload as Payload, beside);
  }

  /** There are exactly so many. */
  times(count: number): this {
    const found = this.#view.all().length;
    if (found !== count) {
      const noun = count === 1 ? "message" : "messages";
      this.#fail(`Expected ${count} ${noun}`, found);
    }
    return this;
  }

  /** There is none. */
  none(): this {
    return this.times(0);
  }

  /** At least one has this payload, where one is given, and this beside it. */
  with(payload: Payload | undefined, beside: BesidePayload = {}): this {
    const { messages } = this;
    const nearest = this.#view.all().at(-1)?.nearest;
    const wanted = payload === undefined
      ? undefined
      : this.#onTheWire(payload, nearest);
    const tries = messages.map((message) => [
      ...payload === undefined ? [] : differences(wanted, message.payload),
      ...differencesBeside(beside, message),
    ]);
    if (tries.some((found) => found.length === 0)) return this;
    const but = tries.flatMap((found, at) =>
      found.map((line) => `  message ${at + 1}: ${line}`)
    );
    return this.#fail(
      `Expected a message${payload === undefined ? "" : ` ${show(wanted)}`}${
        besideText(beside)
      }`,
      messages.length,
      but.slice(0, shown),
    );
  }

  #decode(
    message: Published["message"],
    nearest: Published["nearest"],
  ): unknown {
    const { channel, what } = this.#view;
    const codec = codecOf(channel, nearest);
    const fields = headers(message.headers);
    try {
      const decoded = codec.decode({ body: message.body, headers: fields });
      if (!isPromiseLike(decoded)) return decoded;
    } catch (error) {
      throw new AssertionError(
        `Expected ${what} to decode as ${codec.contentType}, found ${
          show(message.body)
        }: ${show(error)}`,
        this.#view.events().slice(-shown),
      );
    }
    throw new TypeError(
      `Cannot decode "${message.address}" here: its codec waits; compare bodies, or decode them by yourself`,
    );
  }

  // What is published is compared as whoever reads it sees it: a Date is its text in JSON.
  #onTheWire(payload: unknown, nearest: Published["nearest"]): unknown {
    const { channel } = this.#view;
    const codec = codecOf(channel, nearest);
    const encoded = codec.encode(payload);
    if (isPromiseLike<Encoded>(encoded)) return payload;
    const { body, headers: fields } = encoded;
    return codec.decode({ body, headers: headers(fields) });
  }

  #fail(
    expected: string,
    found: number,
    details: readonly string[] = [],
  ): never {
    const { what } = this.#view;
    const events = this.#view.events().slice(-shown);
    const bodies = this.#view.all().slice(-shown).map(({ message, by }) =>
      `  ${message.address} ${byText(by)} ${bodyText(message.body)}`
    );
    throw new AssertionError(
      [
        `${expected} of ${what}, found ${found}`,
        ...details,
        ...section("Published", bodies),
        ...section("The latest events", events.map(eventLine)),
      ].join("\n"),
      events,
    );
  }
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines];
}

function byText({ subscriber, as, slot }: PublishedBy): string {
  const how = slot === undefined ? as : `${as} ${slot}`;
  return subscriber === undefined ? how : `${how} of ${subscriber}`;
}

function bodyText(body: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  } catch {
    return show(body);
  }
}

function besideText(beside: BesidePayload): string {
  return Object.keys(beside).length === 0 ? "" : ` with ${show(beside)}`;
}

/** What a message lacks of what it must have beside its payload. */
function differencesBeside(
  { headers: fields = {}, params = {}, key, options = {} }: BesidePayload,
  message: PublishedMessage,
): readonly string[] {
  const found: string[] = [];
  const compare = (at: string, wanted: unknown, there: unknown): void => {
    found.push(
      ...differences(wanted, there).map((line) =>
        `${at}: ${line.replace(/^at /, "")}`
      ),
    );
  };
  for (const [name, wanted] of Object.entries(fields)) {
    const there = message.headers.getAll(name);
    compare(`header ${name}`, wanted, there.length > 1 ? there : there[0]);
  }
  for (const [name, wanted] of Object.entries(params)) {
    compare(`parameter ${name}`, wanted, message.params[name]);
  }
  if (key !== undefined) compare("key", key, message.key);
  for (const [name, wanted] of Object.entries(options)) {
    const given = message.options as Readonly<Record<string, unknown>>;
    compare(`option ${name}`, wanted, given?.[name]);
  }
  return found;
}
