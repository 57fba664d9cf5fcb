import { matchAddress } from "../contract/address.ts";
import type { Delivery } from "../contract/delivery.ts";
import { headers, type MessageHeaders } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import { JobExtras } from "./job_extras.ts";
import type { Route } from "./route.ts";
import type { Run } from "./run.ts";

/** Those of a message that has none: one object for all. */
export const noHeaders: MessageHeaders = headers();

/** One delivery in hand, from its arrival to its settlement, over all runs that this process makes of it. */
export class Job {
  readonly delivery: Delivery;
  /** Its subscriber; the first of those that share the subscription until one has taken it. */
  route: Route;
  /** Decoded and checked. */
  payload: unknown = undefined;
  /** What the channel's header schema gave, if it has one. */
  typedHeaders: unknown = undefined;
  key: string | undefined = undefined;
  lane: Lane | undefined = undefined;
  /** Runs of the handler in this process. */
  runs = 0;
  /** When its first run began, by the clock of the application; undefined before. */
  firstRunAt: number | undefined = undefined;
  /** The run under way. */
  run: Run | undefined = undefined;
  hasSlot = false;
  /** It goes alone, though its subscriber takes batches. */
  alone = false;
  /** The broker gave it to somebody else: nothing is settled any more. */
  lost = false;
  /** It is settled or given back. */
  over = false;
  /** Its payload is there. */
  isDecoded = false;
  /** What to do when it is its turn again. */
  go: (() => unknown) | undefined = undefined;
  /** What few deliveries need; undefined until it is needed. */
  extras: JobExtras | undefined = undefined;
  // Of the list of what is in hand.
  previous: Job | undefined = undefined;
  next: Job | undefined = undefined;

  constructor(delivery: Delivery, route: Route) {
    this.delivery = delivery;
    this.route = route;
  }

  /** 1 for the first run: the broker's count and the runs of this process before this one. */
  get attempt(): number {
    return (this.delivery.attempt ?? 1) + Math.max(0, this.runs - 1);
  }

  /** What a message that is made of it is made of. */
  get deliveries(): readonly Delivery[] {
    return [this.delivery];
  }

  get params(): Readonly<Record<string, string>> {
    const extras = this.withExtras();
    return extras.params ??=
      matchAddress(this.route.pattern, this.delivery.message.address) ?? {};
  }

  /** What few deliveries need, made now if it is not there. */
  withExtras(): JobExtras {
    return this.extras ??= new JobExtras();
  }

  /** Ends its hold, if it is held. */
  get endHold(): (() => void) | undefined {
    return this.extras?.endHold;
  }

  /** The message that is published for it, once it was made. */
  get outgoing(): Message | undefined {
    return this.extras?.outgoing;
  }

  /** Who is told how its settlement goes. */
  set onSettled(tell: (refusal?: unknown) => void) {
    this.withExtras().onSettled = tell;
  }

  /** Says how its settlement went, once. */
  told(refusal?: unknown): void {
    const { extras } = this;
    const tell = extras?.onSettled;
    if (extras === undefined || tell === undefined) return;
    extras.onSettled = undefined;
    tell(refusal);
  }

  get rawHeaders(): MessageHeaders {
    return this.delivery.message.headers ?? noHeaders;
  }
}

/** A key that is busy, and the jobs that wait behind it. */
export class Lane {
  readonly key: string;
  readonly waiting: Job[] = [];
  /** Its head is held for a retry. */
  isHeld = false;

  constructor(key: string) {
    this.key = key;
  }
}

/** What is in hand, in order of arrival. */
export class JobList {
  #first: Job | undefined = undefined;
  #last: Job | undefined = undefined;
  size = 0;

  add(job: Job): void {
    job.previous = this.#last;
    if (this.#last === undefined) this.#first = job;
    else this.#last.next = job;
    this.#last = job;
    this.size++;
  }

  remove(job: Job): void {
    if (job.previous === undefined) this.#first = job.next;
    else job.previous.next = job.next;
    if (job.next === undefined) this.#last = job.previous;
    else job.next.previous = job.previous;
    job.previous = undefined;
    job.next = undefined;
    this.size--;
  }

  /** The first that is so. */
  find(is: (job: Job) => boolean): Job | undefined {
    let job = this.#first;
    while (job !== undefined && !is(job)) job = job.next;
    return job;
  }

  /** All of them; the list may change while one looks at them. */
  all(): readonly Job[] {
    const jobs: Job[] = [];
    for (let job = this.#first; job !== undefined; job = job.next) {
      jobs.push(job);
    }
    return jobs;
  }
}
