import type { DeliveryBook, DeliverySeries } from "./delivery_series.ts";
import { counted, type Family, plain, type Sample } from "./family.ts";

type Read = (series: DeliverySeries) => readonly Sample[];
type Row = readonly [name: string, help: string, read: Read];

const counters: readonly Row[] = [
  [
    "messages_received_total",
    "Deliveries that came from the broker.",
    ({ labels, received }) => [plain(labels, received)],
  ],
  [
    "messages_settled_total",
    "Deliveries that ended, by how.",
    ({ labels, settled }) =>
      counted(labels, "outcome", new Map(Object.entries(settled))),
  ],
  [
    "messages_undecodable_total",
    "Deliveries that no handler got, by what was wrong with them.",
    ({ labels, refused }) => counted(labels, "reason", refused),
  ],
  [
    "messages_held_total",
    "Times that a delivery was held in this process, for a retry or until its reply or dead letter can be published.",
    ({ labels, held }) => [plain(labels, held)],
  ],
  [
    "handler_retries_total",
    "Runs of a handler that were not the first of their message.",
    ({ labels, retries }) => [plain(labels, retries)],
  ],
  [
    "handler_errors_total",
    "Runs of a handler that threw, by the class of the error.",
    ({ labels, errors }) => counted(labels, "error_type", errors),
  ],
];

const histograms: readonly Row[] = [
  [
    "handler_duration_seconds",
    "How long a handler ran, a batch counted once.",
    ({ labels, duration }) => duration.samples(labels),
  ],
  [
    "message_queue_seconds",
    "Time from the broker's taking of a message to the first run of its handler.",
    ({ labels, queue }) => queue.samples(labels),
  ],
  [
    "message_received_bytes",
    "Length of the bodies that came.",
    ({ labels, bytes }) => bytes.samples(labels),
  ],
  [
    "batch_messages",
    "How many deliveries a handler was given at once.",
    ({ labels, batch }) => batch?.samples(labels) ?? [],
  ],
];

/** What is counted of deliveries. */
export function deliveryFamilies(
  prefix: string,
  book: DeliveryBook,
  askBacklogs: () => Promise<void>,
): readonly Family[] {
  const perSeries = (type: Family["type"]) => ([name, help, read]: Row) => ({
    name: prefix + name,
    help,
    type,
    samples: () => book.series.flatMap(read),
  });
  const backlog = (of: "waiting" | "unsettled", help: string): Family => ({
    name: `${prefix}subscription_${of}_messages`,
    help,
    type: "gauge",
    before: askBacklogs,
    samples: () =>
      book.subscribers.flatMap(({ labels, backlog }) =>
        backlog === undefined ? [] : [plain(labels, backlog[of])]
      ),
  });
  return [
    ...counters.map(perSeries("counter")),
    ...histograms.map(perSeries("histogram")),
    {
      name: `${prefix}handler_timeouts_total`,
      help: "Runs of a handler that took longer than they may.",
      type: "counter",
      samples: () =>
        book.subscribers.map(({ labels, timeouts }) => plain(labels, timeouts)),
    },
    {
      name: `${prefix}messages_in_flight`,
      help: "Messages that handlers run for at this moment.",
      type: "gauge",
      samples: () =>
        book.subscribers.map(({ labels, running }) => plain(labels, running)),
    },
    {
      name: `${prefix}handler_concurrency_limit`,
      help: "How many runs of a handler may be under way at once.",
      type: "gauge",
      samples: () =>
        book.subscribers.map(({ labels, concurrency }) =>
          plain(labels, concurrency)
        ),
    },
    backlog("waiting", "Messages that the broker has not delivered yet."),
    backlog("unsettled", "Deliveries that are handed out and not settled."),
  ];
}
