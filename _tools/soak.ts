/**
 * Runs a service at half of its maximum rate for minutes, its handler slow and its connections cut now and then: its heap must stay flat, and it must leave nothing behind.
 *
 * `deno task soak [--minutes N]`
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { channel, RustStream, subscriber, type } from "@ruststream/core";
import { type Publisher, systemClock } from "@ruststream/core/contract";
import { jetStream, jetStreamSink, natsBroker } from "@ruststream/nats";
import { NatsServer } from "./nats_server.ts";
import {
  CountingClock,
  heapBytes,
  isFlat,
  ListenerCount,
} from "./soak_ground.ts";

const handlerMs = 20;
const concurrency = 64;
const measureMs = 5_000;
const sampleMs = 3_000;
const cutEveryMs = 10_000;
const tickMs = 10;
const bodyBytes = 512;

const readings = channel("readings.{sensor}", { payload: type<string>() });
const stream = {
  name: "READINGS",
  subjects: ["readings.*"],
  retention: "workqueue",
} as const;

/** How it went. */
export interface SoakResult {
  readonly sent: number;
  readonly handled: number;
  readonly reconnects: number;
  /** The heap after each few seconds, in bytes. */
  readonly heap: readonly number[];
  /** Timers and listeners that were there after all had ended. */
  readonly timers: number;
  readonly listeners: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Publishes so many a second, in even steps, until the time is over. */
async function publishAt(
  publisher: Publisher,
  perSecond: number,
  forMs: number,
): Promise<number> {
  const body = new TextEncoder().encode(JSON.stringify("x".repeat(bodyBytes)));
  const publishing = new Set<Promise<unknown>>();
  const start = systemClock.mono();
  let sent = 0;
  for (;;) {
    const spent = systemClock.mono() - start;
    if (spent > forMs) break;
    for (const due = perSecond * spent / 1_000; sent < due; sent++) {
      const one = Promise.resolve(
        publisher.publish({ address: `readings.s${sent % 100}`, body }),
      );
      publishing.add(one);
      void one.finally(() => publishing.delete(one));
    }
    await systemClock.sleep(tickMs);
  }
  await Promise.all(publishing);
  return sent;
}

async function soak(minutes: number): Promise<SoakResult> {
  await using server = await NatsServer.start();
  const proxy = await server.proxy();
  using listening = new ListenerCount();
  const clock = new CountingClock();
  const broker = natsBroker({
    servers: proxy.url,
    backoff: { initialMs: 20, maxMs: 200 },
  });
  let handled = 0;
  let reconnects = -1;
  const app = new RustStream({ title: "soak", version: "1.0.0" })
    .observe({
      broker: ({ kind }) => {
        if (kind === "connected") reconnects++;
      },
    })
    .withBroker(broker, (b) =>
      b.include(
        subscriber(readings, { group: "soak", concurrency }, async (_, ctx) => {
          await ctx.clock.sleep(handlerMs);
          handled++;
        }),
        { source: (of) => jetStream(of, { stream, ackWaitMs: 5_000 }) },
      ));
  const running = await app.start({ clock });
  const connection = await broker.connect({ clock });
  const publisher = await jetStreamSink({ stream, retries: 100 })
    .open(connection);

  // More than it can do: what it does then is its maximum.
  const most = concurrency * 1_000 / handlerMs;
  const before = systemClock.mono();
  let sent = await publishAt(publisher, most * 1.2, measureMs);
  const maximum = handled * 1_000 / (systemClock.mono() - before);
  while (handled < sent) await systemClock.sleep(50);
  say(
    `maximum ${
      Math.round(maximum)
    } a second; ${minutes} minutes at half of that, a handler of ${handlerMs} ms, ${concurrency} at once`,
  );

  const heap: number[] = [];
  const sampling = setInterval(() => {
    heap.push(heapBytes());
    const mib = (heap.at(-1) ?? 0) / 1_048_576;
    say(
      `${handled} handled, ${reconnects} reconnects, heap ${
        mib.toFixed(1)
      } MiB, ${clock.armed} timers, ${listening.open} listeners`,
    );
  }, sampleMs);
  const cutting = setInterval(() => void proxy.cut(), cutEveryMs);
  sent += await publishAt(publisher, maximum / 2, minutes * 60_000);
  clearInterval(sampling);
  clearInterval(cutting);
  const end = systemClock.mono() + 30_000;
  while (handled < sent && systemClock.mono() < end) {
    await systemClock.sleep(50);
  }
  await running.stop();
  await connection.shutdown();
  await systemClock.sleep(100);
  return {
    sent,
    handled,
    reconnects,
    heap,
    timers: clock.armed,
    listeners: listening.open,
  };
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: "string", default: "10" } },
  });
  const result = await soak(Number(values.minutes));
  const { sent, handled, reconnects, heap, timers, listeners } = result;
  const flat = isFlat(heap);
  say(
    `${sent} sent, ${handled} handled (${
      handled - sent
    } twice), ${reconnects} reconnects; the heap ${
      flat ? "stayed flat" : "grew"
    }; left behind: ${timers} timers, ${listeners} listeners`,
  );
  return handled >= sent && flat && timers === 0 && listeners === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
