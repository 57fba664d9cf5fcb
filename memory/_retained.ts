import { type AddressPattern, matchAddress } from "@ruststream/core/contract";
import type { Letter } from "./_delivery.ts";
import { Ring } from "./_ring.ts";
import { isExact } from "./_router.ts";
import type { Retention } from "./_settings.ts";

/** What was published to one address, the newest always among it. */
class AddressLog {
  readonly letters: Ring<Letter> = new Ring<Letter>();
  #bytes = 0;

  add(letter: Letter): void {
    this.letters.push(letter);
    this.#bytes += letter.message.body.length;
  }

  /** Takes out the message of a number; false if it is not there. */
  remove(sequence: number): boolean {
    for (const letter of this.letters) {
      if (letter.sequence !== sequence) continue;
      this.#bytes -= letter.message.body.length;
      return this.letters.delete(letter);
    }
    return false;
  }

  trim({ messages, bytes, ageMs }: Retention, now: number): void {
    const oldestMs = now - ageMs;
    while (this.letters.length > 1) {
      const { first } = this.letters;
      if (first === undefined) return;
      const stays = this.letters.length <= messages && this.#bytes <= bytes &&
        first.publishedAtMs >= oldestMs;
      if (stays) return;
      this.letters.shift();
      this.#bytes -= first.message.body.length;
    }
  }
}

/** What was published, by address, as long as it is kept. */
export class RetainedLog {
  readonly #limits: Retention;
  // The address published to longest ago comes first.
  readonly #logs = new Map<string, AddressLog>();
  #sweep: Iterator<AddressLog, undefined> = this.#logs.values();
  #swept = 0;

  constructor(limits: Retention) {
    this.#limits = limits;
  }

  /** How many addresses it knows. */
  get size(): number {
    return this.#logs.size;
  }

  add(letter: Letter): void {
    const { address } = letter.message;
    const log = this.#logs.get(address) ?? new AddressLog();
    this.#logs.delete(address);
    this.#logs.set(address, log);
    log.add(letter);
    log.trim(this.#limits, letter.publishedAtMs);
    if (this.#logs.size > this.#limits.addresses) this.#forgetOne();
    if (this.#limits.ageMs < Infinity) this.#sweepOne(letter.publishedAtMs);
  }

  /** All that is kept of the addresses of a pattern, in the order published. */
  read(pattern: AddressPattern, now: number): Letter[] {
    const found: Letter[] = [];
    for (const log of this.#find(pattern)) {
      log.trim(this.#limits, now);
      for (const letter of log.letters) found.push(letter);
    }
    return found.sort((one, other) => one.sequence - other.sequence);
  }

  /** Takes out one message of an address; false if it is not kept. */
  remove(address: string, sequence: number): boolean {
    const log = this.#logs.get(address);
    if (log === undefined || !log.remove(sequence)) return false;
    if (log.letters.length === 0) this.#logs.delete(address);
    return true;
  }

  *#find(pattern: AddressPattern): Iterable<AddressLog> {
    if (isExact(pattern)) {
      const log = this.#logs.get(pattern.template);
      if (log !== undefined) yield log;
      return;
    }
    for (const [address, log] of this.#logs) {
      if (matchAddress(pattern, address) !== undefined) yield log;
    }
  }

  #forgetOne(): void {
    const [address] = this.#logs.keys();
    if (address !== undefined) this.#logs.delete(address);
  }

  // An address that nobody publishes to any more would keep what is too old: each publish looks after one of them, in turn. One that is published to
  // goes to the end of the map, so a round is over by its count.
  #sweepOne(now: number): void {
    if (this.#swept >= this.#logs.size) {
      this.#swept = 0;
      this.#sweep = this.#logs.values();
    }
    this.#swept++;
    this.#sweep.next().value?.trim(this.#limits, now);
  }
}
