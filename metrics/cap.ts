/** The value of a label whose true value is not shown, for there are too many. */
export const overflow = "_overflow";

/** Bounds how many label sets there are, and tells once when no more are made. */
export class Cap {
  readonly #max: number;
  readonly #tell: () => void;
  #taken = 0;
  #told = false;
  /** How often something was counted under {@linkcode overflow} for want of room. */
  refused = 0;

  constructor(max: number, tell: () => void) {
    this.#max = max;
    this.#tell = tell;
  }

  /** Whether there is room for one more; if so, it is taken. */
  take(): boolean {
    if (this.#taken < this.#max) {
      this.#taken++;
      return true;
    }
    this.refused++;
    if (!this.#told) {
      this.#told = true;
      this.#tell();
    }
    return false;
  }
}
