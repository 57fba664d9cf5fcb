import type { StopReport } from "../app/types.ts";
import { attempt } from "../attempt.ts";
import type { Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import { type Clock, systemClock } from "../contract/clock.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Message } from "../contract/message.ts";
import type { PlannedBroker } from "../app/planned.ts";
import { publisher } from "../publish/publisher.ts";
import { replaced } from "./faulty_replace.ts";
import type { AppFaults } from "./app_faults.ts";
import type { FaultLine } from "./_fault_line.ts";
import type { Lives } from "./_lives.ts";
import type { PendingWait } from "./pending.ts";
import type { PublishedMessages } from "./published_messages.ts";
import type { Recorder } from "./_recorder.ts";
import type { Rest } from "./_rest.ts";
import { eventLine, type TestEvent } from "./test_event.ts";
import type { AskOptions, SendOptions, TestApp } from "./test_app_types.ts";
import { TestedSubscriber } from "./tested_subscriber.ts";
import type { TestClock } from "./_test_clock.ts";
import type { Views } from "./_views.ts";
import { waitsOf } from "./_waits.ts";

/** What an application under test is made of. */
export interface UnderTest {
  readonly title: string;
  readonly lives: Lives;
  readonly line: FaultLine;
  readonly recorder: Recorder;
  readonly rest: Rest;
  readonly views: Views;
  /** Absent where time is real. */
  readonly clock: TestClock | undefined;
}

/** A call on its way to the broker, types erased. */
interface Sent<T> {
  /** Resolves when it was handed to the broker, or has failed before. */
  readonly handed: Promise<unknown>;
  readonly ended: Promise<T>;
  isOver(): boolean;
}

type Call<T> = (publishing: Publishing) => Promise<T>;
type Publishing = {
  publish(channel: AnyChannel, payload: unknown, o: object): Promise<unknown>;
  request(channel: AnyChannel, payload: unknown, o: object): Promise<unknown>;
};

/** The application under test, types erased. */
export class TestedApp {
  readonly #of: UnderTest;
  // The test's own connections, as those of another service: made when first needed.
  readonly #connections = new Map<string, Promise<Connection>>();
  #driving: Promise<unknown> = Promise.resolve();
  #stopped: Promise<StopReport> | undefined;

  constructor(of: UnderTest) {
    this.#of = of;
    of.rest.onEndless = () => void this.stop({ drainMs: 0 }).catch(() => {});
  }

  get now(): number {
    return this.#time.now();
  }

  get state(): unknown {
    return this.#of.lives.now.starting.state;
  }

  get failure(): Error | undefined {
    return this.#of.lives.failure;
  }

  get pending(): readonly PendingWait[] {
    const { recorder, rest } = this.#of;
    return waitsOf(recorder, rest.dispatchers, this.now);
  }

  get events(): readonly TestEvent[] {
    return this.#of.recorder.events;
  }

  transcript(): string {
    return this.events.map((event) => `${eventLine(event)}\n`).join("");
  }

  async publish(
    channel: AnyChannel,
    payload: unknown,
    options: SendOptions = {},
  ): Promise<void> {
    const sent = this.#send(
      channel,
      options,
      (to) => to.publish(channel, payload, withoutBroker(options)),
    );
    await sent.handed;
    await this.#drive(async () => {
      if (this.#of.clock === undefined) await sent.ended;
      await this.#of.rest.untilQuiet();
      if (sent.isOver()) return;
      throw new MessagingError(
        "overloaded",
        `Cannot publish to "${channel.address}" before time moves: its broker has no room; use send and advance`,
      );
    });
    await sent.ended;
  }

  async send(
    channel: AnyChannel,
    payload: unknown,
    options: SendOptions = {},
  ): Promise<void> {
    await this.#send(
      channel,
      options,
      (to) => to.publish(channel, payload, withoutBroker(options)),
    ).ended;
  }

  async request(
    channel: AnyChannel,
    payload: unknown,
    options: AskOptions = {},
  ): Promise<unknown> {
    const { timeoutMs = 5_000 } = options;
    const sent = this.#send(
      channel,
      options,
      (to) =>
        to.request(channel, payload, { ...withoutBroker(options), timeoutMs }),
    );
    await sent.handed;
    await this.#drive(async () => {
      if (this.#of.clock === undefined) await sent.ended.catch(() => {});
      await this.#of.rest.untilOver(sent.isOver);
    });
    return await sent.ended;
  }

  async settle(): Promise<void> {
    this.#checkOpen("settle");
    await this.#drive(() => this.#of.rest.untilQuiet());
  }

  async advance(ms: number): Promise<void> {
    this.#checkOpen("advance");
    if (!(ms >= 0 && ms < Infinity)) {
      throw new RangeError(
        `Cannot advance by ${ms} ms: expected a finite number of at least 0`,
      );
    }
    const { rest, clock } = this.#of;
    await this.#drive(async () => {
      if (clock === undefined) await systemClock.sleep(ms);
      await rest.untilQuiet();
      if (clock === undefined) return;
      const until = clock.now() + ms;
      while (rest.step(until)) await rest.untilQuiet();
      await clock.advance(until - clock.now());
    });
  }

  get faults(): AppFaults {
    this.#checkOpen("let a fault happen");
    return this.#of.line;
  }

  async crash(): Promise<void> {
    this.#checkOpen("crash");
    const { line, rest } = this.#of;
    line.checkSuffers("crash");
    await this.#drive(() => {
      line.kill("crash");
      return rest.untilQuiet();
    });
  }

  subscriber(handle: unknown, name?: string): TestedSubscriber {
    return new TestedSubscriber(this.#of.views.subscriber(handle, name));
  }

  published(channel: AnyChannel): PublishedMessages {
    return this.#of.views.published(channel);
  }

  stop(options?: { readonly drainMs?: number }): Promise<StopReport> {
    if (this.#stopped !== undefined) {
      void this.#of.lives.now.running.stop(options).catch(() => {});
      return this.#stopped;
    }
    this.#stopped = this.#stop(options);
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #time(): Clock {
    return this.#of.clock ?? systemClock;
  }

  async #stop(options?: { readonly drainMs?: number }): Promise<StopReport> {
    const { lives } = this.#of;
    // What is under way ends first, whichever way: two must not move time at once.
    await this.#driving.catch(() => {});
    const report = await lives.stop(options);
    await this.closeConnections();
    return report;
  }

  /** Shuts the test's own connections down. */
  async closeConnections(): Promise<void> {
    const { rest } = this.#of;
    for (const connecting of this.#connections.values()) {
      const connection = await connecting.catch(() => undefined);
      if (connection === undefined) continue;
      await rest.untilDone(attempt(() => connection.shutdown()));
    }
  }

  /** Does one thing after the other: what moves time or waits for rest. */
  #drive<T>(work: () => Promise<T>): Promise<T> {
    const driven = this.#driving.then(work, work);
    this.#driving = driven.catch(() => {});
    return driven;
  }

  #checkOpen(deed: string): void {
    const { lives, title } = this.#of;
    if (this.#stopped === undefined && !lives.isOver) return;
    throw new MessagingError(
      "closed",
      `Cannot ${deed}: "${title}" under test has stopped`,
      lives.failure === undefined ? {} : { cause: lives.failure },
    );
  }

  #send<T>(
    channel: AnyChannel,
    { broker }: SendOptions,
    call: Call<T>,
  ): Sent<T> {
    const handed = Promise.withResolvers<void>();
    let over = false;
    const ended = (async () => {
      this.#checkOpen(`send to "${channel.address}"`);
      const planned = this.#of.views.brokerFor(channel, broker);
      const connection = await this.#connection(planned);
      return await call(
        this.#publishing(planned, connection, () => handed.resolve()),
      );
    })();
    const end = (): void => void (over = true);
    ended.then(end, end);
    const either = Promise.race([handed.promise, ended]);
    // Who only waits for the end does not look at this one.
    either.catch(() => {});
    return {
      handed: either,
      ended,
      isOver: () => over,
    };
  }

  #connection({ broker }: PlannedBroker): Promise<Connection> {
    const known = this.#connections.get(broker.name);
    if (known !== undefined) return known;
    const made = broker.connect({ clock: this.#time });
    this.#connections.set(broker.name, made);
    return made;
  }

  /** Publishes on the test's own connection, and tells when a message is handed to the broker. */
  #publishing(
    { codec }: PlannedBroker,
    { publisher: raw }: Connection,
    handed: () => void,
  ): Publishing {
    const { recorder } = this.#of;
    const telling = (send: unknown) => (message: Message, options: unknown) => {
      const at = this.now;
      recorder.add({ kind: "sent", at, address: message.address });
      handed();
      return (send as (m: Message, o: unknown) => unknown)
        .call(raw, message, options);
    };
    const { request } = raw as { request?: unknown };
    return publisher(
      {
        publisher: replaced(raw, {
          publish: telling(raw.publish),
          ...(request === undefined ? {} : { request: telling(request) }),
        }),
      },
      { ...(codec === undefined ? {} : { codec }), clock: this.#time },
    ) as unknown as Publishing;
  }
}

function withoutBroker(
  { broker: _broker, ...options }: SendOptions,
): object {
  return options;
}

/** The same with its types. */
export function typed<State>(app: TestedApp): TestApp<State> {
  return app as unknown as TestApp<State>;
}
