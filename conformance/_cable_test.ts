// Brokers over memory whose connections can be cut, and one that drops what is not read. There is no test in it.
import {
  type BrokerEvent,
  type Connection,
  type Delivery,
  type Message,
  MessagingError,
  type RequestOptions,
  type Requests,
  type Settlement,
  type Subscription,
  type Transaction,
  type Transacts,
} from "@ruststream/core/contract";
import type { Fault } from "@ruststream/core/testing";

const cableOf: unique symbol = Symbol("cable");

/** What one connection hangs on. */
class Cable {
  readonly lost: PromiseWithResolvers<never> = Promise.withResolvers<never>();
  readonly joined: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  state: "whole" | "cut" | "joined" = "whole";
  losesCommit = false;
  readonly #onChange: (kind: "disconnected" | "connected") => void;

  constructor(onChange: (kind: "disconnected" | "connected") => void) {
    this.#onChange = onChange;
    this.lost.promise.catch(() => {});
  }

  get isCut(): boolean {
    return this.state === "cut";
  }

  get error(): MessagingError {
    return new MessagingError("connection", "Cannot go on: the cable was cut");
  }

  cut(): void {
    this.state = "cut";
    this.#onChange("disconnected");
    this.lost.reject(this.error);
  }

  join(): void {
    this.state = "joined";
    this.joined.resolve();
    this.#onChange("connected");
  }

  /** Does what needs the connection, and loses its answer when that is cut. */
  async over<T>(run: () => T): Promise<Awaited<T>> {
    if (this.isCut) throw this.error;
    if (this.state === "joined") return await run();
    return await Promise.race([run(), this.lost.promise]);
  }
}

/** How the bench cuts a connection. */
export function cut(connection: Connection): void {
  Reflect.get(connection, cableOf).cut();
}

/** How the bench joins it. */
export function mend(connection: Connection): void {
  Reflect.get(connection, cableOf).join();
}

/** How the bench loses the answer to the next commit. */
export function loseCommit(connection: Connection): void {
  Reflect.get(connection, cableOf).losesCommit = true;
}

function overCable(open: Transaction, cable: Cable): Transaction {
  return {
    confirms: open.confirms,
    publish: (...given) => cable.over(() => open.publish(...given)),
    commit: async (options) => {
      await cable.over(() => open.commit(options));
      if (!cable.losesCommit) return;
      cable.losesCommit = false;
      throw new MessagingError("timeout", "Cannot commit: no answer came", {
        retryable: false,
      });
    },
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

/** Options for {@linkcode cables}. */
interface CablesOptions {
  /** Whether a connection that is cut waits to be joined. Else it is closed for good. */
  readonly waits: boolean;
  /** Gets what cuts each connection. */
  readonly cuts?: (() => void)[];
}

/** Not a fault: a broker with cables. */
export function cables({ waits, cuts }: CablesOptions): Fault {
  const cables = new WeakMap<Connection, Cable>();
  const reports = new WeakMap<Connection, (event: BrokerEvent) => void>();
  const of = (connection: Connection): Cable => {
    const cable = cables.get(connection) ?? new Cable((kind) => {
      reports.get(connection)?.({ kind });
      if (kind === "disconnected" && !waits) void connection.shutdown();
    });
    cables.set(connection, cable);
    return cable;
  };
  return {
    breaks: "Nothing: its connections can be cut.",
    connection: (connection, { report }) => {
      const cable = of(connection);
      if (report !== undefined) reports.set(connection, report);
      cuts?.push(() => cable.cut());
      return {
        [cableOf]: cable,
        get state() {
          if (!cable.isCut || connection.state === "closed") {
            return connection.state;
          }
          return waits ? "reconnecting" : "closed";
        },
        closed: connection.closed.then(() =>
          cable.isCut && !waits ? cable.error : undefined
        ),
        subscribe: (...given: Parameters<Connection["subscribe"]>) =>
          cable.over(() => connection.subscribe(...given)),
      };
    },
    publisher: (publisher, connection) => {
      const cable = of(connection);
      const all = publisher as typeof publisher & Requests & Transacts;
      return {
        publish: (message: Message, options?: object) =>
          cable.over(() => publisher.publish(message, options)),
        request: (message: Message, options: RequestOptions) =>
          cable.over(() => all.request(message, options)),
        begin: (options?: object) =>
          cable.over(async () => overCable(await all.begin(options), cable)),
      };
    },
    reader: (reader, { connection }) => ({
      read: async () => {
        const cable = of(connection);
        const read = await reader.read();
        if (!cable.isCut) return read;
        if (!waits) throw cable.error;
        // Beneath, a stream ends while the cable is cut by a shutdown alone.
        if (read.done) return read;
        await cable.joined.promise;
        return read;
      },
    }),
    delivery: (delivery, { connection }) => {
      const cable = of(connection);
      return {
        settle: (settlement: Settlement) =>
          waits
            ? cable.over(() => delivery.settle(settlement))
            : delivery.settle(settlement),
      };
    },
  };
}

/** Not a fault: a broker that drops what a subscription without a group leaves unread beyond so many, and says so. */
export function drops(most: number): Fault {
  const reports = new WeakMap<Connection, (event: BrokerEvent) => void>();
  return {
    breaks: "Nothing: it drops for readers that are slow.",
    connection: (connection, { report }) => {
      if (report !== undefined) reports.set(connection, report);
      return {};
    },
    reader: (reader, { connection, subscription, options }) => ({
      read: async () => {
        const count = options.group === undefined
          ? await excess(subscription, most)
          : 0;
        const dropped: Delivery[] = [];
        while (dropped.length < count) {
          const { value } = await reader.read();
          dropped.push(...[value as Delivery | readonly Delivery[]].flat());
        }
        for (const one of dropped) await one.settle({ kind: "ack" });
        if (dropped.length > 0) {
          const report = reports.get(connection);
          report?.({ kind: "slow" });
          report?.({ kind: "dropped", count: dropped.length });
        }
        return await reader.read();
      },
    }),
  };
}

async function excess(
  subscription: Subscription,
  most: number,
): Promise<number> {
  const { waiting = 0 } = await subscription.backlog?.() ?? {};
  return Math.max(0, waiting - most);
}
