/** Says that a batch goes on one by one, and that this run of it does not count. */
export class SplitBatch extends Error {
  override readonly name = "SplitBatch";
}

/** Says that another run would not help: what it is caused by ends the delivery. */
export class Final extends Error {
  override readonly name = "Final";
  /** One word for the dead letter. */
  readonly reason: "reply-failed" | "unencodable";

  constructor(reason: Final["reason"], cause: unknown) {
    super(`Cannot go on: ${reason}`, { cause });
    this.reason = reason;
  }
}
