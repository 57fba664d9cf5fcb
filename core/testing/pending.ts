/** Something that waits or runs in an application under test. Plain data. */
export interface PendingWait {
  /**
   * Why: the broker delivers again later (`retry`), the runtime holds it for a retry or a publish that failed (`held`), it waits for more of a batch
   * (`batch`), its handler sleeps on the clock (`handler`), it waits for its turn (`queued`), it is under way (`running`), a message is published later
   * (`schedule`), or one has not been taken yet (`publish`).
   */
  readonly why:
    | "retry"
    | "held"
    | "batch"
    | "handler"
    | "queued"
    | "running"
    | "schedule"
    | "publish";
  /** Where the message was sent, or will be. */
  readonly address: string;
  /** The subscriber by its name. Absent where it is about none. */
  readonly subscriber?: string;
  /** The attempt that waits, or that comes next. Absent where it is about no delivery. */
  readonly attempt?: number;
  /** Until when, in milliseconds since the epoch, by the clock of the test. Absent where no time ends it. */
  readonly until?: number;
}

/** One of them in one line. */
export function pendingLine(wait: PendingWait): string {
  const { why, address, subscriber, attempt, until } = wait;
  const who = subscriber === undefined
    ? address
    : `${subscriber} ${address}${attempt === undefined ? "" : ` #${attempt}`}`;
  return until === undefined
    ? `${who}: ${why}`
    : `${who}: ${why} until ${until}`;
}
