import type { BrokerEvent } from "./contract/broker.ts";
import type { Delivery, Settlement } from "./contract/delivery.ts";
import type { Backlog } from "./contract/subscription.ts";

/** A change of what the application does. */
export interface AppEvent {
  /** The application's title. */
  readonly title: string;
  /** Its version. */
  readonly version: string;
  /** What it does from now on: it opens things, takes messages, takes no more and finishes what is in hand, or has let go of everything; `failed` where nobody asked it to, or it could not start. */
  readonly state: "starting" | "running" | "stopping" | "stopped" | "failed";
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
  /** Of `failed`: why. */
  readonly error?: unknown;
}

/** A subscription from which the runtime begins to read. */
export interface SubscribedEvent {
  /** The subscriber's name. Subscribers that share the subscription are told one by one. */
  readonly subscriber: string;
  /** The address template that is read. */
  readonly template: string;
  /** The broker's name; empty where a pipeline reads a connection of its own. */
  readonly broker: string;
  /** How many runs of its handlers may be under way at once. */
  readonly concurrency: number;
  /** Asks what waits on the server; of a lost subscription that was opened again, at the new one. Absent where the broker does not know. */
  readonly backlog?: () => Promise<Backlog>;
}

/** One delivery, as an observer sees it. */
export interface DeliveryEvent {
  /** The subscriber's name. */
  readonly subscriber: string;
  /** The address template that is read. */
  readonly template: string;
  /** The broker's name; empty where a pipeline reads a connection of its own. */
  readonly broker: string;
  /** Where the message was sent. */
  readonly address: string;
  /** 1 for the first run. */
  readonly attempt: number;
  /** The length of the body. */
  readonly bytes: number;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
  /** The delivery, to read its message and to tell it from others: the same object in all events of one delivery. */
  readonly delivery: Omit<Delivery, "settle" | "extend">;
}

/** The start of a handler's run. */
export interface StartedEvent extends DeliveryEvent {
  /** Of a batch: how many deliveries the handler is given at once. Each of them is told. */
  readonly batchSize?: number;
  /** Of a batch: which of its deliveries this is, from 0. */
  readonly batchIndex?: number;
}

/** A delivery that is not handed to its handler, for what its body, its headers or its age are. */
export interface RefusedEvent extends DeliveryEvent {
  /** What is wrong with it: its bytes, its value or headers by their schema, its order key, its length, its age, or a `when` that threw. */
  readonly reason:
    | "codec"
    | "schema"
    | "order-key"
    | "too-large"
    | "too-old"
    | "when";
  /** What was found. */
  readonly error: unknown;
}

/** The end of a handler's run. */
export interface FinishedEvent extends DeliveryEvent {
  /** What it threw, if it did. */
  readonly error?: unknown;
}

/** The end of a delivery. */
export interface SettledEvent extends DeliveryEvent {
  /** How it ended: the settlement, or `dead-letter` where it went there and was then acked. */
  readonly settlement: Settlement["kind"] | "dead-letter";
  /** Of a retry: how long the broker waits before it delivers again, in milliseconds. Absent where it does so at once. */
  readonly afterMs?: number;
}

/** A delivery that is held for a retry. */
export interface HeldEvent extends DeliveryEvent {
  /** How long, in milliseconds. */
  readonly forMs: number;
}

/** One publish of the runtime or of a handler's slot. */
export interface PublishedEvent {
  /** Where it went. */
  readonly address: string;
  /** The template of that address. */
  readonly template: string;
  /** By hand or a slot, an answer to a delivery, a dead letter, a request, or for later. */
  readonly kind: "publish" | "reply" | "dead-letter" | "request" | "schedule";
  /** The broker's name. */
  readonly broker: string;
  /** The subscriber that published it; absent where none did. */
  readonly subscriber?: string;
  /** The length of the body. */
  readonly bytes: number;
  /** What went wrong, if anything did. */
  readonly error?: unknown;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** What happened on a broker's connection. */
export type BrokerNotice = BrokerEvent & {
  /** The broker's name. */
  readonly broker: string;
};

/** What someone should know of: a message that could not be handled, a bound that was reached. */
export interface Notice {
  /** How bad it is. */
  readonly level: "warn" | "error";
  /** What it is; codes are added, never renamed. */
  readonly code:
    | "failing"
    | "rejected"
    | "undecodable"
    | "unmatched"
    | "expired"
    | "timed-out"
    | "abandoned"
    | "settle-refused"
    | "unsettled"
    | "lease-lost"
    | "held-too-long"
    | "blocked"
    | "held-limit"
    | "batch-mismatch"
    | "dead-letter-failed"
    | "reply-failed"
    | "after-failed"
    | "subscription-lost"
    | "connection-lost"
    | "no-group"
    | "dead-letter-codec"
    | "hook-failed"
    | "shutdown-failed"
    | "observer-failed"
    | "stopping"
    | "stop-waits";
  /** In words: what could not be done, to what, and what was found. */
  readonly message: string;
  /** The subscriber's name, where it is about one. */
  readonly subscriber?: string;
  /** Where the message was sent, where it is about one. */
  readonly address?: string;
  /** The error beneath it, if there is one. */
  readonly error?: unknown;
}

/**
 * Synchronous hooks on everything that happens. Metrics, logs, tests and the command line are observers; nothing is paid without one.
 *
 * A hook that throws is told once as a notice, and harms no delivery.
 */
export interface Observer {
  /**
   * Asked before each event: while it says no, this observer is told nothing, and where all say so the event is not even made. It must be quick. Without it everything is wanted.
   *
   * @param hook Which of the hooks it is about.
   */
  wants?(hook: Exclude<keyof Observer, "wants">): boolean;
  /** The application begins to do something else. */
  app?(event: AppEvent): void;
  /** A subscription is open, and is read from now on. */
  subscribed?(event: SubscribedEvent): void;
  /** A delivery came from the broker. */
  received?(event: DeliveryEvent): void;
  /** A delivery is not handed to its handler; what becomes of it then is told as of any other. */
  refused?(event: RefusedEvent): void;
  /** A handler starts. */
  started?(event: StartedEvent): void;
  /** A handler has ended, before the delivery is settled. */
  finished?(event: FinishedEvent): void;
  /** A delivery has ended. */
  settled?(event: SettledEvent): void;
  /** A delivery is held for a retry. */
  held?(event: HeldEvent): void;
  /** The runtime or a slot of a handler published a message, or could not. What is published by hand is not seen. */
  published?(event: PublishedEvent): void;
  /** Something happened on a broker's connection. */
  broker?(event: BrokerNotice): void;
  /** Something that someone should know of. */
  notice?(event: Notice): void;
}

type Hook = Exclude<keyof Observer, "wants">;
const hooks: readonly Hook[] = [
  "app",
  "subscribed",
  "received",
  "refused",
  "started",
  "finished",
  "settled",
  "held",
  "published",
  "broker",
  "notice",
];

type AnyHook = (event: unknown) => void;
type Failed = (hook: string, error: unknown) => void;

/** One hook of one observer. */
interface Taken {
  readonly run: AnyHook;
  /** Undefined where it is always wanted. */
  readonly wanted: (() => boolean) | undefined;
}

function takenOf(observer: Observer, hook: Hook, failed: Failed): Taken[] {
  const run = observer[hook]?.bind(observer) as AnyHook | undefined;
  if (run === undefined) return [];
  const wanted = observer.wants && ((): boolean => {
    try {
      return observer.wants?.(hook) === true;
    } catch (error) {
      failed("wants", error);
      return false;
    }
  });
  return [{ run, wanted }];
}

/**
 * Makes one observer of several, or none of none. Its hook is not there while nobody wants to be told.
 *
 * @param failed Told when a hook throws.
 */
export function joinObservers(
  observers: readonly Observer[],
  failed: Failed,
): Observer | undefined {
  const joined: Record<string, AnyHook> = {};
  for (const hook of hooks) {
    const taken = observers.flatMap((one) => takenOf(one, hook, failed));
    if (taken.length === 0) continue;
    const tell: AnyHook = (event) => {
      for (const { run, wanted } of taken) {
        if (wanted?.() === false) continue;
        try {
          run(event);
        } catch (error) {
          failed(hook, error);
        }
      }
    };
    const isAlways = taken.some(({ wanted }) => wanted === undefined);
    Object.defineProperty(joined, hook, {
      enumerable: true,
      ...(isAlways ? { value: tell } : {
        get: () => taken.some(({ wanted }) => wanted?.()) ? tell : undefined,
      }),
    });
  }
  return Object.keys(joined).length === 0 ? undefined : joined;
}
