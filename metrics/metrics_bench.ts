/**
 * What it costs to look at a service, for each message: nobody, these metrics, the same by plain calls of prom-client, tracing by `@opentelemetry/api` without an SDK, and channels that nobody subscribes to.
 *
 * Run it with `deno task bench metrics` on all runtimes, or by one of them. All cases are interleaved in one process; the last line is a JSON object.
 *
 * @module
 */
import {
  channel,
  type DeliveryEvent,
  type Observer,
  out,
  RustStream,
  type SettledEvent,
  subscriber,
} from "@ruststream/core";
import {
  type Broker,
  type Delivery,
  type DeliveryBuffer,
  headers,
  type Message,
  type MessageHeaders,
  systemClock,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import { metrics } from "@ruststream/metrics";
import { diagnostics } from "@ruststream/metrics/diagnostics";
import { instruments, tracing } from "@ruststream/metrics/otel";
import process from "node:process";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { bufferConnection, median, produce } from "../_tools/bench_kit.ts";

const events = 10_000;
const messages = 5_000;
const rounds = 21;
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

const told: readonly SettledEvent[] = Array.from(
  { length: 64 },
  (_, n): DeliveryEvent & { settlement: "ack" } => ({
    subscriber: n % 2 === 0 ? "charge" : "ship",
    template: n % 2 === 0 ? "orders.{id}.placed" : "orders.{id}.paid",
    broker: "nats",
    address: `orders.${n}.placed`,
    attempt: 1,
    bytes: 128,
    at: 0,
    delivery: { message: { address: "a", body: new Uint8Array(1) } },
    settlement: "ack",
  }),
);

/** Nanoseconds of CPU time for the events of one message. */
function tell(observer: Observer): number {
  const from = process.cpuUsage();
  for (let n = 0; n < events; n++) {
    const event = told[n & 63] as SettledEvent;
    observer.received?.(event);
    observer.started?.(event);
    observer.finished?.(event);
    observer.settled?.(event);
  }
  const { user, system } = process.cpuUsage(from);
  return (user + system) * 1e3 / events;
}

const body = new TextEncoder().encode('{"id":1234567,"total":129.95}');
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const traces = headers({ traceparent });
// As much to carry, and no trace.
const untraced = headers({ correlation: traceparent });
const orders = channel<{ readonly id: number }>("orders");

/** A service that publishes once for each message, on buffers alone. */
class Service {
  readonly #buffers: DeliveryBuffer<Delivery>[] = [];
  readonly #start: () => Promise<unknown>;
  #done = 0;
  #wanted = 0;
  #resolve = nothing;

  readonly #fields: MessageHeaders;

  constructor(
    dress: (app: RustStream) => unknown,
    fields: MessageHeaders = traces,
  ) {
    this.#fields = fields;
    const { guarantees } = new MemoryBroker();
    const broker: Broker = {
      name: "bench",
      guarantees,
      describe: () => [],
      connect: () =>
        Promise.resolve(
          bufferConnection(guarantees, this.#buffers, {
            confirms: "stored",
            publish: nothing,
          }),
        ),
    };
    const app = new RustStream({ title: "bench", version: "0.0.0" });
    dress(app);
    app.withBroker(broker, (b) =>
      b.include(subscriber(
        orders,
        { concurrency: 64, out: { audit: out(orders) } },
        async (order, ctx) => {
          await ctx.out.audit.publish(order);
          if (++this.#done === this.#wanted) this.#resolve();
        },
      )));
    this.#start = () => app.start();
  }

  async start(): Promise<this> {
    await this.#start();
    return this;
  }

  /** Nanoseconds of CPU time for one message. */
  async run(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = this.#done + messages;
    this.#resolve = resolve;
    const from = process.cpuUsage();
    produce(messages, body, (message: Message) =>
      this.#buffers[0]?.push({
        message: { ...message, headers: this.#fields },
        settle: nothing,
      }));
    await promise;
    const { user, system } = process.cpuUsage(from);
    return (user + system) * 1e3 / messages;
  }
}

/** The median of several rounds, and where all but a fifth of them lie. */
interface Spread {
  readonly ns: number;
  readonly from: number;
  readonly to: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
  return { ns: median(values), from: at(0.1), to: at(0.9) };
}

/** Runs all cases in turn, round by round. */
async function interleaved<Name extends string>(
  cases: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(cases) as Name[];
  const took = Object.fromEntries(
    names.map((name) => [name, []]),
  ) as unknown as Record<Name, number[]>;
  for (let round = -3; round < rounds; round++) {
    for (const name of names) {
      const ns = await cases[name]();
      if (round >= 0) took[name].push(ns);
    }
  }
  return took;
}

/** What each case takes, and how much more than the first in the same round. */
function report(took: Readonly<Record<string, readonly number[]>>): object {
  const [first = []] = Object.values(took);
  return Object.fromEntries(
    Object.entries(took).map(([name, values]) => [name, {
      ...spread(values),
      more: spread(values.map((ns, round) => ns - (first[round] ?? NaN))),
    }]),
  );
}

const [counted, byCalls] = [metrics(), byHand()];
const alone = await interleaved({
  empty: () => tell(empty),
  metrics: () => tell(counted),
  byHand: () => tell(byCalls),
});
const traced = (app: RustStream): RustStream => {
  const { middleware, publishMiddleware } = tracing();
  return app.use(middleware).usePublish(publishMiddleware);
};
const dressed = {
  nobody: await new Service(nothing).start(),
  again: await new Service(nothing).start(),
  metrics: await new Service((app) => app.observe(metrics())).start(),
  byHand: await new Service((app) => app.observe(byHand())).start(),
  untraced: await new Service(traced, untraced).start(),
  tracing: await new Service(traced).start(),
  otel: await new Service((app) => traced(app).observe(instruments())).start(),
  diagnostics: await new Service((app) => app.observe(diagnostics())).start(),
};
const names = Object.keys(dressed) as (keyof typeof dressed)[];
const within = await interleaved(
  Object.fromEntries(names.map((name) => [name, () => dressed[name].run()])),
);
const ratios = alone.metrics.map((ns, round) =>
  ns / (alone.byHand[round] ?? 1)
);
const { ns: ratio, ...bounds } = spread(ratios);
process.stdout.write(
  `${
    JSON.stringify({
      alone: report(alone),
      ratio: { ratio, ...bounds },
      service: report(within),
    })
  }\n`,
);
process.exit();
