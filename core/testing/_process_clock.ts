import { type Clock, sleepOn } from "../contract/clock.ts";
import { never } from "./faulty_method.ts";

/** The clock of one process: when that dies, whoever waits on it waits for ever. */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<() => void>();
  #dead = false;
  #isTornDown = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the process has died. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Lets what is torn down at last have its time, though the process is dead. */
  tearDown(): void {
    this.#isTornDown = true;
  }

  /** The process dies. No timer of it is left. */
  end(): void {
    this.#dead = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  now(): number {
    return this.#clock.now();
  }

  mono(): number {
    return this.#clock.mono();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  after(ms: number, run: () => void): () => void {
    if (this.#dead && !this.#isTornDown) return () => {};
    const forget = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    const cancel = (): void => {
      this.#timers.delete(cancel);
      forget();
    };
    this.#timers.add(cancel);
    return cancel;
  }

  turn(): Promise<void> {
    return this.#dead ? never() : this.#clock.turn();
  }

  random(): number {
    return this.#clock.random();
  }
}
