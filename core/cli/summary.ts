import type { LineCounts } from "./feed.ts";
import type { FeedPlan } from "./run_options.ts";

/** What became of everything. Words and keys are added, never renamed. */
export interface Summary {
  readonly title: string;
  readonly version: string;
  /** Why it stopped: everything was idle, a signal, a handler or a hook asked for it, or it failed. */
  readonly stoppedBy: "idle" | "SIGINT" | "SIGTERM" | "application" | "failure";
  readonly lines: LineCounts;
  readonly deliveries: {
    readonly acked: number;
    readonly retried: number;
    readonly rejected: number;
    readonly deadLettered: number;
    readonly returned: number;
    readonly lost: number;
    readonly notSettled: number;
  };
  /** From the start of the feed until the last delivery ended. */
  readonly seconds: number;
  /** Deliveries that ended, by the second. */
  readonly perSecond: number;
  /** The same, of each feed. */
  readonly feeds: readonly (FeedPlan & LineCounts & {
    /** Whether it was read to its end. */
    readonly ended: boolean;
  })[];
}

/** A rate in whole numbers; 0 where no time has passed. */
export function perSecond(count: number, seconds: number): number {
  return seconds > 0 ? Math.round(count / seconds) : 0;
}

/** Whether everything that was read was published and handled. */
export function isClean({ lines, deliveries }: Summary): boolean {
  const bad = [
    lines.notJson,
    lines.failed,
    deliveries.rejected,
    deliveries.deadLettered,
    deliveries.lost,
    deliveries.notSettled,
  ];
  return bad.every((count) => count === 0);
}

/** A summary as aligned text, one count a line. */
export function summaryText(summary: Summary): string {
  const { lines, deliveries } = summary;
  const rows: readonly (readonly [string, string | number])[] = [
    ["lines read", lines.read],
    ["lines not JSON", lines.notJson],
    ["lines published", lines.published],
    ["lines failed to publish", lines.failed],
    ["deliveries acked", deliveries.acked],
    ["deliveries retried", deliveries.retried],
    ["deliveries rejected", deliveries.rejected],
    ["deliveries dead-lettered", deliveries.deadLettered],
    ["deliveries returned", deliveries.returned],
    ["deliveries lost", deliveries.lost],
    ["deliveries not settled", deliveries.notSettled],
    ["seconds", summary.seconds.toFixed(3)],
    ["deliveries per second", summary.perSecond],
  ];
  return rows
    .map(([what, count]) => `${what.padEnd(25)}${String(count).padStart(12)}\n`)
    .join("");
}

/** A summary as one JSON object on one line. */
export function summaryJson(summary: Summary): string {
  return `${JSON.stringify(summary)}\n`;
}
