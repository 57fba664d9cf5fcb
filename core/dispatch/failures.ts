import { errorText } from "./error_text.ts";
import type { Job } from "./job.ts";
import type { DispatchEnv, Route } from "./route.ts";

/** Tells of handlers that fail and are run again: a fault in one would else be retried in silence. */
export class Failures {
  readonly #env: DispatchEnv;
  readonly #told = new Set<Route>();

  constructor(env: DispatchEnv) {
    this.#env = env;
  }

  /** A run failed, and there will be another. Told for the first one of a subscriber, and then for each delivery's 10th, 100th, … */
  tell(job: Job, error: unknown): void {
    const { route, attempt } = job;
    if (this.#told.has(route) && !/^10+$/.test(String(attempt))) return;
    this.#told.add(route);
    this.#env.notice({
      level: "warn",
      code: "failing",
      subscriber: route.name,
      address: job.delivery.message.address,
      message:
        `Cannot handle a delivery of "${route.name}" at attempt ${attempt}, and will try again: ${
          errorText(error)
        }`,
      error,
    });
  }
}
