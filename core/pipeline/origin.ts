import type { Guarantees } from "../contract/guarantees.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import type { Link } from "./link.ts";

/** A source that runs. */
export interface OriginRun {
  /** Resolves when nothing more comes and all that came has left the links. Rejects with what it was lost or aborted by, when that is done. */
  readonly ended: Promise<void>;
  /**
   * Resolves when everything is settled, and lets go of the subscription.
   *
   * @param isLeft Whether nobody has anything any more: then what is not settled is given back.
   */
  finish(isLeft: boolean): Promise<void>;
  /** Takes no more; what was taken goes on. Resolves when intake has ended. */
  drain(): Promise<void>;
  /** Takes no more, and gives back what is held. What somebody has in hand is still theirs. */
  cancel(reason: unknown): Promise<void>;
  /** The same; publishes under way have the time of grace, and then all the rest is given back. */
  abort(reason: unknown): Promise<void>;
}

/** What a source runs into. */
export interface Outflow {
  /** Makes the links. */
  open(env: PipeEnv): Link;
  /**
   * Called when it is known what the subscription promises, before anything is read.
   *
   * @throws {RangeError} If a stage holds payloads for longer than the broker waits.
   */
  check(guarantees: Guarantees): void;
}

/** Where the payloads of a pipeline come from. */
export interface Origin {
  /** What it is called in errors. */
  readonly name: string;
  /** Deliveries taken and not settled. */
  readonly maxInFlight: number;
  /** Starts it. */
  run(into: Outflow): OriginRun;
}
