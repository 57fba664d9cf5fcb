import { dueTime, type Message } from "@ruststream/core/contract";
import type { Hub } from "./_hub.ts";
import { writeLetter } from "./_letter.ts";
import { idHeader } from "./_message.ts";
import type { StreamPublisher } from "./_publisher.ts";

/** Options for {@linkcode schedule}. */
export interface ScheduleOptions {
  readonly hub: Hub;
  /** What the subjects of waiting messages begin with. */
  readonly under: string;
  readonly publisher: StreamPublisher;
  readonly signal: AbortSignal | undefined;
}

/** Gives a message to its stream, which publishes it when its time has come. */
export async function schedule(
  message: Message,
  at: Date,
  { hub, under, publisher, signal }: ScheduleOptions,
): Promise<void> {
  const { session } = hub;
  const { address } = message;
  const deed = `schedule "${address}"`;
  hub.checkOpen(deed);
  signal?.throwIfAborted();
  const due = dueTime(address, at);
  if (due <= session.clock.now()) {
    await publisher.publish(message, signal === undefined ? {} : { signal });
    return;
  }
  const place = `${under}.${session.inbox().split(".").at(-1)}`;
  await publisher.store(deed, (id) => {
    const letter = writeLetter(message, [
      ["Nats-Schedule", `@at ${at.toISOString()}`],
      ["Nats-Schedule-Target", address],
      ...(id === undefined ? [] : [[idHeader, id] as const]),
    ], session);
    return { ...letter, subject: place };
  }, signal);
}
