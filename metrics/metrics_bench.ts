/**
 * What counting costs for one message: these metrics against an empty observer, and against the same counted by plain calls of prom-client.
 *
 * Run it with `deno run -A metrics/metrics_bench.ts`, or by node or bun. The rounds of all three are interleaved; what travels is the ratio.
 *
 * @module
 */
import type { DeliveryEvent, Observer, SettledEvent } from "@ruststream/core";
import { systemClock } from "@ruststream/core/contract";
import { metrics } from "@ruststream/metrics";
import process from "node:process";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

const messages = 20_000;
const rounds = 41;
const nothing = (): void => {};

const empty: Observer = {
  received: nothing,
  started: nothing,
  finished: nothing,
  settled: nothing,
};

/** What one would write by hand: five metrics, two labels. */
function byHand(): Observer {
  const registers = [new Registry()];
  const labelNames = ["subscriber", "template"];
  const common = { help: "h", labelNames, registers };
  const received = new Counter({ name: "received_total", ...common });
  const running = new Gauge({ name: "running", ...common });
  const took = new Histogram({ name: "took_seconds", ...common });
  const size = new Histogram({
    name: "size_bytes",
    ...common,
    buckets: [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576],
  });
  const settled = new Counter({
    name: "settled_total",
    help: "h",
    labelNames: [...labelNames, "outcome"],
    registers,
  });
  let begun = 0;
  return {
    received({ subscriber, template, bytes }) {
      received.inc({ subscriber, template });
      size.observe({ subscriber, template }, bytes);
    },
    started({ subscriber, template }) {
      running.inc({ subscriber, template });
      begun = systemClock.mono();
    },
    finished({ subscriber, template }) {
      running.dec({ subscriber, template });
      took.observe(
        { subscriber, template },
        (systemClock.mono() - begun) / 1_000,
      );
    },
    settled({ subscriber, template, settlement }) {
      settled.inc({ subscriber, template, outcome: settlement });
    },
  };
}

const events: readonly SettledEvent[] = Array.from(
  { length: 64 },
  (_, n): DeliveryEvent & { settlement: "ack" } => ({
    subscriber: n % 2 === 0 ? "charge" : "ship",
    template: n % 2 === 0 ? "orders.{id}.placed" : "orders.{id}.paid",
    address: `orders.${n}.placed`,
    attempt: 1,
    bytes: 128,
    at: 0,
    delivery: { message: { address: "a", body: new Uint8Array(1) } },
    settlement: "ack",
  }),
);

/** Nanoseconds for one message. */
function round(observer: Observer): number {
  const from = systemClock.mono();
  for (let n = 0; n < messages; n++) {
    const event = events[n & 63] as SettledEvent;
    observer.received?.(event);
    observer.started?.(event);
    observer.finished?.(event);
    observer.settled?.(event);
  }
  return (systemClock.mono() - from) * 1e6 / messages;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

const cases = { empty, metrics: metrics(), byHand: byHand() };
const took: Record<keyof typeof cases, number[]> = {
  empty: [],
  metrics: [],
  byHand: [],
};
for (let n = 0; n < rounds; n++) {
  for (const name of Object.keys(cases) as (keyof typeof cases)[]) {
    took[name].push(round(cases[name]));
  }
}
const ns = {
  empty: median(took.empty),
  metrics: median(took.metrics),
  byHand: median(took.byHand),
};
const ratios = took.byHand.map((by, n) => (took.metrics[n] as number) / by)
  .sort((a, b) => a - b);
const at = (share: number): string =>
  (ratios[Math.floor(share * (rounds - 1))] as number).toFixed(3);
process.stdout.write(
  `ns a message: empty observer ${ns.empty.toFixed(0)}, metrics ${
    ns.metrics.toFixed(0)
  }, prom-client by hand ${ns.byHand.toFixed(0)}\nmetrics / by hand: ${
    at(0.5)
  } (${at(0.1)} to ${at(0.9)}), ${rounds} rounds of ${messages}\n`,
);
