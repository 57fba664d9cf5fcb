const slabBytes = 8_192;
const mostBytes = 1_024;

/**
 * Copies bodies. Small ones share a piece of memory, as those from a socket do: a buffer of its own costs more than the rest of a publish.
 *
 * What one of them still holds is at most that piece.
 */
export class BodyCopier {
  #slab = new Uint8Array(0);
  #used = 0;

  copy(body: Uint8Array): Uint8Array {
    const { length } = body;
    if (length > mostBytes) return new Uint8Array(body);
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(slabBytes);
      this.#used = 0;
    }
    const from = this.#used;
    this.#slab.set(body, from);
    this.#used = from + length;
    return new Uint8Array(this.#slab.buffer, from, length);
  }
}
