import type { BrokerNotice } from "@ruststream/core";
import { type Family, plain } from "./family.ts";

/** What is counted of one broker. */
class BrokerSeries {
  readonly name: string;
  isConnected = false;
  wasConnected = false;
  reconnects = 0;
  reopened = 0;
  slow = 0;
  dropped = 0;
  lost = 0;

  constructor(name: string) {
    this.name = name;
  }
}

type Row = readonly [
  type: Family["type"],
  name: string,
  help: string,
  read: (series: BrokerSeries) => number,
];

const rows: readonly Row[] = [
  [
    "gauge",
    "broker_connected",
    "Whether the broker is connected, by what it last told.",
    ({ isConnected }) => Number(isConnected),
  ],
  [
    "counter",
    "broker_reconnects_total",
    "Connections after the first one.",
    ({ reconnects }) => reconnects,
  ],
  [
    "counter",
    "broker_subscriptions_reopened_total",
    "Subscriptions that the broker opened again by itself.",
    ({ reopened }) => reopened,
  ],
  [
    "counter",
    "broker_slow_consumers_total",
    "Times that messages came faster than they were taken.",
    ({ slow }) => slow,
  ],
  [
    "counter",
    "broker_messages_dropped_total",
    "Messages that were dropped before anybody saw them.",
    ({ dropped }) => dropped,
  ],
  [
    "counter",
    "broker_messages_lost_total",
    "Messages that were lost.",
    ({ lost }) => lost,
  ],
];

/** What happens on the connections of brokers. There are as many as an application names. */
export class BrokerBook {
  readonly #brokers = new Map<string, BrokerSeries>();

  /** Counts one. */
  told(event: BrokerNotice): void {
    let series = this.#brokers.get(event.broker);
    if (series === undefined) {
      series = new BrokerSeries(event.broker);
      this.#brokers.set(event.broker, series);
    }
    switch (event.kind) {
      case "connected":
        if (series.wasConnected) series.reconnects++;
        series.isConnected = series.wasConnected = true;
        break;
      case "disconnected":
        series.isConnected = false;
        break;
      case "reopened":
        series.reopened++;
        break;
      case "slow":
        series.slow++;
        break;
      case "dropped":
      case "lost":
        series[event.kind] += event.count;
        break;
    }
  }

  /** Whether none is away, of those that have told anything. */
  get isConnected(): boolean {
    return [...this.#brokers.values()].every((one) => one.isConnected);
  }

  /** What is counted of brokers. */
  families(prefix: string): readonly Family[] {
    return rows.map(([type, name, help, read]) => ({
      name: prefix + name,
      help,
      type,
      samples: () =>
        [...this.#brokers.values()].map((series) =>
          plain({ broker: series.name }, read(series))
        ),
    }));
  }
}
