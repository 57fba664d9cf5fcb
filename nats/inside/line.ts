/** A line of the network: what goes in comes out in order, and never before whoever sent it has gone on. */
export class Line {
  #queue: (() => void)[] = [];
  #runs = false;

  /** Runs something when it is its turn. */
  add(run: () => void): void {
    this.#queue.push(run);
    if (this.#runs) return;
    this.#runs = true;
    void Promise.resolve().then(() => this.#drain());
  }

  /** What is on its way never arrives. */
  cut(): void {
    this.#queue = [];
  }

  #drain(): void {
    const failures: unknown[] = [];
    for (let i = 0; i < this.#queue.length; i++) {
      const queue = this.#queue;
      try {
        queue[i]?.();
      } catch (failure) {
        // What is behind it still has its turn.
        failures.push(failure);
      }
      // Cut in the middle of it: what came since begins anew.
      if (this.#queue !== queue) i = -1;
    }
    this.#queue = [];
    this.#runs = false;
    if (failures.length > 0) throw failures[0];
  }
}
