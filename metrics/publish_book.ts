import type { PublishedEvent } from "@ruststream/core";
import { type Cap, overflow } from "./cap.ts";
import { codeOf } from "./class_of.ts";
import {
  counted,
  type Family,
  increment,
  type Labels,
  type Sample,
} from "./family.ts";
import { Histogram } from "./histogram.ts";

/** What is counted of the publishes of one kind to one template. */
class PublishSeries {
  readonly broker: string;
  readonly kind: PublishedEvent["kind"];
  readonly labels: Labels;
  readonly outcomes: Map<string, number> = new Map([["ok", 0]]);
  readonly duration: Histogram;
  readonly bytes: Histogram;

  constructor(
    labels: { broker: string; template: string; kind: PublishedEvent["kind"] },
    { duration, bytes }: PublishBounds,
  ) {
    this.broker = labels.broker;
    this.kind = labels.kind;
    this.labels = labels;
    this.duration = new Histogram(duration);
    this.bytes = new Histogram(bytes);
  }
}

interface PublishBounds {
  readonly duration: readonly number[];
  readonly bytes: readonly number[];
}

/** A code of ours, for those are few; nothing of the error's own text. */
function outcomeOf({ error }: PublishedEvent): string {
  const code = codeOf(error);
  if (code !== undefined) return code;
  return isAbort(error) ? "aborted" : "error";
}

function isAbort(error: unknown): boolean {
  try {
    return (error as { readonly name?: unknown }).name === "AbortError";
  } catch {
    // Nothing, or what does not let itself be looked at.
    return false;
  }
}

/** All series of publishes. */
export class PublishBook {
  readonly #bounds: PublishBounds;
  readonly #cap: Cap;
  readonly #byTemplate = new Map<string, PublishSeries[]>();
  readonly #all: PublishSeries[] = [];

  constructor(bounds: PublishBounds, cap: Cap) {
    this.#bounds = bounds;
    this.#cap = cap;
  }

  /** Counts one. */
  published(event: PublishedEvent): void {
    const { template, kind, broker } = event;
    const { outcomes, duration, bytes } = this.#seriesOf(
      template,
      kind,
      broker,
    );
    increment(outcomes, "error" in event ? outcomeOf(event) : "ok");
    duration.observe(event.ms / 1_000);
    bytes.observe(event.bytes);
  }

  /** What is counted of publishes. */
  families(prefix: string): readonly Family[] {
    const family = (
      type: Family["type"],
      name: string,
      help: string,
      read: (series: PublishSeries) => readonly Sample[],
    ): Family => ({
      name: prefix + name,
      help,
      type,
      samples: () => this.#all.flatMap(read),
    });
    return [
      family(
        "counter",
        "messages_published_total",
        "Messages that were published, replies, dead letters and requests included, by how that went.",
        ({ labels, outcomes }) => counted(labels, "outcome", outcomes),
      ),
      family(
        "histogram",
        "publish_duration_seconds",
        "How long a publish took, a request until its reply.",
        ({ labels, duration }) => duration.samples(labels),
      ),
      family(
        "histogram",
        "message_published_bytes",
        "Length of the bodies that were published.",
        ({ labels, bytes }) => bytes.samples(labels),
      ),
    ];
  }

  #seriesOf(
    template: string,
    kind: PublishedEvent["kind"],
    broker: string,
  ): PublishSeries {
    const known = this.#byTemplate.get(template);
    for (let at = 0; known !== undefined && at < known.length; at++) {
      const one = known[at] as PublishSeries;
      if (one.kind === kind && one.broker === broker) return one;
    }
    // An overflow is one for each kind and broker, and there are few of both.
    if (template !== overflow && !this.#cap.take()) {
      return this.#seriesOf(overflow, kind, broker);
    }
    const made = new PublishSeries({ broker, template, kind }, this.#bounds);
    if (known === undefined) this.#byTemplate.set(template, [made]);
    else known.push(made);
    this.#all.push(made);
    return made;
  }
}
