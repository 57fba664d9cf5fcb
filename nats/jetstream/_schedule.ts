import { dueTime, type Message } from "@ruststream/core/contract";
import { faultOf, parseAnswer, refused } from "./_api.ts";
import type { Hub } from "./_hub.ts";
import { writeLetter } from "./_letter.ts";

/** Options for {@linkcode schedule}. */
export interface ScheduleOptions {
  readonly hub: Hub;
  /** What the subjects of waiting messages begin with. */
  readonly under: string;
  readonly timeoutMs: number;
  /** Sends what is due already. */
  readonly publish: (message: Message) => Promise<unknown>;
  readonly signal: AbortSignal | undefined;
}

/** Gives a message to its stream, which publishes it when its time has come. */
export async function schedule(
  message: Message,
  at: Date,
  { hub, under, timeoutMs, publish, signal }: ScheduleOptions,
): Promise<void> {
  const { session } = hub;
  const { address } = message;
  const deed = `schedule "${address}"`;
  hub.checkOpen(deed);
  signal?.throwIfAborted();
  const due = dueTime(address, at);
  if (due <= session.clock.now()) return void await publish(message);
  const letter = writeLetter(message, [
    ["Nats-Schedule", `@at ${at.toISOString()}`],
    ["Nats-Schedule-Target", address],
  ], session);
  await session.ready(deed, timeoutMs, signal);
  const place = `${under}.${session.inbox().split(".").at(-1)}`;
  const msg = await session.ask(place, letter.body, {
    timeoutMs,
    ...(letter.headers !== undefined && { headers: letter.headers }),
    ...(signal !== undefined && { signal }),
  });
  const fault = faultOf(parseAnswer(msg.data));
  if (fault !== undefined) throw refused(deed, fault);
}
