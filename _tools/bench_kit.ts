/**
 * What the measurements share: messages as a socket would bring them, and a comparison that travels.
 *
 * @module
 */
import {
  type Batches,
  type Connection,
  type Delivery,
  DeliveryBuffer,
  type Guarantees,
  type Message,
  type Publisher,
  type Subscription,
} from "@ruststream/core/contract";

interface Globals {
  setImmediate(run: () => void): unknown;
  gc?(): void;
  readonly Bun?: { gc(force: boolean): void };
  readonly process: {
    readonly argv: readonly string[];
    memoryUsage(): { heapUsed: number };
    cpuUsage(): { user: number; system: number };
  };
}
const globals = globalThis as unknown as Globals;

/** The runtime's process: its arguments, its heap, its CPU time. */
export const process: Globals["process"] = globals.process;
/** Runs a function in the next turn of the event loop. */
export const setImmediate: Globals["setImmediate"] = (
  run: () => void,
): unknown => globals.setImmediate(run);

const perTurn = 64;

/** Pushes `count` messages as a socket would: 64 a turn of the event loop. */
export function produce(
  count: number,
  body: Uint8Array,
  push: (message: Message) => void,
): void {
  let sent = 0;
  const turn = (): void => {
    const until = Math.min(count, sent + perTurn);
    for (; sent < until; sent++) push({ address: "orders", body });
    if (sent < count) setImmediate(turn);
  };
  turn();
}

/** A connection that is only buffers, one for each subscription, so that the runtime is what is measured. */
export function bufferConnection<D extends Delivery>(
  guarantees: Guarantees,
  buffers: DeliveryBuffer<D>[],
  publisher: Publisher,
): Connection {
  return {
    state: "connected",
    closed: new Promise<undefined>(() => {}),
    publisher,
    subscribe(): Promise<Subscription & Batches> {
      const buffer = new DeliveryBuffer<D>({ handBack: () => {} });
      buffers.push(buffer);
      return Promise.resolve({
        guarantees,
        deliveries: buffer.deliveries,
        batches: (max: number) => buffer.batches(max),
        drain: () => buffer.drain(),
        [Symbol.asyncDispose]: () => buffer.cancel(),
      });
    },
    shutdown: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** CPU time in ms: unlike wall time it does not count what other processes do meanwhile. */
export async function timed(run: () => Promise<void>): Promise<number> {
  const from = process.cpuUsage();
  await run();
  const to = process.cpuUsage();
  return (to.user - from.user + to.system - from.system) / 1_000;
}

/** How much longer one takes than the other. */
export interface Ratio {
  readonly ratio: number;
  readonly from: number;
  readonly to: number;
  /** The best round of each: the least that other processes have in it. */
  readonly best: number;
  readonly ns: number;
}

/** The second against the first, round by round. */
export async function compare(
  rounds: number,
  count: number,
  base: (count: number) => Promise<void>,
  other: (count: number) => Promise<void>,
): Promise<Ratio> {
  for (let warm = 0; warm < 3; warm++) {
    await base(count);
    await other(count);
  }
  const ratios: number[] = [];
  const times: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const flip = round % 2 === 0;
    const first = await timed(() => (flip ? base : other)(count));
    const second = await timed(() => (flip ? other : base)(count));
    ratios.push(flip ? second / first : first / second);
    times.push(flip ? second : first);
    floors.push(flip ? first : second);
  }
  return {
    ratio: median(ratios),
    from: Math.min(...ratios),
    to: Math.max(...ratios),
    best: Math.min(...times) / Math.min(...floors),
    ns: median(times) / count * 1e6,
  };
}

/** Collects garbage, where one may ask for that. */
export function collect(): void {
  globals.gc?.();
  globals.Bun?.gc(true);
}
