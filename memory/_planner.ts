import { Alarm } from "./_alarm.ts";
import type { Letter } from "./_delivery.ts";
import { Heap, type Slotted } from "./_heap.ts";
import type { Session } from "./_session.ts";

/** A message for later. */
class Planned implements Slotted {
  readonly letter: Letter;
  readonly due: number;
  readonly place: number;
  slot = -1;

  constructor(letter: Letter, due: number, place: number) {
    this.letter = letter;
    this.due = due;
    this.place = place;
  }
}

/** What is due on the clock of one connection, the earliest first, of one time the first planned. */
class Agenda {
  readonly #list = new Heap<Planned>((one, other) =>
    one.due < other.due || (one.due === other.due && one.place < other.place)
  );
  readonly #alarm = new Alarm(() => this.#ring());
  readonly #session: Session;
  readonly #onDue: (letter: Letter) => void;

  constructor(session: Session, onDue: (letter: Letter) => void) {
    this.#session = session;
    this.#onDue = onDue;
  }

  add(planned: Planned): void {
    this.#list.push(planned);
    this.#alarm.by(this.#session.clock, planned.due);
  }

  /** Leaves no timer behind. */
  close(): readonly Planned[] {
    this.#alarm.clear();
    return this.#list.items;
  }

  #ring(): void {
    const now = this.#session.clock.now();
    for (
      let next = this.#list.first;
      next !== undefined;
      next = this.#list.first
    ) {
      if (next.due > now) {
        return this.#alarm.by(this.#session.clock, next.due);
      }
      this.#list.remove(next);
      next.letter.publishedAtMs = now;
      this.#onDue(next.letter);
    }
  }
}

/**
 * Messages for later, of all connections of one broker.
 *
 * Each is due on the clock of the connection that planned it; when that has shut down, on that of another; and while there is none, it waits for the next.
 */
export class Planner {
  readonly #publish: (letter: Letter, done: () => void) => void;
  readonly #agendas = new Map<Session, Agenda>();
  #orphans: readonly Planned[] = [];
  #length = 0;
  #places = 0;

  /** `publish` calls back once the message is in. */
  constructor(publish: (letter: Letter, done: () => void) => void) {
    this.#publish = publish;
  }

  /** How many are not published yet. */
  get length(): number {
    return this.#length;
  }

  /** A connection is there. What is late already comes at the next tick of its clock, so that it can subscribe before. */
  open(session: Session): void {
    const agenda = new Agenda(
      session,
      (letter) => this.#publish(letter, () => void this.#length--),
    );
    this.#agendas.set(session, agenda);
    for (const planned of this.#orphans) agenda.add(planned);
    this.#orphans = [];
  }

  /** A connection is gone. */
  close(session: Session): void {
    const left = this.#agendas.get(session)?.close() ?? [];
    this.#agendas.delete(session);
    const [heir] = this.#agendas.values();
    if (heir === undefined) this.#orphans = [...this.#orphans, ...left];
    else for (const planned of left) heir.add(planned);
  }

  add(session: Session, letter: Letter, due: number): void {
    this.#length++;
    this.#agendas.get(session)?.add(new Planned(letter, due, ++this.#places));
  }
}
