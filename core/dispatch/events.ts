import type { DeliveryEvent, Notice } from "../observe.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv } from "./route.ts";

/** What an observer sees of a job. Only made where there is one. */
export function deliveryEvent(env: DispatchEnv, job: Job): DeliveryEvent {
  const { message } = job.delivery;
  return {
    subscriber: job.route.name,
    template: job.route.pattern.template,
    address: message.address,
    attempt: job.attempt,
    bytes: message.body.byteLength,
    at: env.clock.now(),
    delivery: job.delivery,
  };
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
