import type { BrokerEvent, Clock } from "@ruststream/core/contract";
import { Waits } from "./_waits.ts";

/** What ends with its connection at the latest, and takes itself out of the list when it ends. */
export interface Opened {
  end(): void;
}

/** What all that was made of one connection shares. */
export class Session {
  readonly clock: Clock;
  readonly report: (event: BrokerEvent) => void;
  readonly waits: Waits;
  readonly opened: Set<Opened> = new Set<Opened>();
  /** Set at shutdown, before anything else happens. */
  closed = false;

  constructor(clock: Clock, report: (event: BrokerEvent) => void) {
    this.clock = clock;
    this.report = report;
    this.waits = new Waits(clock);
  }
}
