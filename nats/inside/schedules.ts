import { fault, notModelled } from "./fault.ts";
import { isPattern, isSubject } from "./match.ts";
import { fieldsOf, headerOf, headersOf, type Packet } from "./packet.ts";
import type { Stored } from "./store.ts";
import type { StreamView } from "./views.ts";

/** When a schedule is due; undefined where that is no time. */
function dueOf(pattern: string): number | undefined {
  if (!pattern.startsWith("@at ")) return undefined;
  const due = Date.parse(pattern.slice("@at ".length));
  return Number.isNaN(due) ? undefined : due;
}

/**
 * Refuses a schedule that is none, or that its stream does not take.
 *
 * @throws {Fault} If it is refused.
 */
export function checkSchedule(
  stream: StreamView,
  { subject }: Packet,
  orders: ReadonlyMap<string, string>,
): void {
  const pattern = orders.get("Nats-Schedule");
  if (pattern === undefined) return;
  if (!stream.config.allow_msg_schedules) throw fault("scheduleDisabled");
  if (pattern.startsWith("@every ")) throw notModelled(pattern);
  if (dueOf(pattern) === undefined) throw fault("schedulePattern");
  const target = orders.get("Nats-Schedule-Target") ?? "";
  const lawful = isSubject(target) && !isPattern(target) &&
    target !== subject && stream.takes(target);
  if (!lawful) throw fault("scheduleTarget");
}

// What was said about the message that waited says nothing of what it becomes.
const notPassedOn = /^Nats-(Schedule.*|Rollup|Msg-Id|Expected-.*)$/;

/** Messages for later: when one is due, it makes room for what it was to become. */
export class Schedules {
  readonly #stream: StreamView;
  readonly #waiting = new Map<number, () => void>();

  constructor(stream: StreamView) {
    this.#stream = stream;
  }

  /** Waits until a message is due, if it is for later. */
  watch(stored: Stored): void {
    const { config, server: { time } } = this.#stream;
    if (!config.allow_msg_schedules) return;
    const due = dueOf(headerOf(stored, "Nats-Schedule") ?? "");
    if (due === undefined) return;
    this.#waiting.set(
      stored.sequence,
      time.after(Math.max(0, due - time.now()), () => this.#publish(stored)),
    );
  }

  /** A message is gone: nothing will come of it. */
  forget(sequence: number): void {
    this.#waiting.get(sequence)?.();
    this.#waiting.delete(sequence);
  }

  end(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #publish(stored: Stored): void {
    const { sequence, subject, body } = stored;
    const fields = fieldsOf(stored.headers).filter(([name]) =>
      !notPassedOn.test(name)
    );
    this.#stream.remove(sequence);
    this.#stream.put({
      subject: headerOf(stored, "Nats-Schedule-Target") ?? subject,
      reply: "",
      headers: headersOf([
        ...fields,
        ["Nats-Scheduler", subject],
        ["Nats-Schedule-Next", "purge"],
      ]),
      body,
    });
  }
}
