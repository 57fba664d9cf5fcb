// A pipeline whose process is killed again and again; there is no test in it.
import {
  batch,
  channel,
  filter,
  flatMap,
  jsonCodec,
  map,
  parallel,
  type Pipeline,
  readable,
  sinkTo,
  type,
} from "@ruststream/core";
import {
  type Codec,
  type Connection,
  type Message,
  MessagingError,
  type Settlement,
  systemClock,
} from "@ruststream/core/contract";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import { silent } from "./_kit_test.ts";

interface Order {
  readonly id: number;
}
interface Part extends Order {
  readonly part: number;
}

/** Where a process dies. */
export const steps = [
  "before decode",
  "in a stage",
  "before publish",
  "before confirm",
  "before ack",
] as const;
export type Step = (typeof steps)[number];

/** What becomes of an order, by the name of the shape: parts each on their own, or many in one message. */
export const shapes = ["parts", "batches"] as const;
export type Shape = (typeof shapes)[number];

/** What a run is made of. */
export interface KillOptions {
  readonly step: Step;
  readonly shape: Shape;
  readonly messages: number;
  readonly seed: number;
}

/** What was seen. */
export interface KillReport {
  readonly kills: number;
  /** Parts that never came out. */
  readonly lost: number;
  readonly duplicates: number;
  /** Duplicates of orders that were not in hand at a kill. */
  readonly unexplained: number;
}

const partsEach = 2;
const group = "workers";
const maxInFlight = 32;
const decoder = new TextDecoder();
const never = (): Promise<never> => new Promise(() => {});

/** One process. What it does after its death reaches nobody. */
class Life {
  readonly died = Promise.withResolvers<void>();
  readonly inHand = new Set<number>();
  isDead = false;
  #left: number;

  constructor(left: number) {
    this.#left = left;
  }

  /** The process comes to where it may die. */
  at(): void {
    if (this.isDead || --this.#left > 0) return;
    this.isDead = true;
    this.died.resolve();
  }
}

class Killing {
  readonly #options: KillOptions;
  readonly #random: () => number;
  readonly #memory = new MemoryBroker();
  /** How often each part came out, by its id. */
  readonly #out = new Map<string, number>();
  /** Orders that were in hand at a kill. */
  readonly #interrupted = new Set<number>();
  #acked = 0;
  #kills = 0;

  constructor(options: KillOptions) {
    this.#options = options;
    const clock = new VirtualClock({ seed: options.seed });
    this.#random = () => clock.random();
  }

  async run(): Promise<KillReport> {
    const { messages } = this.#options;
    const sender = await this.#memory.connect();
    let sent = 0;
    while (this.#acked < messages) {
      const life = new Life(this.#lifetime());
      const connection = await this.#connect(life);
      const stop = new AbortController();
      const done = this.#pipe(connection, life, stop.signal).catch(() => {});
      for (; sent < messages; sent++) {
        await sender.publisher.publish({
          address: "orders",
          body: new TextEncoder().encode(JSON.stringify({ id: sent })),
        });
      }
      await this.#untilOver(life);
      if (life.isDead) {
        this.#kills++;
        for (const id of life.inHand) this.#interrupted.add(id);
      }
      await connection.shutdown();
      stop.abort();
      await done;
    }
    await sender.shutdown();
    return this.#report();
  }

  #lifetime(): number {
    return 1 + Math.floor(this.#random() * this.#options.messages / 5);
  }

  /** Until it dies, or all is acked. */
  async #untilOver(life: Life): Promise<void> {
    while (!life.isDead && this.#acked < this.#options.messages) {
      await Promise.race([life.died.promise, systemClock.turn()]);
    }
  }

  async #connect(life: Life): Promise<Connection> {
    const { step } = this.#options;
    const die = (at: Step): void => {
      if (step === at) life.at();
    };
    return await faulty(this.#memory, {
      breaks: "The process dies.",
      publisher: (raw) => ({
        publish: async (message: Message) => {
          await undefined;
          die("before publish");
          if (life.isDead) return await never();
          this.#came(message);
          await raw.publish(message);
          die("before confirm");
          return life.isDead ? await never() : undefined;
        },
      }),
      delivery: (delivery) => ({
        settle: async (settlement: Settlement) => {
          die("before ack");
          if (life.isDead) {
            throw new MessagingError("closed", "Cannot settle: it is dead");
          }
          await delivery.settle(settlement);
          if (settlement.kind !== "ack") return;
          const { id } = JSON.parse(decoder.decode(delivery.message.body));
          life.inHand.delete(id);
          this.#acked++;
        },
      }),
    }).connect();
  }

  #came({ address, body }: Message): void {
    if (address !== "parts") return;
    const found: Part | readonly Part[] = JSON.parse(decoder.decode(body));
    for (const { id, part } of [found].flat() as readonly Part[]) {
      const key = `${id}.${part}`;
      this.#out.set(key, (this.#out.get(key) ?? 0) + 1);
    }
  }

  #pipe(
    connection: Connection,
    life: Life,
    signal: AbortSignal,
  ): Promise<void> {
    const { step, shape } = this.#options;
    const codec: Codec = {
      ...jsonCodec as Codec,
      decode: (message) => {
        const order = (jsonCodec as Codec).decode(message) as Order;
        life.inHand.add(order.id);
        if (step === "before decode") life.at();
        return order;
      },
    };
    const orders = channel("orders", { payload: type<Order>(), codec });
    const source = readable(connection, orders, {
      group,
      maxInFlight,
      graceMs: 0,
      logger: silent,
    })
      .pipeThrough(filter(({ id }) => id >= 0))
      .pipeThrough(parallel(
        4,
        map(async (order) => {
          await undefined;
          if (step === "in a stage") life.at();
          return order;
        }),
      ))
      .pipeThrough(
        flatMap(({ id }) =>
          Array.from({ length: partsEach }, (_, part): Part => ({ id, part }))
        ),
      );
    return shape === "parts"
      ? source.pipeTo(sinkTo(connection, channel<Part>("parts")), { signal })
      : this.#batched(source, connection, signal);
  }

  #batched(
    source: Pipeline<Part>,
    connection: Connection,
    signal: AbortSignal,
  ): Promise<void> {
    const many = channel<readonly Part[]>("parts");
    return source.pipeThrough(batch({ max: 7 }))
      .pipeTo(sinkTo(connection, many), { signal });
  }

  #report(): KillReport {
    const { messages } = this.#options;
    let lost = 0;
    let duplicates = 0;
    let unexplained = 0;
    for (let id = 0; id < messages; id++) {
      for (let part = 0; part < partsEach; part++) {
        const count = this.#out.get(`${id}.${part}`) ?? 0;
        if (count === 0) lost++;
        if (count <= 1) continue;
        duplicates += count - 1;
        if (!this.#interrupted.has(id)) unexplained++;
      }
    }
    return { kills: this.#kills, lost, duplicates, unexplained };
  }
}

/** Sends so many orders through a pipeline that dies again and again at one step, and counts what comes out. */
export function killRun(options: KillOptions): Promise<KillReport> {
  return new Killing(options).run();
}
