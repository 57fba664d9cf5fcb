import * as installed from "@opentelemetry/api";
import type {
  Attributes,
  Counter,
  Histogram,
  Meter,
  UpDownCounter,
} from "@opentelemetry/api";
import type {
  AppEvent,
  BrokerNotice,
  DeliveryEvent,
  FinishedEvent,
  Notice,
  Observer,
  PublishedEvent,
  RefusedEvent,
  SettledEvent,
  StartedEvent,
} from "@ruststream/core";
import { type Clock, systemClock } from "@ruststream/core/contract";
import { Begun } from "../begun.ts";
import { batchBounds, byteBounds, queueBounds } from "../bounds.ts";
import {
  attribute,
  errorTypeOf,
  isFixed,
  type OpenTelemetryApi,
  operations,
  scopeName,
  type SystemOf,
  systemOf,
} from "./api.ts";
import { checkInstruments } from "./check_options.ts";

/** Options for {@linkcode instruments}. */
export interface InstrumentsOptions {
  /** The API whose SDK the service has set up, where that is another copy. By default it is the one that is imported here. */
  readonly api?: OpenTelemetryApi;
  /** The value of `messaging.system`, for all brokers or by their names. By default it is the broker's name. */
  readonly system?: SystemOf;
  /**
   * Measures handlers.
   *
   * @default {systemClock}
   */
  readonly clock?: Pick<Clock, "mono">;
}

// What the conventions advise, and three below: handlers in this process are quicker than a network.
// deno-fmt-ignore
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Attribute sets, made once each: there are as many as an application has subscribers and channels. */
class Sets {
  readonly #byKey = new Map<string, Attributes>();

  of(key: string, make: () => Attributes): Attributes {
    let found = this.#byKey.get(key);
    if (found === undefined) {
      found = Object.freeze(make());
      this.#byKey.set(key, found);
    }
    return found;
  }
}

/** What is measured, not only counted. */
interface Histograms {
  readonly process: Histogram;
  readonly operation: Histogram;
  readonly queue: Histogram;
  readonly bytes: Histogram;
  readonly batch: Histogram;
}

function histograms(meter: Meter): Histograms {
  const make = (
    name: string,
    unit: string,
    bounds: readonly number[],
    description: string,
  ): Histogram =>
    meter.createHistogram(name, {
      unit,
      description,
      advice: { explicitBucketBoundaries: [...bounds] },
    });
  return {
    process: make(
      "messaging.process.duration",
      "s",
      seconds,
      "One run of a handler; a batch counts once.",
    ),
    operation: make(
      "messaging.client.operation.duration",
      "s",
      seconds,
      "How long a publish took, a request until its reply.",
    ),
    queue: make(
      "ruststream.message.queue_time",
      "s",
      queueBounds,
      "From the broker's taking to the first run.",
    ),
    bytes: make(
      "ruststream.message.body.size",
      "By",
      byteBounds,
      "Length of bodies, received and published.",
    ),
    batch: make(
      "ruststream.batch.size",
      "{message}",
      batchBounds,
      "Deliveries that a batch handler was given.",
    ),
  };
}

/** All instruments of one meter. */
class Made {
  readonly consumed: Counter;
  readonly processed: Counter;
  readonly refused: Counter;
  readonly sent: Counter;
  readonly notices: Counter;
  readonly brokerEvents: Counter;
  readonly inFlight: UpDownCounter;
  readonly histograms: Histograms;

  constructor(meter: Meter, stateNow: () => AppEvent["state"] | undefined) {
    const counter = (name: string, unit: string, description: string) =>
      meter.createCounter(name, { unit, description });
    this.consumed = counter(
      "messaging.client.consumed.messages",
      "{message}",
      "Deliveries that came.",
    );
    this.sent = counter(
      "messaging.client.sent.messages",
      "{message}",
      "Publishes, replies, dead letters and requests included.",
    );
    this.processed = counter(
      "ruststream.messages.settled",
      "{message}",
      "How deliveries ended.",
    );
    this.refused = counter(
      "ruststream.messages.undecodable",
      "{message}",
      "Deliveries that no handler got, by what is wrong with them.",
    );
    this.notices = counter(
      "ruststream.notices",
      "{notice}",
      "What someone should know of, by code.",
    );
    this.brokerEvents = counter(
      "ruststream.broker.events",
      "{event}",
      "What happened on connections, by kind.",
    );
    this.inFlight = meter.createUpDownCounter(
      "ruststream.messages.in_flight",
      { unit: "{message}", description: "Messages that handlers run for." },
    );
    this.histograms = histograms(meter);
    showState(meter, stateNow);
  }
}

function showState(
  meter: Meter,
  stateNow: () => AppEvent["state"] | undefined,
): void {
  const states = ["starting", "running", "stopping", "stopped", "failed"];
  meter.createObservableGauge("ruststream.app.state", {
    description: "What the application does: 1 for the state that it is in.",
  }).addCallback((to) => {
    const now = stateNow();
    if (now === undefined) return;
    for (const state of states) {
      to.observe(Number(state === now), { "ruststream.state": state });
    }
  });
}

/** Measures what it observes. */
class Measuring implements Observer {
  readonly #api: OpenTelemetryApi;
  readonly #clock: Pick<Clock, "mono">;
  readonly #system: SystemOf | undefined;
  readonly #sets = new Sets();
  readonly #begun = new Begun();
  #made: Made | undefined = undefined;
  /** Whether there is an SDK that keeps what is measured. */
  #isKept = false;
  #state: AppEvent["state"] | undefined = undefined;

  constructor({ api = installed, system, clock }: InstrumentsOptions) {
    this.#api = api;
    this.#clock = clock ?? systemClock;
    this.#system = system;
  }

  /** Made with the first event: what is made before there is an SDK measures nothing for ever. */
  get #on(): Made {
    return this.#made ??= this.#make();
  }

  #make(): Made {
    const { metrics } = this.#api;
    const meter = metrics.getMeter(scopeName);
    // Without an SDK all names have one meter.
    this.#isKept = meter !== metrics.getMeter(`${scopeName}/otel`);
    return new Made(meter, () => this.#state);
  }

  app({ state }: AppEvent): void {
    this.#state = state;
    // An SDK may come while the application starts, or between two starts.
    if (!this.#isKept) this.#made = this.#make();
  }

  received(event: DeliveryEvent): void {
    const set = this.#received(event);
    this.#on.consumed.add(1, set);
    this.#on.histograms.bytes.record(event.bytes, set);
  }

  refused(event: RefusedEvent): void {
    this.#on.refused.add(1, this.#received(event, "reason", event.reason));
  }

  started(event: StartedEvent): void {
    const set = this.#received(event);
    this.#on.inFlight.add(1, set);
    const { attempt, at, delivery, batchIndex = 0, batchSize } = event;
    const { publishedAt } = delivery;
    if (attempt === 1 && publishedAt !== undefined) {
      // Two machines may not agree on the time.
      const waitedMs = Math.max(0, at - publishedAt.getTime());
      this.#on.histograms.queue.record(waitedMs / 1_000, set);
    }
    if (batchIndex > 0) return;
    if (batchSize !== undefined) {
      this.#on.histograms.batch.record(batchSize, set);
    }
    this.#begun.add(delivery, this.#clock.mono());
  }

  finished(event: FinishedEvent): void {
    const set = this.#received(event);
    this.#on.inFlight.add(-1, set);
    const begun = this.#begun.take(event.delivery);
    if (begun === undefined) return;
    this.#on.histograms.process.record(
      (this.#clock.mono() - begun) / 1_000,
      "error" in event
        ? this.#received(event, attribute.errorType, errorTypeOf(event.error))
        : set,
    );
  }

  settled(event: SettledEvent): void {
    const { settlement } = event;
    this.#on.processed.add(
      1,
      this.#received(event, attribute.outcome, settlement),
    );
  }

  published(event: PublishedEvent): void {
    const set = this.#published(event);
    this.#on.sent.add(1, set);
    this.#on.histograms.bytes.record(event.bytes, set);
    this.#on.histograms.operation.record(event.ms / 1_000, set);
  }

  broker({ broker, kind }: BrokerNotice): void {
    this.#on.brokerEvents.add(
      1,
      this.#sets.of(`b ${kind} ${broker}`, () => ({
        [attribute.broker]: broker,
        "ruststream.event": kind,
      })),
    );
  }

  notice({ code, subscriber }: Notice): void {
    this.#on.notices.add(
      1,
      this.#sets.of(`n ${code} ${subscriber}`, () => ({
        "ruststream.code": code,
        ...(subscriber !== undefined && { [attribute.subscriber]: subscriber }),
      })),
    );
  }

  #received(
    { subscriber, template, broker }: DeliveryEvent,
    name = "",
    value = "",
  ): Attributes {
    const key = `r ${name} ${value} ${broker} ${template} ${subscriber}`;
    return this.#sets.of(key, () => ({
      ...this.#common(broker, template),
      [attribute.operationName]: "process",
      [attribute.operationType]: "process",
      [attribute.subscriber]: subscriber,
      ...(name !== "" &&
        { [name === "reason" ? "ruststream.reason" : name]: value }),
    }));
  }

  #published(event: PublishedEvent): Attributes {
    const { broker, template, kind } = event;
    const error = "error" in event ? errorTypeOf(event.error) : "";
    return this.#sets.of(`p ${kind} ${error} ${broker} ${template}`, () => ({
      ...this.#common(broker, template),
      [attribute.operationName]: operations[kind],
      [attribute.operationType]: "send",
      [attribute.kind]: kind,
      ...(error !== "" && { [attribute.errorType]: error }),
    }));
  }

  #common(broker: string, template: string): Attributes {
    return {
      [attribute.system]: systemOf(this.#system, broker),
      [attribute.broker]: broker,
      ...(isFixed(template)
        ? { [attribute.destinationName]: template }
        : { [attribute.destinationTemplate]: template }),
    };
  }
}

/**
 * Measures what an application does by the metrics of `@opentelemetry/api`: an observer for whatever SDK there is. Without one nothing is kept.
 *
 * Names and attributes are those of the semantic conventions for messaging where these have some, and begin with `ruststream.` elsewhere. Attributes are declared names and templates, classes of errors and codes; never the address of a message.
 *
 * @example Beside whatever SDK there is
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 * import { instruments } from "@ruststream/metrics/otel";
 *
 * const orders = channel<{ id: number }>("orders");
 * const app = new RustStream({ title: "orders", version: "0.1.0" })
 *   .observe(instruments())
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, () => {})));
 *
 * const running = await app.start();
 * await running.publisher.publish(orders, { id: 1 });
 * assert.equal((await running.stop()).settled, 1);
 * ```
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 */
export function instruments(options: InstrumentsOptions = {}): Observer {
  checkInstruments(options);
  return new Measuring(options);
}
