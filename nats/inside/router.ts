import { isPattern, matches } from "./match.ts";
import type { Packet } from "./packet.ts";

/** Who takes messages of a subject. */
export interface Listener {
  readonly subject: string;
  /** The queue group: one of its members takes a message. */
  readonly queue: string | undefined;
  /** Whose it is. */
  readonly owner: object;
  take(packet: Packet): void;
}

/** Knows who listens to what. */
export class Router {
  readonly #random: () => number;
  readonly #plain = new Map<string, Set<Listener>>();
  readonly #patterns = new Set<Listener>();

  constructor(random: () => number) {
    this.#random = random;
  }

  add(listener: Listener): void {
    const { subject } = listener;
    if (isPattern(subject)) return void this.#patterns.add(listener);
    const there = this.#plain.get(subject);
    if (there === undefined) this.#plain.set(subject, new Set([listener]));
    else there.add(listener);
  }

  remove(listener: Listener): void {
    const { subject } = listener;
    this.#patterns.delete(listener);
    const there = this.#plain.get(subject);
    if (there?.delete(listener) && there.size === 0) {
      this.#plain.delete(subject);
    }
  }

  /** Whether anybody listens to a subject. */
  hears(subject: string): boolean {
    return this.#find(subject).length > 0;
  }

  /**
   * Hands a message to all who listen to a subject, which need not be its own; of each queue group to one.
   *
   * @param but Whoever does not want it.
   * @returns Whether somebody took it.
   */
  route(
    packet: Packet,
    to: string = packet.subject,
    but?: object,
  ): boolean {
    const queues = new Map<string, Listener[]>();
    let taken = false;
    for (const listener of this.#find(to)) {
      if (listener.owner === but) continue;
      taken = true;
      const { queue } = listener;
      if (queue === undefined) listener.take(packet);
      else if (!queues.get(queue)?.push(listener)) {
        queues.set(queue, [listener]);
      }
    }
    for (const members of queues.values()) {
      const chosen = Math.floor(this.#random() * members.length);
      members[chosen]?.take(packet);
    }
    return taken;
  }

  #find(subject: string): readonly Listener[] {
    const found = [...this.#plain.get(subject) ?? []];
    for (const listener of this.#patterns) {
      if (matches(listener.subject, subject)) found.push(listener);
    }
    return found;
  }
}
