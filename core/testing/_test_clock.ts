import { VirtualClock } from "./virtual_clock.ts";

/**
 * The clock of an application under test: time, and how often the runtime lets others run, do not depend on the machine.
 *
 * So the same test gives the same events in the same order on each runtime.
 */
export class TestClock extends VirtualClock {
  #looks = 0;

  /** A millisecond for each look. */
  override mono(): number {
    return this.#looks++;
  }
}
