import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { Message } from "../contract/message.ts";
import type { Notice } from "../observe.ts";
import { Outcome, type Reply } from "../outcome.ts";
import type { Refusal } from "./admission.ts";
import {
  type Action,
  backoffMs,
  decide,
  exhausted,
  type Failure,
} from "./decide.ts";
import { deliveryEvent, noticeCode } from "./events.ts";
import { errorText } from "./error_text.ts";
import { Failures } from "./failures.ts";
import type { Floor, HoldOrder } from "./floor.ts";
import type { Job } from "./job.ts";
import {
  deadLetterOf,
  failureReplyOf,
  mayPass,
  publishBy,
  replyOf,
} from "./outgoing.ts";
import type { Destination, DispatchEnv } from "./route.ts";
import type { Settling } from "./settling.ts";

type AfterWork = Outcome["after"];
const nothing: AfterWork = Object.freeze([]);
const ackSettlement = Object.freeze({ kind: "ack" as const });
const pauseAfterFailures = 3;
const tellBlockedAt = 10;

/** What a handler's run comes to: a settlement, a hold, a reply, a dead letter. */
export class Ending {
  readonly #env: DispatchEnv;
  readonly #floor: Floor;
  readonly #settling: Settling;
  readonly #again: (job: Job) => void;
  readonly #failures: Failures;

  /** `again` runs a job once more. */
  constructor(
    env: DispatchEnv,
    floor: Floor,
    settling: Settling,
    again: (job: Job) => void,
  ) {
    this.#env = env;
    this.#floor = floor;
    this.#settling = settling;
    this.#again = again;
    this.#failures = new Failures(env);
  }

  /** Does what an outcome says. */
  conclude(job: Job, outcome: Outcome): void {
    if (job.over || job.lost) return this.#floor.finish(job);
    if (!(outcome instanceof Outcome)) {
      return this.fail(
        job,
        new TypeError(
          `Cannot settle a delivery of "${job.route.name}": a middleware gave ${typeof outcome} for an outcome`,
        ),
      );
    }
    const { settlement, reply, after } = outcome;
    if (settlement.kind === "ack") {
      if (reply !== undefined) return this.#reply(job, reply, after);
      return this.#settling.settle(job, ackSettlement, "ack", after);
    }
    const failure: Failure = settlement.kind === "retry"
      ? {
        staysHere: job.alone,
        kind: "retry",
        reason: "retry",
        afterMs: settlement.afterMs,
        error: "the handler asked to retry",
      }
      : {
        kind: "reject",
        reason: "rejected",
        error: settlement.kind === "reject" ? settlement.reason : undefined,
      };
    this.#decide(job, failure, after);
  }

  /** A run threw, or was abandoned. */
  fail(job: Job, error: unknown, reason = "error"): void {
    if (job.over || job.lost) return this.#floor.finish(job);
    this.#decide(
      job,
      { kind: "error", reason, error, staysHere: job.alone },
      nothing,
    );
  }

  /** A delivery does not decode, does not match its schema, or is of no use for another reason that its body has. */
  refuse(job: Job, { reason, error }: Refusal): void {
    const { policy } = job.route;
    if (job.over || job.lost) return this.#floor.finish(job);
    if (policy.undecodable === "retry") {
      job.runs++;
      return this.#decide(job, { kind: "error", reason, error }, nothing);
    }
    this.act(job, { kind: policy.undecodable, reason, error });
  }

  /** Carries out what was decided. */
  act(job: Job, action: Action, after: AfterWork = nothing): void {
    switch (action.kind) {
      case "settle":
        return this.#settling.settle(
          job,
          action.settlement,
          action.settlement.kind,
          after,
        );
      case "hold":
        if (
          this.#hold(
            job,
            action.afterMs,
            action.keep ? "keep" : "yield",
            () => this.#again(job),
          )
        ) this.#settling.runAfter(job, after);
        // It stays in hand: what was said of this run holds.
        job.told();
        return;
      case "dead-letter":
        return this.#deadLetter(job, action.reason, action.error, after);
      case "reject":
        return this.#reject(job, action, after);
      case "stop":
        return this.#stop(job, action);
    }
  }

  #decide(job: Job, failure: Failure, after: AfterWork): void {
    const { policy } = job.route;
    const { guarantees, clock } = this.#env;
    const attempt = job.attempt;
    const cap = this.#capOf(job);
    const action = decide(
      failure,
      attempt,
      cap,
      policy,
      guarantees,
      clock.random(),
    );
    if (
      action.kind === "hold" && action.keep && cap === Infinity &&
      attempt >= tellBlockedAt && !job.extras?.toldBlocked
    ) {
      job.withExtras().toldBlocked = true;
      this.#tell(
        job,
        "warn",
        "blocked",
        `Cannot go on behind a delivery of "${job.route.name}": it has failed ${attempt} times and keeps its order`,
        failure.error,
      );
    }
    if (
      failure.kind === "error" &&
      (action.kind === "settle" || action.kind === "hold")
    ) {
      this.#failures.tell(job, failure.error);
    }
    this.act(job, action, after);
  }

  /** How often the job may run. */
  #capOf({ delivery, route: { policy } }: Job): number {
    // Whoever asked has no use for a reply that comes after many back-offs, and where nothing is kept a retry is a guess.
    return delivery.replyTo !== undefined && !policy.capWritten &&
        this.#env.guarantees.redelivery === "none"
      ? 1
      : policy.maxAttempts;
  }

  /** Holds the job, unless the service stops: then it is given back. */
  #hold(
    job: Job,
    afterMs: number,
    order: HoldOrder,
    go: () => unknown,
  ): boolean {
    if (this.#floor.stopping) {
      this.#settling.giveBack(job);
      return false;
    }
    this.#env.observer?.held?.({
      ...deliveryEvent(this.#env, job),
      forMs: afterMs,
    });
    this.#floor.hold(job, afterMs, order, go);
    return true;
  }

  #reject(
    job: Job,
    { reason, error }: { readonly reason: string; readonly error: unknown },
    after: AfterWork,
  ): void {
    const why = reason === "rejected" && error === undefined
      ? ""
      : `: ${errorText(error)}`;
    this.#tell(
      job,
      "error",
      noticeCode(reason),
      `Cannot handle a delivery of "${job.route.name}" (${reason})${why}`,
      error,
    );
    this.#answer(job, reason, error);
    const text = errorText(error);
    this.#settling.settle(
      job,
      { kind: "reject", reason: text === "" ? reason : text },
      "reject",
      after,
    );
  }

  #stop(
    job: Job,
    { reason, error }: { readonly reason: string; readonly error: unknown },
  ): void {
    const message =
      `Cannot go on: the policy of "${job.route.name}" stops the service (${reason})`;
    this.#tell(job, "error", "stopping", message, error);
    if (this.#floor.stopping) this.#settling.giveBack(job);
    else {
      // Given back before intake has ended it would come again at once: it is kept, and the stop gives it back.
      this.#floor.pauseIntake(job);
      this.#floor.hold(job, Infinity, "keep", () => {});
    }
    this.#env.fail(new Error(message, { cause: error }));
  }

  #answer(job: Job, reason: string, error: unknown): void {
    const { replyTo } = job.delivery;
    if (replyTo === undefined) return;
    const to = { publisher: job.route.answers };
    const sent = publishBy(to, failureReplyOf(replyTo, reason, error), job);
    // Best effort: whoever asked has a timeout of its own.
    if (isPromiseLike(sent)) this.#settling.track(sent);
  }

  #deadLetter(
    job: Job,
    reason: string,
    error: unknown,
    after: AfterWork,
  ): void {
    const to = job.route.deadLetter;
    if (to === undefined) {
      return this.#reject(job, { reason, error }, after);
    }
    const extras = job.withExtras();
    try {
      extras.outgoing ??= deadLetterOf(
        job,
        to,
        reason,
        error,
        this.#env.clock.now(),
      );
    } catch (cause) {
      // It cannot be made, now or later.
      return this.#reject(job, { reason, error: cause }, after);
    }
    // Whoever asked is told once, however often the publish is repeated.
    if (extras.failedPublishes === 0) this.#answer(job, reason, error);
    this.#publish(job, to, extras.outgoing, {
      done: () => {
        this.#floor.resumeIntake(job);
        this.#settling.settle(job, ackSettlement, "dead-letter", after);
      },
      failed: (cause) => {
        const failed = ++extras.failedPublishes;
        this.#tell(
          job,
          "error",
          "dead-letter-failed",
          `Cannot publish a dead letter of "${job.route.name}" to "${to.channel.address}": failed ${failed} times`,
          cause,
        );
        if (failed >= pauseAfterFailures) this.#floor.pauseIntake(job);
        this.#hold(
          job,
          backoffMs(job.route.policy, failed, this.#env.clock.random()),
          "stay",
          () => this.#deadLetter(job, reason, error, after),
        );
      },
    });
  }

  #reply(job: Job, reply: Reply, after: AfterWork): void {
    const to = job.route.reply;
    if (to === undefined) {
      return this.fail(
        job,
        new TypeError(
          `Cannot reply to a delivery of "${job.route.name}": it declares no reply`,
        ),
      );
    }
    let encoded: Awaitable<Message>;
    try {
      encoded = replyOf(job, to, reply);
    } catch (error) {
      return this.#replyFailed(job, error);
    }
    if (!isPromiseLike<Message>(encoded)) {
      return this.#sendReply(job, to, encoded, after);
    }
    this.#settling.track(encoded.then(
      (message) => this.#sendReply(job, to, message, after),
      (error) => this.#replyFailed(job, error),
    ));
  }

  #replyFailed(job: Job, error: unknown): void {
    if (job.over) return;
    job.withExtras().failedPublishes = 0;
    this.act(job, exhausted(job.route.policy, "reply-failed", error));
  }

  #sendReply(
    job: Job,
    to: Destination,
    message: Message,
    after: AfterWork,
  ): void {
    const { policy } = job.route;
    this.#publish(job, to, message, {
      done: () => this.#settling.settle(job, ackSettlement, "ack", after),
      failed: (cause) => {
        const failed = ++job.withExtras().failedPublishes;
        if (failed >= this.#capOf(job) || !mayPass(to, cause)) {
          return this.#replyFailed(job, cause);
        }
        this.#tell(
          job,
          "warn",
          "reply-failed",
          `Cannot publish the reply to a delivery of "${job.route.name}": failed ${failed} times`,
          cause,
        );
        this.#hold(
          job,
          backoffMs(policy, failed, this.#env.clock.random()),
          policy.order,
          () => this.#sendReply(job, to, message, after),
        );
      },
    });
  }

  #publish(
    job: Job,
    to: Destination,
    message: Message,
    { done, failed }: {
      readonly done: () => void;
      readonly failed: (cause: unknown) => void;
    },
  ): void {
    if (job.over) return;
    const sent = publishBy(to, message, job);
    if (!isPromiseLike(sent)) return done();
    this.#settling.track(sent.then(
      () => job.over ? undefined : done(),
      (cause) => job.over ? undefined : failed(cause),
    ));
  }

  #tell(
    job: Job,
    level: Notice["level"],
    code: Notice["code"],
    message: string,
    error: unknown,
  ): void {
    this.#env.notice({
      level,
      code,
      message,
      subscriber: job.route.name,
      address: job.delivery.message.address,
      ...(error === undefined ? {} : { error }),
    });
  }
}
