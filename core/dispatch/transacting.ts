import type { Message } from "../contract/message.ts";
import type { Publisher, Transaction } from "../contract/publisher.ts";
import type { Handle, HandlerContext } from "../context.ts";
import {
  onlyOutcome,
  Outcome,
  outcomeOfEach,
  type Reply,
  withoutReply,
} from "../outcome.ts";
import type { SourceDelivery } from "../publish/message_id.ts";
import type { Job } from "./job.ts";
import { publishBy, replyOf } from "./outgoing.ts";
import type { Destination } from "./route.ts";
import { Final, SplitBatch } from "./verdicts.ts";

/** How the batches of a subscriber publish all or nothing. */
export interface Transacting {
  begin(options: { readonly signal: AbortSignal }): Promise<Transaction>;
  /** The handler's slots, on a transaction. */
  slots(on: Publisher): (deliveries: readonly SourceDelivery[]) => unknown;
  /** Where its replies go, on a transaction; undefined where it declares none. */
  reply(on: Publisher): Destination | undefined;
}

type BatchOf = HandlerContext & {
  readonly elements: readonly { readonly job: Job }[];
};

/**
 * Runs a handler of batches in a transaction: what it publishes by its slots and replies is visible together, once all elements are acked.
 *
 * Ends: all acked and committed; an element that is not acked, a reply that cannot be encoded, or anything that throws, discards. A batch of several goes on one by one then.
 */
export function transacting(
  { begin, slots, reply }: Transacting,
  next: Handle,
): Handle {
  return async (ctx) => {
    const { elements, deliveries } = ctx as BatchOf;
    const jobs = elements.map(({ job }) => job);
    const transaction = await begin({ signal: ctx.signal });
    try {
      // Begun too late: the batch was given up meanwhile, and nobody looks at what its handler does.
      ctx.signal.throwIfAborted();
      const outcome = await next(
        Object.create(ctx, {
          out: { value: slots(transaction)(deliveries), enumerable: true },
        }),
      );
      const each = elementsOf(outcome, jobs.length);
      if (each === undefined || !each.every(isAcked)) {
        if (each !== undefined && jobs.length > 1) throw new SplitBatch();
        await transaction[Symbol.asyncDispose]();
        return outcome;
      }
      const left = await publishReplies(jobs, each, reply(transaction));
      await transaction.commit({ signal: ctx.signal });
      return left === each ? outcome : gathered(left, outcome);
    } catch (error) {
      // What was thrown says more than a clean-up that fails.
      await discard(transaction);
      throw error instanceof Final && jobs.length > 1
        ? new SplitBatch()
        : error;
    }
  };
}

/** The outcome of each; undefined where that cannot be said, which is for the dispatcher to refuse. */
function elementsOf(
  outcome: Outcome,
  count: number,
): readonly Outcome[] | undefined {
  if (!(outcome instanceof Outcome)) return undefined;
  const { each } = outcome;
  if (each === undefined) {
    return Array.from({ length: count }, () => onlyOutcome(outcome));
  }
  return each.length === count ? each : undefined;
}

function isAcked({ settlement }: Outcome): boolean {
  return settlement.kind === "ack";
}

/** Publishes the replies that go to the reply channel, and leaves those that somebody waits for. */
async function publishReplies(
  jobs: readonly Job[],
  each: readonly Outcome[],
  to: Destination | undefined,
): Promise<readonly Outcome[]> {
  if (to === undefined) return each;
  const left: Outcome[] = [];
  for (const [index, outcome] of each.entries()) {
    const job = jobs[index] as Job;
    if (outcome.reply === undefined || job.delivery.replyTo !== undefined) {
      left.push(outcome);
      continue;
    }
    await publishBy(to, await encoded(job, to, outcome.reply), job);
    left.push(withoutReply(outcome));
  }
  return left;
}

async function encoded(
  job: Job,
  to: Destination,
  reply: Reply,
): Promise<Message> {
  try {
    return await replyOf(job, to, reply);
  } catch (cause) {
    throw new Final("reply-failed", cause);
  }
}

function gathered(each: readonly Outcome[], { after }: Outcome): Outcome {
  return after.reduce(
    (all, work) => all.andAfter(work),
    outcomeOfEach(each),
  );
}

async function discard(transaction: Transaction): Promise<void> {
  try {
    await transaction[Symbol.asyncDispose]();
  } catch {
    // It ends with its connection at the latest.
  }
}
