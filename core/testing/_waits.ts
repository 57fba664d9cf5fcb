import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Job } from "../dispatch/job.ts";
import type { PendingWait } from "./pending.ts";
import type { Recorder } from "./_recorder.ts";

/** Why a delivery in hand is not settled yet, and until when. */
function waitOf(
  recorder: Recorder,
  job: Job,
  batchUntil: number | undefined,
): PendingWait {
  const { route: { name: subscriber }, attempt, delivery } = job;
  const of = { subscriber, address: delivery.message.address, attempt };
  const by = (
    why: PendingWait["why"],
    until: number | undefined,
  ): PendingWait => ({
    why,
    ...of,
    ...(until === undefined || until === Infinity ? {} : { until }),
  });
  if (job.run !== undefined) {
    const until = recorder.sleepsUntil(job.run);
    return by(until === undefined ? "running" : "handler", until);
  }
  if (job.endHold !== undefined) {
    // The run that comes next; before it began, the count is still of the last one.
    const held = by("held", recorder.heldUntil(delivery));
    return { ...held, attempt: attempt + 1 };
  }
  if (job.go === undefined) return by("running", undefined);
  return isCollected(job) ? by("batch", batchUntil) : by("queued", undefined);
}

/** Whether it waits for more of its batch, and not for its key. */
function isCollected({ route: { batch }, key, lane }: Job): boolean {
  return batch !== undefined && batch.waitMs > 0 &&
    (key === undefined || lane !== undefined);
}

/** When the batch that a dispatcher collects leaves: some time after its first element came. */
function batchUntilOf(
  recorder: Recorder,
  jobs: readonly Job[],
): number | undefined {
  const first = jobs.find((job) =>
    job.run === undefined && job.go !== undefined &&
    job.endHold === undefined && isCollected(job)
  );
  return first === undefined
    ? undefined
    : recorder.takenAt(first.delivery) + (first.route.batch?.waitMs ?? 0);
}

/** All that waits or runs in an application under test: first what is in hand, then what is at a broker. */
export function waitsOf(
  recorder: Recorder,
  dispatchers: readonly Dispatcher[],
  now: number,
): readonly PendingWait[] {
  return [
    ...dispatchers.flatMap(({ parts: [floor] }) => {
      const jobs = floor.inHand.all();
      const batchUntil = batchUntilOf(recorder, jobs);
      return jobs.map((job) => waitOf(recorder, job, batchUntil));
    }),
    ...recorder.delayed,
    ...recorder.scheduled
      .filter(({ at }) => at > now)
      .map(({ message: { address }, at }) => ({
        why: "schedule" as const,
        address,
        until: at,
      })),
    ...[...recorder.underWay].map(({ address }) => ({
      why: "publish" as const,
      address,
    })),
  ];
}
