import type { Clock } from "../contract/clock.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Notice } from "../observe.ts";
import type { Namer } from "../publish/message_id.ts";
import type { Policy } from "./policy.ts";
import type { Run } from "./run.ts";

/** What a pipeline is opened with. */
export interface PipeEnv {
  /** Whose it is: the subscriber's name, or the channel's address. */
  readonly name: string;
  readonly clock: Clock;
  readonly guarantees: Guarantees;
  /** Deliveries taken and not settled. */
  readonly maxInFlight: number;
  /** How long an abort waits for publishes under way. */
  readonly graceMs: number;
  /** How long to wait between two tries of one publish, and whom it shares its deliveries with. */
  readonly policy: Pick<Policy, "backoff" | "group">;
  /** The codec that is set around it, if one is. */
  readonly codec: Codec | AsyncCodec | undefined;
  /** Tells what someone should know of. */
  notice(notice: Notice): void;
}

/** What a pipe asks of the dispatcher that feeds it. */
export interface PipeHost {
  /** What the open subscription promises. */
  readonly guarantees: Guarantees;
  /** Whether all that was read is taken. */
  isCaughtUp(): boolean;
  /** What is in the pipe, or in the hands of who reads it. */
  inPipe(): readonly Run[];
  /** Gives the delivery of a run back, whoever has it. */
  release(run: Run, reason: unknown): void;
  /** The pipe has ended by itself, and the service with it. */
  fail(error: Error): void;
}

/** What deliveries flow into instead of a handler of their own: its handler returns when all that was made of a delivery has ended. */
export interface Pipe {
  /** The handler. */
  readonly take: (payload: unknown, ctx: never) => unknown;
  /**
   * Called once, before the first delivery.
   *
   * @throws {RangeError} If it would hold deliveries for longer than the broker waits.
   */
  attach(host: PipeHost): void;
  /** All that was read is taken: nothing more has arrived. */
  idle(): void;
  /** As many are in flight as may be: nothing more will come. */
  full(): void;
  /** Intake has ended. */
  end(): void;
  /** Everything was given back: nothing is held or waited for any more. */
  drop(reason: unknown): void;
}

/** What a pipeline publishes by, by address template. */
export type PipeSinks = Readonly<
  Record<
    string,
    { readonly publisher: Publisher; readonly namer: Namer | undefined }
  >
>;

/** A pipeline as it was written. */
export interface PipeBlueprint {
  readonly maxInFlight: number;
  /** Opens it for one start of the service. */
  open(
    env: Omit<PipeEnv, "maxInFlight" | "graceMs">,
    sinks: PipeSinks,
  ): Pipe;
}
