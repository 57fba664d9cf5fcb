import type { Subscription } from "../contract/subscription.ts";
import type {
  DeliveryEvent,
  Notice,
  RefusedEvent,
  StartedEvent,
} from "../observe.ts";
import type { Refusal } from "./admission.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv, Route } from "./route.ts";

/** What an observer sees of a job. Only made where there is one. */
export function deliveryEvent(env: DispatchEnv, job: Job): DeliveryEvent {
  const { message } = job.delivery;
  const { subscriber, template, broker } = job.route.mounted;
  return {
    subscriber,
    template,
    broker,
    address: message.address,
    attempt: job.attempt,
    bytes: message.body.byteLength,
    at: env.clock.now(),
    delivery: job.delivery,
  };
}

/** What an observer sees of a run. `batchSize` is undefined where it is no batch's. */
export function startedEvent(
  env: DispatchEnv,
  job: Job,
  batchIndex: number,
  batchSize: number | undefined,
): StartedEvent {
  const event = deliveryEvent(env, job);
  return batchSize === undefined ? event : { ...event, batchIndex, batchSize };
}

/** Tells an observer, if there is one, of a delivery that goes to no handler. */
export function tellRefused(env: DispatchEnv, job: Job, why: Refusal): void {
  env.observer?.refused?.({
    ...deliveryEvent(env, job),
    reason: why.reason as RefusedEvent["reason"],
    error: why.error,
  });
}

/** Tells of a request whose asker waits no longer. */
export function tellExpired(env: DispatchEnv, job: Job): void {
  const { address } = job.delivery.message;
  env.notice({
    level: "warn",
    code: "expired",
    subscriber: job.route.name,
    address,
    message:
      `Cannot answer a request to "${address}" in time: whoever asked waits no longer`,
  });
}

/** Tells an observer, if there is one, of a subscription that is read from now on. */
export function tellSubscribed({ observer }: DispatchEnv, of: {
  readonly routes: readonly Route[];
  /** What is read now: another one after a loss. */
  readonly subscription: Subscription;
}): void {
  if (observer?.subscribed === undefined) return;
  const backlog = async () => {
    const { subscription } = of;
    if (subscription.backlog !== undefined) return await subscription.backlog();
    throw new TypeError("Cannot ask for a backlog: its broker does not know");
  };
  for (const { mounted, policy } of of.routes) {
    const { subscriber, template, broker } = mounted;
    observer.subscribed({
      subscriber,
      template,
      broker,
      concurrency: policy.concurrency,
      ...(of.subscription.backlog && { backlog }),
    });
  }
}

/** What a delivery that is rejected for a reason is told as. */
export function noticeCode(reason: string): Notice["code"] {
  if (reason === "unmatched") return "unmatched";
  if (reason === "reply-failed") return "reply-failed";
  const ofBody = [
    "codec",
    "schema",
    "order-key",
    "too-large",
    "too-old",
    "when",
  ];
  return ofBody.includes(reason) ? "undecodable" : "rejected";
}

/** Says that a subscription ended by itself, and gives the error of a service that cannot go on without it. */
export function tellLost(
  env: DispatchEnv,
  subscriber: string,
  cause: unknown,
): Error {
  const message =
    `Cannot read "${subscriber}" any more: its subscription ended by itself`;
  env.notice({
    level: "error",
    code: "subscription-lost",
    subscriber,
    message,
    error: cause,
  });
  return new Error(message, { cause });
}
