import type { PipeEnv } from "../dispatch/pipe.ts";
import { Gate, type Link } from "./link.ts";
import { takeParcel } from "./received.ts";

/** The first link behind a real stream: opens what follows with its first chunk, which knows the pipeline that it came from. */
export class Inlet {
  readonly #open: (env: PipeEnv) => Link;
  readonly #deed: string;
  #gate: Gate | undefined = undefined;
  #pushes = 0;
  #quiet: Promise<void> | undefined = undefined;

  /** `open` opens what follows; `deed` says in errors what is done with a chunk. */
  constructor(deed: string, open: (env: PipeEnv) => Link) {
    this.#deed = deed;
    this.#open = open;
  }

  /**
   * Takes a chunk; a promise where the next one must wait.
   *
   * @throws {TypeError} If it is not Received.
   * @throws {MessagingError} `settled` if it was used before.
   */
  take(chunk: unknown): Promise<void> | undefined {
    const { payload, claim, at } = takeParcel(chunk, this.#deed);
    this.#pushes++;
    const gate = this.#gateOf(claim.env);
    const wait = gate.push(payload, claim, at);
    this.#quiet ??= this.#untilQuiet(claim.env, gate);
    return wait;
  }

  /** Nothing more comes. Resolves when all has left. */
  async end(): Promise<void> {
    await this.#gate?.end();
    await this.#quiet;
  }

  /** Lets go of everything. */
  drop(reason: unknown): void {
    this.#gate?.drop(reason);
  }

  #gateOf(env: PipeEnv): Gate {
    return this.#gate ??= new Gate(this.#open(env));
  }

  // Nobody tells through a foreign stream that the source is idle: a turn of the event loop without a chunk says so.
  async #untilQuiet({ clock }: PipeEnv, gate: Gate): Promise<void> {
    let seen = -1;
    while (seen !== this.#pushes) {
      seen = this.#pushes;
      await clock.turn();
    }
    this.#quiet = undefined;
    gate.idle(false);
  }
}
