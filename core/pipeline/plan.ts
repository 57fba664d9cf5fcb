import type { PipeEnv } from "../dispatch/pipe.ts";
import type { Link, OpenLink } from "./link.ts";

/** A stage before it is opened: plain data, opened as often as a pipeline starts. */
export interface Plan {
  readonly name: string;
  /** Whether a push may return before what was pushed has left. */
  readonly holds: boolean;
  /** The largest batch that it makes; 0 where it makes none. */
  readonly batchMax: number;
  /** How long it holds a payload to wait for more, in milliseconds. */
  readonly waitMs: number;
  readonly open: OpenLink;
}

/** A sink before it is opened. */
export interface SinkPlan {
  readonly name: string;
  readonly open: (env: PipeEnv) => Link;
}
