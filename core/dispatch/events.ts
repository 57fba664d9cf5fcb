import type { DeliveryEvent } from "../observe.ts";
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
  };
}
