import { type Clock, systemClock } from "@ruststream/core/contract";

/** Something that is to be done at a time. */
interface Appointment {
  readonly at: number;
  readonly run: () => void;
  disarm: () => void;
}

/** The server's time: a clock of its own, or that of whoever is connected; while nobody is, it stands still. */
export class ServerTime {
  readonly #isOwn: boolean;
  readonly #clocks = new Set<{ readonly clock: Clock }>();
  readonly #appointments = new Set<Appointment>();
  #clock: Clock;
  #runs: boolean;

  constructor(clock?: Clock) {
    this.#isOwn = clock !== undefined;
    this.#clock = clock ?? systemClock;
    this.#runs = this.#isOwn;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** A number from 0 up to but without 1. */
  random(): number {
    return this.#clock.random();
  }

  /** Goes by this clock too; what it returns ends that. */
  join(clock: Clock): () => void {
    if (this.#isOwn) return () => {};
    const joined = { clock };
    this.#clocks.add(joined);
    if (!this.#runs) this.#goBy(clock);
    return () => {
      if (!this.#clocks.delete(joined) || this.#clock !== clock) return;
      const [next] = this.#clocks;
      for (const each of this.#appointments) each.disarm();
      this.#runs = false;
      if (next !== undefined) this.#goBy(next.clock);
    };
  }

  /** Runs something after so many milliseconds; what it returns cancels that. */
  after(ms: number, run: () => void): () => void {
    const appointment: Appointment = {
      at: this.now() + ms,
      run,
      disarm: () => {},
    };
    this.#appointments.add(appointment);
    if (this.#runs) this.#arm(appointment);
    return () => {
      this.#appointments.delete(appointment);
      appointment.disarm();
    };
  }

  #goBy(clock: Clock): void {
    this.#clock = clock;
    this.#runs = true;
    for (const each of this.#appointments) this.#arm(each);
  }

  #arm(appointment: Appointment): void {
    const { at, run } = appointment;
    appointment.disarm = this.#clock.after(at - this.#clock.now(), () => {
      this.#appointments.delete(appointment);
      run();
    });
  }
}
