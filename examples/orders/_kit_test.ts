// What the tests of this folder share; there is no test in it.
import { type Delivery, parseAddress } from "@ruststream/core/contract";
import type {
  DeliveryEvent,
  FinishedEvent,
  Observer,
  SettledEvent,
  StopReport,
} from "@ruststream/core";
import assert from "node:assert/strict";
import { app } from "./app.ts";
import { audit, confirmed, refused } from "./channels.ts";
import type { Shop } from "./shop.ts";

/** Counts how runs and deliveries end, by subscriber. */
class Tally implements Observer {
  readonly counts: Record<string, number> = {};
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  finished({ subscriber, error }: FinishedEvent): void {
    if (error !== undefined) this.#count(`${subscriber}: failed`);
  }

  held({ subscriber }: DeliveryEvent): void {
    this.#count(`${subscriber}: held`);
  }

  settled({ subscriber, settlement }: SettledEvent): void {
    this.#count(`${subscriber}: ${settlement}`);
    this.#changed();
  }

  count(what: string): number {
    return this.counts[what] ?? 0;
  }

  ended(subscriber: string): number {
    return ["ack", "reject", "dead-letter"].reduce(
      (sum, how) => sum + this.count(`${subscriber}: ${how}`),
      0,
    );
  }

  #count(what: string): void {
    this.counts[what] = this.count(what) + 1;
  }
}

/** A day of the shop, over. */
export interface Day {
  /** How runs and deliveries ended, by subscriber. */
  readonly counts: Readonly<Record<string, number>>;
  /** What the stop says. */
  readonly report: StopReport;
  /** The state, as it was at the end. */
  readonly shop: Shop;
  /** What was sent, in order. */
  readonly confirmed: readonly Sent[];
  /** What was sent, in order. */
  readonly refused: readonly Sent[];
  /** What was sent, in order. */
  readonly audit: readonly Sent[];
}

/** A message as anybody sees it. */
export interface Sent {
  readonly address: string;
  readonly text: string;
  readonly header: (name: string) => string | undefined;
}

function sent({ message: { address, body, headers } }: Delivery): Sent {
  return {
    address,
    text: new TextDecoder().decode(body),
    header: (name) => headers?.get(name),
  };
}

async function readAll(from: ReadableStream<Delivery>): Promise<Sent[]> {
  const all: Sent[] = [];
  for await (const delivery of from) {
    all.push(sent(delivery));
    await delivery.settle({ kind: "ack" });
  }
  return all;
}

/** Opens the shop, sends it these lines as they are, and closes it when all that came of them is over. */
export async function runDay(lines: readonly string[]): Promise<Day> {
  const over = Promise.withResolvers<void>();
  let published = Infinity;
  let confirmations = 0;
  let shop: Shop | undefined;
  const tally = new Tally(() => {
    const dead = tally.count("place-order: dead-letter");
    if (
      tally.ended("place-order") === published &&
      tally.ended("count-refusals") === dead &&
      tally.ended("add-takings") === confirmations
    ) over.resolve();
  });
  app.observe(tally).observe({
    published({ template }) {
      if (template === confirmed.address) confirmations++;
    },
  }).afterStart(({ state }) => {
    shop = state;
  });

  await using running = await app.start();
  const connection = running.connections.get("memory");
  assert.ok(connection !== undefined);
  const taps = await Promise.all(
    [confirmed, refused, audit].map(({ address }) =>
      connection.subscribe(parseAddress(address))
    ),
  );
  const read = taps.map(({ deliveries }) => readAll(deliveries));
  const encoder = new TextEncoder();
  for (const line of lines) {
    await connection.publisher.publish({
      address: "orders.acme.placed",
      body: encoder.encode(line),
    });
  }
  published = lines.length;
  await over.promise;
  await Promise.all(taps.map((tap) => tap.drain()));
  const [confirmedMessages = [], refusedMessages = [], audited = []] =
    await Promise.all(read);
  const report = await running.stop();
  assert.ok(shop !== undefined);
  return {
    counts: tally.counts,
    report,
    shop,
    confirmed: confirmedMessages,
    refused: refusedMessages,
    audit: audited,
  };
}
