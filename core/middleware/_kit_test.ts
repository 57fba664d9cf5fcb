// What the tests of shipped middleware share; there is no test in it.
import {
  type Logger,
  type Middleware,
  type Notice,
  type PublishMiddleware,
  type Running,
  RustStream,
  type StopReport,
  type Subscriber,
} from "@ruststream/core";
import {
  type Connection,
  headers,
  systemClock,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";

export interface Order {
  readonly id: number;
}

/** A line of the application's log. */
export interface Line {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Retries that come at once, so that only what is tested takes time. */
export const atOnce = {
  backoff: { initialMs: 0, maxMs: 0, jitter: false },
} as const;

/** An application on a memory broker and a virtual clock. Disposing stops it, and fails where a timer is left. */
export class Kit implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly broker: MemoryBroker = new MemoryBroker();
  readonly lines: Line[] = [];
  readonly notices: Notice[] = [];
  running: Running | undefined;
  /** What its logger throws, if anything. */
  logFailure: Error | undefined;

  readonly logger: Logger = {
    debug: (message, fields) => this.#say("debug", message, fields),
    info: (message, fields) => this.#say("info", message, fields),
    warn: (message, fields) => this.#say("warn", message, fields),
    error: (message, fields) => this.#say("error", message, fields),
  };

  /** Starts an application of these subscribers, on this clock or another. */
  async start(
    included:
      | Subscriber<Connection, undefined>
      | readonly Subscriber<Connection, undefined>[],
    use: readonly Middleware[] = [],
    usePublish: readonly PublishMiddleware[] = [],
    clock: VirtualClock = this.clock,
  ): Promise<Running> {
    const all = [included].flat() as readonly Subscriber<
      Connection,
      undefined
    >[];
    const app = new RustStream({
      title: "test",
      version: "0",
      logger: this.logger,
    }).withBroker(this.broker, (b) => {
      for (const one of all) b.include(one as never);
    }).observe({ notice: (notice) => this.notices.push(notice) });
    for (const one of use) app.use(one);
    for (const one of usePublish) app.usePublish(one);
    this.running = await app.start({ clock });
    return this.running;
  }

  /** Publishes numbered orders, each with these headers, and lets them be handled. */
  async publish(
    ids: readonly number[],
    fields: Readonly<Record<string, string>> = {},
    address = "orders",
  ): Promise<void> {
    assert.ok(this.running !== undefined);
    const [connection] = this.running.connections.values();
    for (const id of ids) {
      await connection?.publisher.publish({
        address,
        body: new TextEncoder().encode(JSON.stringify({ id })),
        headers: headers(fields),
      });
    }
    await this.turns();
  }

  /** Lets what can run now run. */
  async turns(): Promise<void> {
    await this.clock.advance(0);
  }

  /** Stops, and lets time pass until that is done. */
  async stop(
    drainMs: number = 30_000,
    clock: VirtualClock = this.clock,
  ): Promise<StopReport> {
    let isDone = false;
    const stopped = (async () => {
      const report = await this.running?.stop({ drainMs });
      isDone = true;
      return report;
    })();
    for (let n = 0; !isDone && n < 1_000; n++) {
      await clock.advance((clock.nextAt ?? clock.now()) - clock.now());
    }
    assert.ok(isDone, "the service does not stop");
    this.running = undefined;
    return await stopped as StopReport;
  }

  /** The lines of a level, as they were said. */
  said(level: keyof Logger): readonly string[] {
    return this.lines.filter((line) => line.level === level)
      .map(({ message }) => message);
  }

  #say(level: keyof Logger, message: string, fields: object = {}): void {
    this.lines.push({ level, message, fields: { ...fields } });
    if (this.logFailure !== undefined) throw this.logFailure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running !== undefined) await this.stop(1);
    assert.equal(this.clock.pending, 0, "a timer was left behind");
  }
}

/** A promise, and what settles it. */
export function gate<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}

/** Lets everything run that can. */
export async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await systemClock.turn();
}
