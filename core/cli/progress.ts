import type { Clock } from "../contract/clock.ts";
import type { DeliveryCounts } from "./counts.ts";
import type { Output } from "./output.ts";
import { perSecond } from "./summary.ts";

const everyMs = 100;

/** What is shown while it runs: one line, at most ten times a second. */
export class Progress {
  readonly #clock: Clock;
  readonly #show: () => void;
  #cancel: () => void = () => {};

  /** Begins at once. */
  constructor(
    clock: Clock,
    output: Output,
    read: () => number,
    counts: DeliveryCounts,
  ) {
    this.#clock = clock;
    const startedAt = clock.mono();
    counts.onNotice = () => output.clear();
    this.#show = () => {
      const { acked, retried, rejected, deadLettered, ended } = counts;
      const rate = perSecond(ended, (clock.mono() - startedAt) / 1000);
      output.show(
        `${rate}/s  read ${read()}  acked ${acked}  retried ${retried}  dead-lettered ${deadLettered}  rejected ${rejected}`,
      );
    };
    this.#tick();
  }

  /** Shows nothing more. */
  end(): void {
    this.#cancel();
  }

  #tick(): void {
    this.#show();
    this.#cancel = this.#clock.after(everyMs, () => this.#tick());
  }
}
