/**
 * Runs the packers, kills them in the middle of their work as often as it is told, and counts each item by its id.
 *
 * `deno run -A _tools/with_nats.ts examples/pipeline/kill_and_count.ts [orders] [kills]` prints what it counted as JSON, and exits with 1 where an item is lost, or more came twice than may.
 *
 * @module
 */
import { publisher } from "@ruststream/core";
import {
  jetStreamSink,
  natsBroker,
  type NatsConnection,
  ordered,
} from "@ruststream/nats";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { startExample } from "../run_example.ts";
import { maxInFlight } from "./app.ts";
import { type Item, orders, parcels } from "./channels.ts";
import { packed, waiting } from "./streams.ts";

/** What was counted. */
export interface Counts {
  readonly orders: number;
  readonly items: number;
  readonly kills: number;
  /** Items that never came out. */
  readonly lost: number;
  /** Items that came out again. */
  readonly repeated: number;
  /** Orders of which an item came out again. Each kill allows as many as were in hand. */
  readonly repeatedOrders: number;
  /** How many orders the kills allow to be repeated. */
  readonly allowed: number;
}

const itemsOf = (id: number): readonly string[] =>
  Array.from({ length: 1 + id % 5 }, (_, place) => `item ${place}`);

/** Places orders, and waits until all of them are stored. */
async function place(
  connection: NatsConnection,
  count: number,
): Promise<void> {
  const to = publisher({
    publisher: await jetStreamSink({ stream: waiting }).open(connection),
  });
  const stored: Promise<unknown>[] = [];
  for (let id = 0; id < count; id++) {
    stored.push(to.publish(orders, { id, items: itemsOf(id) }));
  }
  await Promise.all(stored);
}

const decoder = new TextDecoder();

/** The items that are stored, as they come: how often each did. */
class Book {
  readonly #seen = new Map<string, number>();
  readonly #of = new Map<string, number>();

  /** How many items there are that came out at least once. */
  get size(): number {
    return this.#seen.size;
  }

  /** Reads parcels for ever. */
  async read(connection: NatsConnection): Promise<void> {
    const subscription = await ordered(parcels, { stream: packed })
      .open(connection);
    for await (const { message } of subscription.deliveries) {
      const items = JSON.parse(decoder.decode(message.body)) as readonly Item[];
      for (const { order, place } of items) {
        const key = `${order}.${place}`;
        this.#seen.set(key, (this.#seen.get(key) ?? 0) + 1);
        this.#of.set(key, order);
      }
    }
  }

  counts(all: number, kills: number): Counts {
    const ids = Array.from({ length: all }, (_, id) => id);
    const wanted = ids.flatMap((id) =>
      itemsOf(id).map((_, place) => `${id}.${place}`)
    );
    const again = [...this.#seen].filter(([, count]) => count > 1);
    const repeatedOrders = new Set(again.map(([key]) => this.#of.get(key)));
    return {
      orders: all,
      items: wanted.length,
      kills,
      lost: wanted.filter((key) => !this.#seen.has(key)).length,
      repeated: again.reduce((sum, [, count]) => sum + count - 1, 0),
      repeatedOrders: repeatedOrders.size,
      allowed: kills * maxInFlight,
    };
  }
}

/** Waits until something is so, and gives up after a minute. */
async function until(what: string, is: () => Promise<boolean> | boolean) {
  for (let waited = 0; !await is(); waited += 5) {
    if (waited > 60_000) {
      throw new Error(`Cannot wait for ${what}: a minute is over`);
    }
    await sleep(5);
  }
}

/** Orders that are not acked. */
async function unsettled({ nats }: NatsConnection): Promise<number> {
  const answer = await nats.request(`$JS.API.STREAM.INFO.${waiting.name}`);
  return answer.json<{ state: { messages: number } }>().state.messages;
}

/**
 * Packs so many orders on a server, with so many kills on the way.
 *
 * @param url Where the server is.
 */
export async function killAndCount(
  url: string,
  all: number,
  kills: number,
): Promise<Counts> {
  await using connection = await natsBroker({ servers: url }).connect();
  const book = new Book();
  await place(connection, all);
  void book.read(connection).catch(() => {});
  const env = { NATS_URL: url, NATS_SERVER: "" };
  for (let kill = 0; kill < kills; kill++) {
    const left = await unsettled(connection);
    const packers = startExample("pipeline", ["run"], env);
    // In the middle: some of it is done, and most is not.
    await until(
      "packers that work",
      async () => await unsettled(connection) < left - all / 20,
    );
    packers.signal("SIGKILL");
    await packers.ended;
    if (await unsettled(connection) === 0) {
      throw new Error("Cannot kill the packers in the middle: they were done");
    }
  }
  const last = startExample("pipeline", ["run"], env);
  await until("the end", async () => await unsettled(connection) === 0);
  last.signal("SIGTERM");
  await last.ended;
  // What was stored last is read in a moment.
  let size = -1;
  await until("all parcels", async () => {
    if (size === book.size) return true;
    size = book.size;
    await sleep(200);
    return false;
  });
  return book.counts(all, kills);
}

if (import.meta.main) {
  const url = process.env["NATS_URL"] ?? "nats://127.0.0.1:4222";
  const [all = 20_000, kills = 5] = process.argv.slice(2).map(Number);
  const counts = await killAndCount(url, all, kills);
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  const isRight = counts.lost === 0 && counts.repeatedOrders <= counts.allowed;
  process.exitCode = isRight ? 0 : 1;
}
