import type { Clock } from "../contract/clock.ts";
import { deliveredHeaders } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import { printAs, printedHeaders } from "../contract/print_as.ts";
import type { HandlerContext } from "../context.ts";
import type { Logger } from "../log.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv } from "./route.ts";
import type { Reading } from "./pending.ts";
import type { Run } from "./run.ts";

// No private fields here: a middleware may derive a context by Object.create, and those would not be found on it.

/** The headers of a delivery, as a handler sees them. A broker may not have said that they came with one. */
function headersOf(job: Job): unknown {
  return job.typedHeaders ?? deliveredHeaders(job.rawHeaders);
}

/** What the handler of one delivery sees, and its run: one object, for it is made for each delivery. */
export class DeliveryContext implements HandlerContext, Run {
  declare readonly params: HandlerContext["params"];
  readonly env: DispatchEnv;
  readonly job: Job;
  /** Itself, also on a context that a middleware derived. */
  readonly run: DeliveryContext;
  readonly attempt: number;
  layer = 0;
  over = false;
  stopTime: (() => void) | undefined = undefined;
  aborted: { readonly reason: unknown } | undefined = undefined;
  /** What a middleware makes of its outcome, where its end is somebody else's affair. */
  read: Reading | undefined = undefined;
  /** The slots, opened for this run when they were first asked for. */
  slots: unknown = undefined;
  /** What `deps` made for this run. */
  deps: unknown = undefined;
  // Made when it is asked for: most handlers never do.
  controller: AbortController | undefined = undefined;

  constructor(env: DispatchEnv, job: Job) {
    this.env = env;
    this.job = job;
    this.run = this;
    this.attempt = job.attempt;
  }

  get payload(): unknown {
    return this.job.payload;
  }
  get address(): string {
    return this.job.delivery.message.address;
  }
  get headers(): HandlerContext["headers"] {
    return headersOf(this.job) as HandlerContext["headers"];
  }
  get message(): Message {
    return this.job.delivery.message;
  }
  get delivery(): HandlerContext["delivery"] {
    return this.job.delivery;
  }
  get mounted(): HandlerContext["mounted"] {
    return this.job.route.mounted;
  }
  get deliveries(): HandlerContext["deliveries"] {
    return [this.job.delivery];
  }
  get state(): unknown {
    return this.env.state;
  }
  get out(): HandlerContext["out"] {
    const { run } = this;
    run.slots ??= run.job.route.out(run.deliveries);
    return run.slots as HandlerContext["out"];
  }
  get clock(): Pick<Clock, "now" | "sleep"> {
    return this.env.clock;
  }
  get log(): Logger {
    return this.env.log;
  }
  get signal(): AbortSignal {
    return this.run.stopSignal;
  }
  get stopSignal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted !== undefined) {
        this.controller.abort(this.aborted.reason);
      }
    }
    return this.controller.signal;
  }
  abort(reason: unknown): void {
    if (this.aborted !== undefined) return;
    this.aborted = { reason };
    this.controller?.abort(reason);
  }
  stop(): void {
    this.env.stop();
  }
}

Object.defineProperty(DeliveryContext.prototype, "params", {
  get(this: DeliveryContext) {
    return this.job.params;
  },
});

// Not the state, which may hold secrets; and what a middleware has added.
printAs(DeliveryContext, (context) => {
  const { address, params, attempt, payload } = context;
  const headers = printedHeaders(context.headers);
  const added = context === context.run ? undefined : context;
  return { address, params, attempt, headers, payload, ...added };
});

/** One element of a batch, as its handler sees it. */
class BatchElement {
  readonly payload: unknown;
  readonly address: string;
  readonly attempt: number;
  readonly job: Job;

  constructor(job: Job) {
    this.job = job;
    this.payload = job.payload;
    this.address = job.delivery.message.address;
    this.attempt = job.attempt;
  }

  get params(): Readonly<Record<string, string>> {
    return this.job.params;
  }
  get headers(): unknown {
    return headersOf(this.job);
  }
}

printAs(BatchElement, (element) => {
  const { address, params, attempt, payload } = element;
  const headers = printedHeaders(element.headers);
  return { address, params, attempt, headers, payload };
});

/** What the handler of a batch sees: its payload is the list of elements, and what is of one delivery is of the first. */
export class BatchContext extends DeliveryContext {
  readonly elements: readonly unknown[];
  readonly jobs: readonly Job[];

  constructor(env: DispatchEnv, jobs: readonly [Job, ...Job[]]) {
    super(env, jobs[0]);
    this.jobs = jobs;
    this.elements = Object.freeze(jobs.map((job) => new BatchElement(job)));
  }

  override get payload(): unknown {
    return this.elements;
  }
  override get deliveries(): HandlerContext["deliveries"] {
    return this.jobs.map(({ delivery }) => delivery);
  }
}
