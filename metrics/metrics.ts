import {
  type AppEvent,
  type BrokerNotice,
  consoleLogger,
  type DeliveryEvent,
  type FinishedEvent,
  type HeldEvent,
  type Notice,
  type Observer,
  type PublishedEvent,
  type RefusedEvent,
  type SettledEvent,
  type StartedEvent,
  type SubscribedEvent,
} from "@ruststream/core";
import { systemClock } from "@ruststream/core/contract";
import { AppState } from "./app_state.ts";
import { Backlogs } from "./backlogs.ts";
import { Begun } from "./begun.ts";
import { batchBounds, byteBounds, queueBounds } from "./bounds.ts";
import { BrokerBook } from "./broker_book.ts";
import { Cap } from "./cap.ts";
import { deliveryFamilies } from "./delivery_families.ts";
import { DeliveryBook, type LabelReader } from "./delivery_series.ts";
import { carefulExemplar, type ExemplarReader } from "./exemplar.ts";
import { contentTypes, exposition, type PageFormat } from "./exposition.ts";
import { type Family, increment } from "./family.ts";
import { formatOf } from "./negotiate.ts";
import { NoticeBook } from "./notice_book.ts";
import { checkOptions, type MetricsOptions } from "./options.ts";
import { PublishBook } from "./publish_book.ts";
import { registerIn } from "./registry.ts";

// deno-fmt-ignore
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const longestLabel = 128;

/** Options for {@linkcode Metrics.page}. */
export interface PageOptions {
  /** The `Accept` header of who asks. OpenMetrics is given to whoever names it; by default Prometheus' own text format is. */
  readonly accept?: string | undefined;
}

/** All metrics at one moment, ready to be served. */
export interface MetricsPage {
  /** The text. */
  readonly body: string;
  /** The value for the `Content-Type` header. */
  readonly contentType: string;
}

/** What {@linkcode metrics} makes: give it to `app.observe()`, and serve its page. */
export interface Metrics extends Observer {
  /** All metrics as text. It asks brokers for their backlogs, not for long, and never rejects. */
  text(format?: PageFormat): Promise<string>;
  /** The same with its content type, in the format that is asked for. */
  page(options?: PageOptions): Promise<MetricsPage>;
}

/** Observes, and writes what it has seen. Nothing is allocated for an event once its label set is known. */
class Counting implements Metrics {
  readonly #clock: NonNullable<MetricsOptions["clock"]>;
  readonly #deliveries: DeliveryBook;
  readonly #publishes: PublishBook;
  readonly #brokers = new BrokerBook();
  readonly #notices: NoticeBook;
  readonly #backlogs: Backlogs;
  readonly #app = new AppState(() => this.#brokers.isConnected);
  readonly #families: readonly Family[];
  readonly #exemplar: ExemplarReader | undefined;
  /** The runs under way; of a batch, by its first delivery only. */
  readonly #begun = new Begun();

  constructor(options: MetricsOptions) {
    const { clock = systemClock, logger = consoleLogger } = options;
    const { prefix = "ruststream_", maxSeries = 1_000 } = options;
    const { durationBuckets: duration = seconds } = options;
    this.#clock = clock;
    this.#exemplar = options.exemplar &&
      carefulExemplar(options.exemplar, logger);
    const capOf = (what: string): Cap =>
      new Cap(maxSeries, () =>
        logger.warn(
          `Cannot show more than ${maxSeries} label sets of ${what}: what is new is counted under "_overflow"`,
        ));
    const caps = [capOf("deliveries"), capOf("publishes"), capOf("notices")];
    const [ofDeliveries, ofPublishes, ofNotices] = caps as [Cap, Cap, Cap];
    const readers = Object.entries(options.labels ?? {})
      .map(([name, read]) => [name, careful(name, read, logger)] as const);
    this.#deliveries = new DeliveryBook(readers, {
      duration,
      queue: queueBounds,
      bytes: byteBounds,
      batch: batchBounds,
    }, ofDeliveries);
    this.#publishes = new PublishBook(
      { duration, bytes: byteBounds },
      ofPublishes,
    );
    this.#notices = new NoticeBook(ofNotices);
    const { backlogMaxAgeMs = 5_000, backlogWithinMs = 1_000 } = options;
    this.#backlogs = new Backlogs(clock, backlogMaxAgeMs, backlogWithinMs);
    this.#families = [
      ...deliveryFamilies(
        prefix,
        this.#deliveries,
        () => this.#backlogs.refresh(),
      ),
      ...this.#publishes.families(prefix),
      ...this.#brokers.families(prefix),
      ...this.#notices.families(prefix),
      ...this.#app.families(prefix),
      {
        name: `${prefix}metrics_overflowed_total`,
        help: "Times that something was counted under _overflow.",
        type: "counter",
        samples: () => [{
          suffix: "",
          labels: {},
          value: caps.reduce((sum, { refused }) => sum + refused, 0),
        }],
      },
    ];
    if (options.registry !== undefined) {
      registerIn(options.registry, this.#families);
    }
  }

  app(event: AppEvent): void {
    this.#app.told(event);
  }

  subscribed(event: SubscribedEvent): void {
    const series = this.#deliveries.subscriberOf(event);
    series.concurrency = event.concurrency;
    this.#backlogs.add(series, event.backlog);
  }

  received(event: DeliveryEvent): void {
    const series = this.#deliveries.seriesOf(event);
    series.received++;
    series.bytes.observe(event.bytes);
  }

  refused(event: RefusedEvent): void {
    increment(this.#deliveries.seriesOf(event).refused, event.reason);
  }

  started(event: StartedEvent): void {
    const own = this.#deliveries.subscriberOf(event);
    own.running++;
    const series = this.#deliveries.seriesOf(event, own);
    const { attempt, delivery: { publishedAt } } = event;
    if (attempt > 1) series.retries++;
    else if (publishedAt !== undefined) {
      // Two machines may not agree on the time.
      const waitedMs = Math.max(0, event.at - publishedAt.getTime());
      series.queue.observe(waitedMs / 1_000);
    }
    const { batchIndex = 0, batchSize } = event;
    if (batchIndex > 0) return;
    if (batchSize !== undefined) series.batched(batchSize);
    this.#begun.add(event.delivery, this.#clock.mono());
  }

  finished(event: FinishedEvent): void {
    const own = this.#deliveries.subscriberOf(event);
    own.running--;
    const series = this.#deliveries.seriesOf(event, own);
    const begun = this.#begun.take(event.delivery);
    if (begun !== undefined) {
      const seconds = (this.#clock.mono() - begun) / 1_000;
      const shown = this.#exemplar?.(event);
      if (shown === undefined) series.duration.observe(seconds);
      else series.duration.observe(seconds, shown, this.#clock.now());
    }
    if ("error" in event) series.failed(event.error);
  }

  settled(event: SettledEvent): void {
    this.#deliveries.seriesOf(event).settled[event.settlement]++;
  }

  held(event: HeldEvent): void {
    this.#deliveries.seriesOf(event).held++;
  }

  published(event: PublishedEvent): void {
    this.#publishes.published(event);
  }

  broker(event: BrokerNotice): void {
    this.#brokers.told(event);
  }

  notice(event: Notice): void {
    this.#notices.told(event);
    if (event.code !== "timed-out" || event.subscriber === undefined) return;
    const series = this.#deliveries.named(event.subscriber);
    if (series !== undefined) series.timeouts++;
  }

  async text(format: PageFormat = "text"): Promise<string> {
    await this.#backlogs.refresh();
    return exposition(this.#families, format);
  }

  async page({ accept }: PageOptions = {}): Promise<MetricsPage> {
    const format = formatOf(accept);
    return {
      body: await this.text(format),
      contentType: contentTypes[format],
    };
  }
}

/** A reader that cannot stop what is counted, and whose values have an end. */
function careful(
  name: string,
  read: (event: DeliveryEvent) => string,
  logger: NonNullable<MetricsOptions["logger"]>,
): LabelReader {
  let told = false;
  return (event) => {
    try {
      const value = String(read(event));
      // Half of a surrogate pair would be written as another one is.
      return value.slice(0, longestLabel).toWellFormed();
    } catch (error) {
      if (!told) {
        told = true;
        logger.warn(`Cannot read the label "${name}": it threw`, { error });
      }
      return "";
    }
  };
}

/**
 * Counts what an application does, for Prometheus: an observer, and the page that is scraped.
 *
 * Labels are declared names and templates, never the address of a message, so there are as many series as the application has subscribers and channels.
 *
 * @example The page of a service
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 * import { metrics } from "@ruststream/metrics";
 *
 * const orders = channel<{ id: number }>("orders");
 * const seen = metrics();
 * const app = new RustStream({ title: "orders", version: "0.1.0" })
 *   .observe(seen)
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, () => {})));
 *
 * const running = await app.start();
 * await running.publisher.publish(orders, { id: 1 });
 * await running.stop();
 *
 * const { body, contentType } = await seen.page();
 * assert.match(body, /ruststream_messages_received_total\{broker="memory",subscriber="orders",template="orders"\} 1\n/);
 * assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of its range, or bounds do not ascend.
 */
export function metrics(options: MetricsOptions = {}): Metrics {
  checkOptions(options);
  return new Counting(options);
}
