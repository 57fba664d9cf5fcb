import type { AppDescription } from "../app/describe.ts";
import type { Running, StopReport } from "../app/types.ts";
import { onAbort } from "../contract/on_abort.ts";
import type { CommandContext } from "./command.ts";
import { counted } from "./counted.ts";
import { DeliveryCounts } from "./counts.ts";
import { notSettled } from "./due.ts";
import { errorLine } from "./failure.ts";
import type { Feed, LineCounts } from "./feed.ts";
import { feedPublisher } from "./feed_publisher.ts";
import { untilIdle } from "./idle.ts";
import type { Output } from "./output.ts";
import { Progress } from "./progress.ts";
import type { RunPlan } from "./run_options.ts";
import type { Signals } from "./signals.ts";
import {
  isClean,
  perSecond,
  type Summary,
  summaryJson,
  summaryText,
} from "./summary.ts";
import type { World } from "./world.ts";

/** Keeps the process alive while nothing happens: longer than a process lives. */
const longMs = 2 ** 40;
/** Between two looks whether everything is idle: inside this process, and where messages travel. */
const idleHereMs = 10;
const idleAwayMs = 250;

/** What a {@linkcode Service} is run with. */
export interface ServiceOptions {
  readonly context: CommandContext;
  readonly world: World;
  readonly output: Output;
  readonly signals: Signals;
  readonly description: AppDescription;
  readonly plan: RunPlan;
}

/** One run of the service, from its start to its summary. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #feeds: readonly Feed[];
  readonly #counts: DeliveryCounts;
  #wasIdle = false;

  constructor(options: ServiceOptions, feeds: readonly Feed[]) {
    this.#options = options;
    this.#feeds = feeds;
    this.#counts = new DeliveryCounts(
      options.world.clock,
      options.plan.broker,
      feeds.map(({ plan }) => plan.address),
    );
  }

  /** Starts, serves, stops, and resolves with the exit code. */
  async run(): Promise<number> {
    const { world: { clock } } = this.#options;
    const running = await this.#start();
    if (running === undefined) return this.#concludeUnstarted();
    const letGo = clock.after(longMs, () => {});
    try {
      const startedAt = clock.mono();
      const report = await this.#serve(running);
      return this.#conclude(running, report, startedAt);
    } finally {
      letGo();
      // It has stopped already, unless something above is broken.
      await running.stop();
    }
  }

  /** Starts the application; undefined where a signal came first. */
  async #start(): Promise<Running | undefined> {
    const { context: { app, signal }, world: { clock }, plan } = this.#options;
    const { feeds, exitWhenIdle, json, drainMs, readyDelayMs } = plan;
    // A service that only runs pays for no observer.
    if (feeds.length > 0 || exitWhenIdle || json) {
      app.observe(this.#counts.observer);
    }
    // The signal ends the start only: a stop ends the feeds first.
    const starting = new AbortController();
    const forget = onAbort(signal, (reason) => starting.abort(reason));
    try {
      const { signal } = starting;
      return await app.start({ signal, clock, drainMs, readyDelayMs });
    } catch (error) {
      for (const feed of this.#feeds) await feed.close();
      if (signal.aborted && error === signal.reason) return undefined;
      throw error;
    } finally {
      forget();
    }
  }

  /** Runs until a signal, idleness or a failure ends it, and stops it. */
  async #serve(running: Running): Promise<StopReport> {
    const { context: { signal }, output, signals, plan } = this.#options;
    const ending = new AbortController();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const forgetEnd = onAbort(ending.signal, () => end());
    const forget = [signal, running.stopping].map((one) =>
      onAbort(one, () => ending.abort())
    );
    output.say(this.#greeting());
    const feeding = this.#feed(running, ending.signal);
    const progress = this.#feeds.length === 0 ? undefined : new Progress(
      this.#options.world.clock,
      output,
      () => this.#lines().read,
      this.#counts,
    );
    try {
      if (plan.exitWhenIdle) {
        await feeding;
        this.#wasIdle = await this.#untilIdle(running, ending.signal);
      } else await ended;
      ending.abort();
      if (signals.first !== undefined && !running.stopping.aborted) {
        output.say(
          `Got ${signals.first}: draining for at most ${plan.drainMs} ms; a second signal stops at once`,
        );
      }
      await feeding;
      return await running.stop();
    } finally {
      progress?.end();
      output.clear();
      forgetEnd();
      for (const one of forget) one();
    }
  }

  async #feed(running: Running, signal: AbortSignal): Promise<void> {
    const { world: { clock }, output, plan } = this.#options;
    const { broker = "" } = plan;
    const connection = running.connections.get(broker);
    if (connection === undefined) return;
    await Promise.all(this.#feeds.map(async (feed) => {
      const { address, file } = feed.plan;
      const say = (line: string): void => output.say(line);
      await feed.run({
        clock,
        publisher: await feedPublisher(connection, { address, signal, say }),
        signal,
        say,
      });
      if (plan.exitWhenIdle || !feed.ended) return;
      output.say(
        `Fed "${file}" to "${address}": ${
          counted(feed.counts.published, "line")
        } published`,
      );
    }));
  }

  async #untilIdle(running: Running, signal: AbortSignal): Promise<boolean> {
    const { world: { clock }, description } = this.#options;
    const away = description.brokers.some(({ servers }) => servers.length > 0);
    return await untilIdle(running, {
      clock,
      everyMs: away ? idleAwayMs : idleHereMs,
      settled: () => this.#counts.ended + this.#counts.retried,
      signal,
    });
  }

  /** Says how it ended, and decides the exit code. */
  #conclude(running: Running, report: StopReport, startedAt: number): number {
    const { output, signals, plan } = this.#options;
    const { failure } = running;
    const { settled, returned } = report;
    const lost = report.lost + this.#counts.dropped;
    const stoppedBy = failure !== undefined
      ? "failure"
      : this.#wasIdle
      ? "idle"
      : signals.first ?? "application";
    if (failure !== undefined) output.say(errorLine(failure));
    output.say(
      `${this.#name} stopped (${stoppedBy}): ${settled} settled, ${returned} returned, ${lost} lost`,
    );
    const broken = stoppedBy === "failure" || lost > 0 ||
      this.#feeds.some((feed) => feed.failure !== undefined);
    const summary = this.#summary(stoppedBy, { ...report, lost }, startedAt);
    this.#write(summary);
    const counted = this.#feeds.length > 0 || plan.exitWhenIdle || plan.json;
    return broken || counted && !isClean(summary) ? 1 : 0;
  }

  /** The same where a signal came before anything was read: that is as clean as a stop can be. */
  #concludeUnstarted(): number {
    const { world: { clock }, output, signals } = this.#options;
    output.say(`${this.#name} stopped before it ran`);
    const nothing = { settled: 0, returned: 0, lost: 0 };
    const stoppedBy = signals.first ?? "failure";
    this.#write(this.#summary(stoppedBy, nothing, clock.mono()));
    return 0;
  }

  /** Writes the summary, where one was asked for. */
  #write(summary: Summary): void {
    const { output, plan } = this.#options;
    if (plan.json) output.write(summaryJson(summary));
    else if (this.#feeds.length > 0 || plan.exitWhenIdle) {
      output.write(summaryText(summary));
    }
  }

  #summary(
    stoppedBy: Summary["stoppedBy"],
    { returned, lost }: StopReport,
    startedAt: number,
  ): Summary {
    const { world: { clock }, plan, description } = this.#options;
    const counts = this.#counts;
    const published = new Map<string, number>();
    for (const { plan: { address }, counts } of this.#feeds) {
      published.set(address, (published.get(address) ?? 0) + counts.published);
    }
    const seconds = ((counts.lastAt ?? clock.mono()) - startedAt) / 1000;
    return {
      title: description.title,
      version: description.version,
      stoppedBy,
      lines: this.#lines(),
      deliveries: {
        acked: counts.acked,
        retried: counts.retried,
        rejected: counts.rejected,
        deadLettered: counts.deadLettered,
        returned,
        lost,
        notSettled: notSettled(
          description,
          plan.broker ?? "",
          published,
          counts,
          this.#wasIdle,
        ),
      },
      seconds: Math.round(seconds * 1000) / 1000,
      perSecond: perSecond(counts.ended, seconds),
      feeds: this.#feeds.map(({ plan, counts, ended }) => ({
        ...plan,
        ...counts,
        ended,
      })),
    };
  }

  #lines(): LineCounts {
    const sum = { read: 0, notJson: 0, published: 0, failed: 0 };
    for (const { counts } of this.#feeds) {
      sum.read += counts.read;
      sum.notJson += counts.notJson;
      sum.published += counts.published;
      sum.failed += counts.failed;
    }
    return sum;
  }

  #greeting(): string {
    const { brokers, subscribers } = this.#options.description;
    const names = brokers.map(({ name }) => name).join(", ");
    return `${this.#name} runs: ${
      counted(subscribers.length, "subscriber")
    } on ${names === "" ? "no broker" : names}`;
  }

  get #name(): string {
    const { title, version } = this.#options.description;
    return `${title} ${version}`;
  }
}
