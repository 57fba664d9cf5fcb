import type { DeliveryEvent, SettledEvent } from "@ruststream/core";
import { type Cap, overflow } from "./cap.ts";
import { classOf } from "./class_of.ts";
import { increment, type Labels } from "./family.ts";
import { Histogram } from "./histogram.ts";

/** Reads the value of one label of the user's own. */
export type LabelReader = (event: DeliveryEvent) => string;

/** Bounds of the histograms: seconds, bytes, and deliveries of a batch. */
export interface Bounds {
  readonly duration: readonly number[];
  readonly queue: readonly number[];
  readonly bytes: readonly number[];
  readonly batch: readonly number[];
}

/** How many classes of errors are told apart for each subscriber. */
const mostErrorTypes = 20;

/** What is counted for one label set. */
export class DeliverySeries {
  readonly labels: Labels;
  received = 0;
  retries = 0;
  held = 0;
  readonly settled: Record<SettledEvent["settlement"], number> = {
    "ack": 0,
    "retry": 0,
    "reject": 0,
    "release": 0,
    "dead-letter": 0,
  };
  readonly refused: Map<string, number> = new Map();
  readonly errors: Map<string, number> = new Map();
  readonly duration: Histogram;
  readonly queue: Histogram;
  readonly bytes: Histogram;
  /** Made with the first batch: most subscribers have none. */
  batch: Histogram | undefined = undefined;
  readonly #bounds: Bounds;

  constructor(labels: Labels, bounds: Bounds) {
    this.labels = labels;
    this.#bounds = bounds;
    this.duration = new Histogram(bounds.duration);
    this.queue = new Histogram(bounds.queue);
    this.bytes = new Histogram(bounds.bytes);
  }

  /** A batch of so many deliveries was handed to its handler. */
  batched(size: number): void {
    this.batch ??= new Histogram(this.#bounds.batch);
    this.batch.observe(size);
  }

  /** A handler threw. */
  failed(error: unknown): void {
    const type = classOf(error);
    const isNew = !this.errors.has(type) && this.errors.size >= mostErrorTypes;
    increment(this.errors, isNew ? overflow : type);
  }
}

interface Node {
  readonly next: Map<string, Node>;
  series: DeliverySeries | undefined;
}

const leaf = (): Node => ({ next: new Map(), series: undefined });

/** What is read by whom. */
type Read = Pick<DeliveryEvent, "subscriber" | "template" | "broker">;

function isOf(series: Read, { subscriber, template, broker }: Read): boolean {
  return series.subscriber === subscriber && series.template === template &&
    series.broker === broker;
}

/** One subscriber on one template: what has no label but these, and the series of the user's labels. */
export class SubscriberSeries {
  readonly subscriber: string;
  readonly template: string;
  readonly broker: string;
  readonly labels: Labels;
  /** Another template or broker under the same name: of another application in this process. */
  readonly other: SubscriberSeries | undefined;
  readonly tree: Node = leaf();
  running = 0;
  timeouts = 0;
  concurrency = 0;
  /** What waits at the broker, and is handed out, as it was last told. */
  backlog: { readonly waiting: number; readonly unsettled: number } | undefined;
  rest: DeliverySeries | undefined = undefined;

  constructor(
    { subscriber, template, broker }: Read,
    other: SubscriberSeries | undefined,
  ) {
    this.subscriber = subscriber;
    this.template = template;
    this.broker = broker;
    this.labels = { broker, subscriber, template };
    this.other = other;
  }
}

/** All series of deliveries, found by subscriber, template and the user's labels without making anything. */
export class DeliveryBook {
  readonly #readers: readonly (readonly [string, LabelReader])[];
  readonly #bounds: Bounds;
  readonly #cap: Cap;
  readonly #bySubscriber = new Map<string, SubscriberSeries>();
  readonly subscribers: SubscriberSeries[] = [];
  readonly series: DeliverySeries[] = [];
  #overflow: SubscriberSeries | undefined = undefined;
  /** What was found last: mostly it is wanted again. */
  #last: SubscriberSeries | undefined = undefined;

  constructor(
    readers: readonly (readonly [string, LabelReader])[],
    bounds: Bounds,
    cap: Cap,
  ) {
    this.#readers = readers;
    this.#bounds = bounds;
    this.#cap = cap;
  }

  /** The series of a subscriber. */
  subscriberOf(of: Read): SubscriberSeries {
    const last = this.#last;
    if (last !== undefined && isOf(last, of)) return last;
    const first = this.#bySubscriber.get(of.subscriber);
    let found = first;
    while (found !== undefined && !isOf(found, of)) found = found.other;
    return this.#last = found ?? this.#add(of, first);
  }

  /** A subscriber that is known by its name only. */
  named(subscriber: string): SubscriberSeries | undefined {
    return this.#bySubscriber.get(subscriber) ?? this.#overflow;
  }

  /** The series of a delivery of a subscriber. */
  seriesOf(
    event: DeliveryEvent,
    own: SubscriberSeries = this.subscriberOf(event),
  ): DeliverySeries {
    const readers = this.#readers;
    let node = own.tree;
    for (let at = 0; at < readers.length; at++) {
      const [, read] = readers[at] as (typeof readers)[number];
      const next = node.next.get(read(event));
      if (next === undefined) return this.#grow(own, event);
      node = next;
    }
    return node.series ?? this.#grow(own, event);
  }

  #add(of: Read, first: SubscriberSeries | undefined): SubscriberSeries {
    if (!this.#cap.take()) {
      return this.#overflow ??= this.#keep(
        new SubscriberSeries(
          { subscriber: overflow, template: overflow, broker: overflow },
          undefined,
        ),
      );
    }
    const made = this.#keep(new SubscriberSeries(of, first));
    this.#bySubscriber.set(of.subscriber, made);
    return made;
  }

  #keep(made: SubscriberSeries): SubscriberSeries {
    this.subscribers.push(made);
    // Without labels of the user's own a subscriber is one series, there from the beginning.
    if (this.#readers.length === 0) made.tree.series = this.#series(made, []);
    return made;
  }

  #grow(own: SubscriberSeries, event: DeliveryEvent): DeliverySeries {
    if (own === this.#overflow || !this.#cap.take()) {
      return own.rest ??= this.#series(own, this.#readers.map(() => overflow));
    }
    const values = this.#readers.map(([, read]) => read(event));
    let node = own.tree;
    for (const value of values) {
      let next = node.next.get(value);
      if (next === undefined) node.next.set(value, next = leaf());
      node = next;
    }
    return node.series = this.#series(own, values);
  }

  #series(own: SubscriberSeries, values: readonly string[]): DeliverySeries {
    const labels: Record<string, string> = { ...own.labels };
    for (const [at, [name]] of this.#readers.entries()) {
      labels[name] = values[at] as string;
    }
    const made = new DeliverySeries(labels, this.#bounds);
    this.series.push(made);
    return made;
  }
}
