/** When each run under way began. One at a time, which is the most common, costs no table. */
export class Begun {
  #alone: object | undefined = undefined;
  #aloneAt = 0;
  readonly #others = new Map<object, number>();

  add(run: object, at: number): void {
    if (this.#alone === undefined) {
      this.#alone = run;
      this.#aloneAt = at;
    } else this.#others.set(run, at);
  }

  /** When it began, and forgets it; undefined where that is not known. */
  take(run: object): number | undefined {
    if (this.#alone === run) {
      this.#alone = undefined;
      return this.#aloneAt;
    }
    if (this.#others.size === 0) return undefined;
    const at = this.#others.get(run);
    if (at !== undefined) this.#others.delete(run);
    return at;
  }
}
