// What the tests of pipelines share; there is no test in it.
import {
  channel,
  type Logger,
  type Notice,
  type Observer,
  publisher,
  type ReadableOptions,
} from "@ruststream/core";
import {
  type Broker,
  type Channel,
  type Message,
  MessagingError,
  parseAddress,
  type Settlement,
  systemClock,
} from "@ruststream/core/contract";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker, type MemoryConnection } from "@ruststream/memory";

export interface Order {
  readonly id: number;
  readonly items?: readonly string[];
}
type Plain<T> = Channel<"", T, T, unknown>;
export const orders: Plain<Order> = channel<Order>("orders");
export const numbers: Plain<number> = channel<number>("numbers");
export const lists: Plain<readonly number[]> = channel<readonly number[]>(
  "lists",
);
export const group = "workers";

export const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

const decoder = new TextDecoder();

/** A memory broker, a connection whose publishes and settlements can be watched and broken, and a clock. */
export class Kit implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock({ seed: 7 });
  readonly notices: Notice[] = [];
  /** Settlements as they were made, in words. */
  readonly settled: string[] = [];
  readonly published: unknown[] = [];
  readonly ids: (string | undefined)[] = [];
  /** Stands before each publish to an address but "orders". */
  onPublish: (message: Message) => unknown = () => {};
  onSettle: (settlement: Settlement) => unknown = () => {};
  connection!: MemoryConnection;
  readonly down: MessagingError = down();
  /** Ends the stream of all subscriptions, as if by itself. */
  lose: () => void = () => {};
  readonly broker: Broker<MemoryConnection>;
  readonly observer: Observer = {
    notice: (notice) => void this.notices.push(notice),
  };

  constructor(memory: MemoryBroker = new MemoryBroker()) {
    this.broker = faulty(memory, {
      breaks: "What the test says.",
      publisher: (raw) => ({
        publish: (message: Message) => {
          if (message.address === "orders") return raw.publish(message);
          const first = this.onPublish(message);
          const go = (): unknown => {
            this.published.push(JSON.parse(decoder.decode(message.body)));
            this.ids.push(message.headers?.get("message-id"));
            return raw.publish(message);
          };
          return first instanceof Promise ? first.then(go) : go();
        },
      }),
      reader: (reader) => {
        const lost = later<ReadableStreamReadResult<unknown>>();
        const before = this.lose;
        this.lose = () => {
          before();
          lost.resolve({ done: true, value: undefined });
        };
        return { read: () => Promise.race([reader.read(), lost.promise]) };
      },
      delivery: (delivery) => ({
        settle: (settlement: Settlement) => {
          const first = this.onSettle(settlement);
          const go = (): unknown => {
            this.settled.push(settlement.kind);
            return delivery.settle(settlement);
          };
          return first instanceof Promise ? first.then(go) : go();
        },
      }),
    }) as Broker<MemoryConnection>;
  }

  static async open(memory?: MemoryBroker): Promise<Kit> {
    const kit = new Kit(memory);
    kit.connection = await kit.broker.connect({ clock: kit.clock });
    return kit;
  }

  get options(): ReadableOptions {
    const { clock, observer } = this;
    return { group, clock, observer, logger: silent };
  }

  /** Notices by their code. */
  get codes(): readonly string[] {
    return this.notices.map(({ code }) => code);
  }

  /** Publishes orders of these ids. */
  async send(...ids: readonly number[]): Promise<void> {
    for (const id of ids) await this.order({ id });
  }

  async order(order: Order): Promise<void> {
    await publisher(this.connection).publish(orders, order);
  }

  /** The ids that the group still gets, with their attempts. Takes them. */
  async remaining(): Promise<readonly string[]> {
    const seen: string[] = [];
    const subscription = await this.connection.subscribe(
      parseAddress("orders"),
      { group },
    );
    const reader = subscription.batches(1_000).getReader();
    const read = (async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        for (const { message, attempt } of value) {
          seen.push(
            `${JSON.parse(decoder.decode(message.body)).id}#${attempt}`,
          );
        }
      }
    })();
    await rest();
    await reader.cancel();
    await read;
    await subscription[Symbol.asyncDispose]();
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection?.shutdown();
  }
}

/** Lets everything run that waits for nothing but the event loop. */
export async function rest(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await systemClock.turn();
}

/** A promise that somebody else ends. */
export function later<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}

/** The broker is down. */
export function down(): MessagingError {
  return new MessagingError("connection", "Cannot publish: it is down");
}
