import { Fault, fault } from "./fault.ts";
import type { Intake, PublishAnswer } from "./intake.ts";
import { headerOf, type Packet } from "./packet.ts";
import type { StreamView } from "./views.ts";

interface Batch {
  readonly packets: Packet[];
  forget: () => void;
}

const most = 1_000;
const patienceMs = 10_000;

/** Messages that are stored together or not at all. */
export class Batches {
  readonly #stream: StreamView;
  readonly #intake: Intake;
  readonly #open = new Map<string, Batch>();

  constructor(stream: StreamView, intake: Intake) {
    this.#stream = stream;
    this.#intake = intake;
  }

  /**
   * Takes one message of a batch; the last of them is answered, the others are only taken.
   *
   * @throws {Fault} If the batch is refused; nothing of it is kept.
   */
  take(id: string, packet: Packet): PublishAnswer | undefined {
    try {
      return this.#take(id, packet);
    } catch (error) {
      this.#forget(id);
      throw error;
    }
  }

  /** Nothing that is open will be committed. */
  end(): void {
    for (const id of [...this.#open.keys()]) this.#forget(id);
  }

  #take(id: string, packet: Packet): PublishAnswer | undefined {
    if (!this.#stream.config.allow_atomic) throw fault("batchDisabled");
    const sequence = Number(headerOf(packet, "Nats-Batch-Sequence") ?? 0);
    if (!(sequence > 0)) throw fault("batchSequence");
    if (sequence === 1) this.#begin(id);
    const packets = this.#open.get(id)?.packets;
    if (packets?.length !== sequence - 1) throw fault("batchIncomplete");
    if (sequence > most) throw fault("batchTooLarge");
    packets.push(packet);
    if (headerOf(packet, "Nats-Batch-Commit") !== "1") return undefined;
    return this.#commit(id, packets);
  }

  #begin(id: string): void {
    this.#forget(id);
    const forget = this.#stream.server.time.after(
      patienceMs,
      () => this.#open.delete(id),
    );
    this.#open.set(id, { packets: [], forget });
  }

  #commit(id: string, packets: readonly Packet[]): PublishAnswer {
    for (const [ahead, packet] of packets.entries()) {
      this.#intake.check(packet, ahead);
      const seen = this.#intake.seen(headerOf(packet, "Nats-Msg-Id"));
      if (seen === undefined) continue;
      throw new Fault(
        400,
        10201,
        "atomic publish batch contains duplicate message id",
      );
    }
    let seq = 0;
    for (const packet of packets) seq = this.#intake.store(packet);
    this.#forget(id);
    const { name } = this.#stream.config;
    return { stream: name, seq, batch: id, count: packets.length };
  }

  #forget(id: string): void {
    this.#open.get(id)?.forget();
    this.#open.delete(id);
  }
}
