/**
 * What the measurements on NATS share: bodies, and a comparison by CPU time and by the clock.
 *
 * @module
 */
import { median, process } from "./bench_kit.ts";

/** What is compared: runs so many messages, and resolves when all are handled. */
export interface Contestant {
  readonly name: string;
  run(count: number): Promise<void>;
}

/** One contestant against the first, round by round. */
export interface Standing {
  readonly name: string;
  /** CPU time of this process against the first's: less is better. */
  readonly cpu: Spread;
  /** Messages a second against the first's: more is better. */
  readonly rate: Spread;
  readonly cpuMicros: number;
  readonly perSecond: number;
}

/** The middle of all rounds, and the two ends. */
export interface Spread {
  readonly ratio: number;
  readonly from: number;
  readonly to: number;
}

/** A JSON body of exactly so many bytes. */
export function bodyOf(size: number): Uint8Array {
  const order = {
    id: 1_234_567,
    customer: "c-000123",
    total: 129.95,
    currency: "EUR",
    placed: "2026-11-22T10:00:00Z",
    items: [] as unknown[],
    note: "",
  };
  const length = (): number => JSON.stringify(order).length;
  while (length() < size - 60) {
    order.items.push({ sku: "tea-00042", count: 3, price: 4.95 });
  }
  order.note = "x".repeat(Math.max(0, size - length()));
  return new TextEncoder().encode(JSON.stringify(order));
}

interface Time {
  readonly cpu: number;
  readonly wall: number;
}

async function timed(run: () => Promise<void>): Promise<Time> {
  const cpu = process.cpuUsage();
  const from = performance.now();
  await run();
  const wall = performance.now() - from;
  const { user, system } = process.cpuUsage();
  return { cpu: (user - cpu.user + system - cpu.system) / 1_000, wall };
}

function spread(ratios: readonly number[]): Spread {
  return {
    ratio: median(ratios),
    from: Math.min(...ratios),
    to: Math.max(...ratios),
  };
}

/** Runs them in turns after a warm-up, each round from another one on. */
export async function race(
  rounds: number,
  count: number,
  contestants: readonly Contestant[],
): Promise<readonly Standing[]> {
  const times = contestants.map((): Time[] => []);
  for (let round = -3; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const at = (turn + round + 3) % contestants.length;
      const time = await timed(() =>
        contestants[at]?.run(count) as Promise<void>
      );
      if (round >= 0) times[at]?.push(time);
    }
  }
  const [first = []] = times;
  return contestants.map(({ name }, at) => {
    const own = times[at] ?? [];
    const against = (ratio: (own: Time, first: Time) => number): Spread =>
      spread(own.map((time, round) => ratio(time, first[round] ?? time)));
    return {
      name,
      cpu: against((a, b) => a.cpu / b.cpu),
      rate: against((a, b) => b.wall / a.wall),
      cpuMicros: median(own.map(({ cpu }) => cpu)) / count * 1e3,
      perSecond: count / median(own.map(({ wall }) => wall)) * 1e3,
    };
  });
}
