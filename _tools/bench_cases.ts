/**
 * The measurements of `deno task bench`, on whichever runtime runs this file. Prints one JSON object.
 *
 * Cases that are compared run interleaved in one process after a warm-up; what travels is the median of the ratios of each round, not a time.
 *
 * @module
 */
import {
  channel,
  type Middleware,
  type Running,
  RustStream,
  subscriber,
} from "@ruststream/core";
import type {
  Broker,
  Connection,
  Delivery,
  DeliveryBuffer,
  Guarantees,
  Message,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import {
  bufferConnection,
  collect,
  compare,
  median,
  process,
  produce,
  setImmediate,
  timed,
} from "./bench_kit.ts";

const body = new TextEncoder().encode(
  '{"id":1234567,"customer":"c-000123","total":129.95,"currency":"EUR","items":3,"express":false,"placed":"2026-11-22T10:00:00Z"}',
);
interface Order {
  readonly id: number;
}
const orders = channel<Order>("orders");

const guarantees: Guarantees = {
  ordering: "address",
  redelivery: "none",
  delayedRetry: false,
  countsAttempts: false,
  releaseCounts: false,
  persistence: "none",
  groups: false,
  patterns: false,
  headers: true,
};

/** A delivery that costs as little as one can. */
class BenchDelivery implements Delivery {
  readonly message: Message;
  constructor(message: Message) {
    this.message = message;
  }
  settle(): void {}
}

/** A broker that is only a buffer, so that the runtime is what is measured. */
class BenchBroker implements Broker {
  readonly name = "bench";
  readonly guarantees = guarantees;
  readonly buffers: DeliveryBuffer<BenchDelivery>[] = [];

  describe(): [] {
    return [];
  }

  connect(): Promise<Connection> {
    return Promise.resolve(
      bufferConnection(guarantees, this.buffers, {
        confirms: "stored",
        publish: () => undefined,
      }),
    );
  }
}

let sum = 0;
const decoder = new TextDecoder();

/** The floor: a ring of deliveries, JSON.parse, and an async handler, at most 64 at once. No codec, no context, no settling. */
function floor(count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const size = 1 << 16;
  const ring: (BenchDelivery | undefined)[] = new Array(size);
  let head = 0;
  let tail = 0;
  let inFlight = 0;
  let done = 0;
  let scheduled = false;
  const handle = async (order: Order): Promise<void> => {
    sum += order.id;
    await undefined;
  };
  const ended = (): void => {
    inFlight--;
    if (++done === count) resolve();
    else if (inFlight === 0) drain();
  };
  const drain = (): void => {
    scheduled = false;
    while (head < tail && inFlight < 64) {
      const delivery = ring[head & (size - 1)];
      ring[head++ & (size - 1)] = undefined;
      if (delivery === undefined) continue;
      inFlight++;
      const { body } = delivery.message;
      handle(JSON.parse(decoder.decode(body))).then(ended, ended);
    }
  };
  produce(count, body, (message) => {
    ring[tail++ & (size - 1)] = new BenchDelivery(message);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(drain);
  });
  return promise;
}

interface Service {
  run(count: number): Promise<void>;
  readonly running: Running;
}

const passThrough: Middleware = (next) => (ctx) => next(ctx);

/** The whole service: the buffer, the loop, JSON, middleware, the handler and the ack. */
async function service(
  middleware: number,
  concurrency: number,
  isAsync: boolean,
): Promise<Service> {
  const broker = new BenchBroker();
  let left = 0;
  let finished: () => void = () => {};
  const handled = (order: Order): void => {
    sum += order.id;
    if (--left === 0) finished();
  };
  const handler = isAsync
    ? async (order: Order): Promise<void> => {
      handled(order);
      await undefined;
    }
    : handled;
  const app = new RustStream({ title: "bench", version: "0.0.0" }).withBroker(
    broker,
    (b) => b.include(subscriber(orders, { concurrency }, handler)),
  );
  for (let layer = 0; layer < middleware; layer++) app.use(passThrough);
  const running = await app.start();
  const [buffer] = broker.buffers;
  return {
    running,
    run(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      left = count;
      finished = resolve;
      produce(
        count,
        body,
        (message) => void buffer?.push(new BenchDelivery(message)),
      );
      return promise;
    },
  };
}

/** What each layer of sync middleware adds: time, and bytes where the heap can be read without a collection between. */
async function layerCost(): Promise<{ ns: number; bytes: number }> {
  const layers = 20;
  const count = 20_000;
  const plain = await service(0, 1, false);
  const deep = await service(layers, 1, false);
  for (let warm = 0; warm < 5; warm++) {
    await plain.run(count);
    await deep.run(count);
  }
  const ns: number[] = [];
  const bytes: number[] = [];
  const heap = (): number => process.memoryUsage().heapUsed;
  for (let round = 0; round < 31; round++) {
    collect();
    const heap0 = heap();
    const a = await timed(() => plain.run(count));
    const heap1 = heap();
    collect();
    const heap2 = heap();
    const b = await timed(() => deep.run(count));
    const heap3 = heap();
    ns.push((b - a) / count / layers * 1e6);
    bytes.push((heap3 - heap2 - (heap1 - heap0)) / count / layers);
  }
  await plain.running.stop();
  await deep.running.stop();
  return { ns: median(ns), bytes: median(bytes) };
}

/** The heap after a million messages through memory with a handler that waits, against the heap after the first hundred thousand. */
async function heapGrowth(): Promise<{ mib: number; messages: number }> {
  const messages = 1_000_000;
  let handled = 0;
  let wake: () => void = () => {};
  const slow = subscriber(orders, { concurrency: 64 }, async () => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    handled++;
    wake();
  });
  const running = await new RustStream({ title: "heap", version: "0.0.0" })
    .withBroker(new MemoryBroker(), (b) => b.include(slow)).start();
  const connection = running.connections.get("memory");
  const until = async (count: number): Promise<void> => {
    while (handled < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const send = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += 1_000) {
      for (let n = 0; n < 1_000; n++) {
        await connection?.publisher.publish({ address: "orders", body });
      }
      await until(at - 4_000);
    }
    await until(to);
  };
  await send(0, 100_000);
  collect();
  const before = process.memoryUsage().heapUsed;
  await send(100_000, messages);
  collect();
  const after = process.memoryUsage().heapUsed;
  await running.stop();
  return { mib: (after - before) / 2 ** 20, messages };
}

/** How often a 10 ms timer fires while a handler feeds itself as fast as it can. */
async function fairness(): Promise<
  { fired: number; of: number; worstMs: number }
> {
  const lengthMs = 1_500;
  const broker = new MemoryBroker();
  let isOn = true;
  const again = subscriber(orders, async (order) => {
    sum += order.id;
    if (isOn) await connection?.publisher.publish({ address: "orders", body });
  });
  const running = await new RustStream({ title: "fair", version: "0.0.0" })
    .withBroker(broker, (b) => b.include(again)).start();
  const connection = running.connections.get("memory");
  for (let n = 0; n < 64; n++) {
    await connection?.publisher.publish({ address: "orders", body });
  }
  let fired = 0;
  let worstMs = 0;
  let last = performance.now();
  const end = last + lengthMs;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      worstMs = Math.max(worstMs, now - last - 10);
      last = now;
      fired++;
      if (now < end) return;
      clearInterval(timer);
      resolve();
    }, 10);
  });
  isOn = false;
  await running.stop();
  return { fired, of: lengthMs / 10, worstMs };
}

const wide = await service(3, 64, true);
const narrow = await service(3, 1, true);
const service64 = await compare(11, 20_000, floor, wide.run);
const service1 = await compare(11, 20_000, floor, narrow.run);
await wide.running.stop();
await narrow.running.stop();
const layer = await layerCost();
const heap = await heapGrowth();
const fair = await fairness();
// deno-lint-ignore no-console -- it is what this file prints
console.log(
  JSON.stringify({ service64, service1, layer, heap, fair, sum: sum > 0 }),
);
