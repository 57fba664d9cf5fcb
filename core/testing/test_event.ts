import type { Notice } from "../observe.ts";
import { errorText } from "../dispatch/error_text.ts";
import type { AppFault } from "./app_faults.ts";

/** How a delivery, or one attempt of it, ended: a settlement, or `dead-letter` where it went there. A retry counts as one wherever it waits. */
export type TestOutcome =
  | "ack"
  | "retry"
  | "reject"
  | "release"
  | "dead-letter";

/** Who published a message: a handler or the runtime for it, or somebody by hand. */
export interface PublishedBy {
  /** The subscriber that it was published for. Absent where it was published by hand. */
  readonly subscriber?: string;
  /** As what it left. */
  readonly as: "slot" | "reply" | "dead-letter" | "by hand";
  /** The slot by its name, where it left through one. */
  readonly slot?: string;
}

/** One thing that happened in an application under test. Plain data. */
export type TestEvent =
  & {
    /** When, in milliseconds since the epoch, by the clock of the test. */
    readonly at: number;
    /** Where the message was sent. Absent where it is about none. */
    readonly address?: string;
    /** The subscriber by its name. Absent where it is about none. */
    readonly subscriber?: string;
    /** 1 for the first run. Absent where it is about no delivery. */
    readonly attempt?: number;
  }
  & (
    /** The test sent a message; it arrived; its handler ran and returned. */
    | { readonly kind: "sent" | "received" | "started" | "returned" }
    /** The handler threw. */
    | { readonly kind: "threw"; readonly error: unknown }
    /** The runtime keeps the delivery, and goes on with it later. */
    | { readonly kind: "held"; readonly forMs: number }
    /** The delivery ended; a retry may come again no sooner than so many milliseconds. */
    | {
      readonly kind: "settled";
      readonly outcome: TestOutcome;
      readonly afterMs?: number;
    }
    /** A message left the application. */
    | { readonly kind: "published"; readonly by: PublishedBy }
    /** A message could not leave the application. */
    | {
      readonly kind: "not published";
      readonly by: PublishedBy;
      readonly error: unknown;
    }
    /** The test let something go wrong; by a seed, where it has one. */
    | {
      readonly kind: "fault";
      readonly fault: AppFault;
      readonly seed?: number;
    }
    /** Somebody should know. */
    | {
      readonly kind: "notice";
      readonly code: Notice["code"];
      readonly message: string;
    }
  );

function whatOf(event: TestEvent): string {
  switch (event.kind) {
    case "threw":
      return `threw ${errorText(event.error)}`;
    case "held":
      return `held for ${event.forMs} ms`;
    case "settled":
      return event.afterMs === undefined
        ? `settled: ${event.outcome}`
        : `settled: ${event.outcome} after ${event.afterMs} ms`;
    case "published":
      return `published, ${byText(event.by)}`;
    case "not published":
      return `not published, ${byText(event.by)}: ${errorText(event.error)}`;
    case "fault":
      return event.seed === undefined
        ? `fault: ${event.fault}`
        : `fault: ${event.fault} by seed ${event.seed}`;
    case "notice":
      // The message may hold an engine's own words: the line is the same on each.
      return `notice: ${event.code}`;
    default:
      return event.kind;
  }
}

function byText({ as, slot }: PublishedBy): string {
  return slot === undefined ? as : `${as} ${slot}`;
}

/** One event in one line. */
export function eventLine(event: TestEvent): string {
  const { at, subscriber = "-", address = "-", attempt } = event;
  const which = attempt === undefined ? "" : ` #${attempt}`;
  return `${String(at).padStart(8)} ${subscriber} ${address}${which} ${
    whatOf(event)
  }`;
}
