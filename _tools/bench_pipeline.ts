/**
 * The measurements of pipelines, on whichever runtime runs this file. Prints one JSON object.
 *
 * `map → filter → flatMap → batch → sinkTo` over JSON in and out, fused, against a hand-written loop that counts what each source owes; the same by real streams beside it. Run it with `deno run -A _tools/bench_pipeline.ts [messages]`, or the like on Node (`--expose-gc`) and Bun.
 *
 * @module
 */
import {
  batch,
  channel,
  filter,
  flatMap,
  map,
  type Pipeline,
  readable,
  type Received,
  sinkTo,
} from "@ruststream/core";
import type {
  Connection,
  Delivery,
  DeliveryBuffer,
  Guarantees,
  Message,
} from "@ruststream/core/contract";
import {
  bufferConnection,
  collect,
  compare,
  process,
  produce,
  setImmediate,
} from "./bench_kit.ts";

interface Order {
  readonly id: number;
  readonly customer: string;
  readonly items: readonly string[];
}
interface Item {
  readonly order: number;
  readonly customer: string;
  readonly item: string;
}
const orders = channel<Order>("orders");
const items = channel<readonly Item[]>("items");
const body = new TextEncoder().encode(
  '{"id":1234567,"customer":"c-000123","total":129.95,"currency":"EUR","items":["tea","milk","bread"],"placed":"2026-11-22T10:00:00Z"}',
);
const perBatch = 32;
const guarantees: Guarantees = {
  ordering: "address",
  redelivery: "until-settled",
  delayedRetry: true,
  countsAttempts: true,
  releaseCounts: false,
  persistence: "none",
  groups: true,
  patterns: false,
  headers: true,
};

let sum = 0;
let acked = 0;
let finished: () => void = () => {};
let left = 0;

/** A delivery that costs as little as one can, and counts its ack. */
class BenchDelivery implements Delivery {
  readonly message: Message;
  constructor(message: Message) {
    this.message = message;
  }
  settle(): void {
    acked++;
    if (--left === 0) finished();
  }
}

/** Confirms everything that was published in a turn, at its end, as one socket write does. */
class Confirming {
  #waiting: (() => void)[] = [];

  publish(message: Message): Promise<void> {
    sum += message.body.byteLength;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#waiting.length === 0) setImmediate(() => this.#confirm());
    this.#waiting.push(resolve);
    return promise;
  }

  #confirm(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
const confirming = new Confirming();

const decoder = new TextDecoder();
const encoder = new TextEncoder();

interface Owed {
  readonly delivery: BenchDelivery;
  parts: number;
}

/** The floor: JSON in, the same steps by hand, a batch, JSON out, and a count of what each source owes. */
function byHand(count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  left = count;
  finished = resolve;
  let batched: Item[] = [];
  let owed: Owed[] = [];
  const leave = (): void => {
    if (batched.length === 0) return;
    const sources = owed;
    const sent = encoder.encode(JSON.stringify(batched));
    batched = [];
    owed = [];
    confirming.publish({ address: "items", body: sent }).then(() => {
      for (const source of sources) {
        if (--source.parts === 0) source.delivery.settle();
      }
    });
  };
  const handle = (delivery: BenchDelivery): void => {
    const read = JSON.parse(decoder.decode(delivery.message.body)) as Order;
    const order = { ...read, customer: read.customer };
    if (order.id < 0) return delivery.settle();
    const source = { delivery, parts: order.items.length };
    for (const item of order.items) {
      batched.push({ order: order.id, customer: order.customer, item });
      owed.push(source);
      if (batched.length === perBatch) leave();
    }
  };
  let ring: BenchDelivery[] = [];
  produce(count, body, (message) => {
    if (ring.length === 0) {
      queueMicrotask(() => {
        const arrived = ring;
        ring = [];
        for (const delivery of arrived) handle(delivery);
        leave();
      });
    }
    ring.push(new BenchDelivery(message));
  });
  return promise;
}

interface Piped {
  run(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** A connection whose publishes are counted when they are confirmed. */
function connect(buffers: DeliveryBuffer<BenchDelivery>[]): Connection {
  return bufferConnection(guarantees, buffers, {
    confirms: "stored",
    publish: (message) => confirming.publish(message),
  });
}

/** Somebody else's stage: with one of these between ours each of them is a real stream. */
function hop<T>(): TransformStream<Received<T>, Received<T>> {
  return new TransformStream();
}

/** Where `hops`, each stage stands between real streams. */
async function piped(hops: boolean): Promise<Piped> {
  const buffers: DeliveryBuffer<BenchDelivery>[] = [];
  const connection = connect(buffers);
  const between = <T>(pipe: Pipeline<T>): Pipeline<T> =>
    hops ? pipe.pipeThrough(hop<T>()) : pipe;
  const source = readable(connection, orders, { maxInFlight: 256 });
  const mapped = between(
    source.pipeThrough(map((o) => ({ ...o, customer: o.customer }))),
  );
  const kept = between(mapped.pipeThrough(filter((o) => o.id >= 0)));
  const parts = between(
    kept.pipeThrough(flatMap((o) =>
      o.items.map((item): Item => ({
        order: o.id,
        customer: o.customer,
        item,
      }))
    )),
  );
  const done = between(parts.pipeThrough(batch({ max: perBatch })))
    .pipeTo(sinkTo(connection, items));
  await new Promise<void>((resolve) => setImmediate(resolve));
  return {
    run(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      left = count;
      finished = resolve;
      produce(
        count,
        body,
        (message) => void buffers[0]?.push(new BenchDelivery(message)),
      );
      return promise;
    },
    async stop() {
      await source.drain();
      await done;
    },
  };
}

/** The heap after so many messages against the heap after the first tenth of them. */
async function heapGrowth(
  messages: number,
): Promise<{ mib: number; messages: number }> {
  const pipe = await piped(false);
  await pipe.run(messages / 10);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let part = 0; part < 9; part++) await pipe.run(messages / 10);
  collect();
  const after = process.memoryUsage().heapUsed;
  await pipe.stop();
  return { mib: (after - before) / 2 ** 20, messages };
}

const [messages = 1_000_000] = process.argv.slice(2).map(Number);
const fused = await piped(false);
const fusedRatio = await compare(11, 20_000, byHand, fused.run);
await fused.stop();
const hops = await piped(true);
const hopsRatio = await compare(5, 5_000, byHand, hops.run);
await hops.stop();
const heap = await heapGrowth(messages);
// deno-lint-ignore no-console -- it is what this file prints
console.log(
  JSON.stringify({
    fused: fusedRatio,
    hops: hopsRatio,
    heap,
    sum: sum > 0 && acked > 0,
  }),
);
