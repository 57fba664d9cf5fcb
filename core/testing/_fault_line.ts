import type { BrokerEvent } from "../contract/broker.ts";
import type { Clock } from "../contract/clock.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Message } from "../contract/message.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { refuseOption } from "../check_settings.ts";
import type { AppFault, AppFaults } from "./app_faults.ts";
import type { ProcessClock } from "./_process_clock.ts";
import type { Recorder } from "./_recorder.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** What happens by a seed. */
export interface FaultChance {
  readonly faults: readonly AppFault[];
  /** How often, from 0 to 1, where one can. */
  readonly rate: number;
  readonly seed: number;
}

/** What a fault happens to. */
export interface Stricken {
  readonly address: string;
  readonly guarantees?: Pick<Guarantees, "redelivery">;
}

/** Whether it comes back from the broker when nobody settles it. */
export function comesBack(
  { redelivery }: Pick<Guarantees, "redelivery">,
): boolean {
  return redelivery === "until-settled";
}

const ofProcess: ReadonlySet<AppFault> = new Set<AppFault>([
  "crash",
  "crashBeforeSettle",
  "crashBeforePublish",
]);
const always: ReadonlySet<AppFault> = new Set<AppFault>([
  "disconnect",
  "refusePublish",
]);

/** Options for {@linkcode FaultLine}. */
export interface FaultLineOptions {
  readonly title: string;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** False where the brokers are real. */
  readonly isVirtual: boolean;
  readonly chance: FaultChance | undefined;
}

/** Between an application under test and its brokers: what goes wrong there, and when. */
export class FaultLine implements AppFaults {
  readonly #options: FaultLineOptions;
  readonly #armed: AppFault[] = [];
  readonly #reports = new Set<(event: BrokerEvent) => void>();
  readonly #losses = new Set<() => void>();
  readonly #draw: (() => number) | undefined;
  #chance: FaultChance | undefined;
  #refusals = 0;
  #up: PromiseWithResolvers<void> | undefined;
  #cancelUp = (): void => {};
  /** The process that lives. */
  process: ProcessClock | undefined = undefined;
  dispatchers: readonly Dispatcher[] = [];
  /** Told at once when the process has died. */
  onDeath: () => void = () => {};

  constructor(options: FaultLineOptions) {
    this.#options = options;
    this.#chance = options.chance;
    if (options.chance !== undefined) {
      const { seed } = options.chance;
      const dice = new VirtualClock({ seed });
      this.#draw = () => dice.random();
    }
  }

  /** Whether the brokers are inside this process, on the clock of the test. */
  get isVirtual(): boolean {
    return this.#options.isVirtual;
  }

  /** The time that goes on when a process dies. */
  get clock(): Clock {
    return this.#options.clock;
  }

  /** Why the application cannot suffer it; undefined where it can. */
  whyNot(fault: AppFault): string | undefined {
    if (!this.#options.isVirtual) return "its brokers are real";
    if (always.has(fault)) return undefined;
    const kept = this.dispatchers.filter(({ subscription }) =>
      comesBack(subscription.guarantees)
    );
    const enough = ofProcess.has(fault)
      ? kept.length === this.dispatchers.length
      : kept.length > 0;
    if (enough) return undefined;
    const bad = this.dispatchers.find((one) => !kept.includes(one));
    if (bad === undefined) return "it subscribes to nothing";
    return `the broker of "${
      bad.routes[0].name
    }" does not deliver again what was not settled; give it a group, where the broker has groups`;
  }

  /**
   * Refuses what the application cannot suffer.
   *
   * @throws {MessagingError} `unsupported`.
   */
  checkSuffers(fault: AppFault): void {
    const why = this.whyNot(fault);
    if (why === undefined) return;
    throw new MessagingError(
      "unsupported",
      `Cannot let "${fault}" happen to "${this.#options.title}": ${why}`,
    );
  }

  /** Lets a fault happen at the next moment that fits. */
  arm(fault: AppFault, times = 1): void {
    this.checkSuffers(fault);
    if (fault === "refusePublish") this.#refusals += times;
    else this.#armed.push(fault);
  }

  loseAck(): void {
    this.arm("loseAck");
  }

  deliverTwice(): void {
    this.arm("deliverTwice");
  }

  reorder(): void {
    this.arm("reorder");
  }

  crashBeforeSettle(): void {
    this.arm("crashBeforeSettle");
  }

  crashBeforePublish(): void {
    this.arm("crashBeforePublish");
  }

  refusePublish(times = 1): void {
    if (!(times >= 1 && (times === Infinity || Number.isInteger(times)))) {
      refuseOption("faults", "times", "a whole number of at least 1", times);
    }
    this.arm("refusePublish", times);
  }

  disconnect(forMs = 1_000): void {
    if (!(forMs >= 0 && forMs < Infinity)) {
      refuseOption("faults", "forMs", "a finite number of at least 0", forMs);
    }
    this.checkSuffers("disconnect");
    this.#tell("disconnect");
    this.#lose(forMs);
  }

  calm(): void {
    this.#armed.length = 0;
    this.#refusals = 0;
    this.#chance = undefined;
    this.#connect();
  }

  /** Whether a fault happens now. */
  strikes(fault: AppFault, to: Stricken): boolean {
    const { guarantees } = to;
    if (guarantees !== undefined && !comesBack(guarantees)) return false;
    const at = this.#armed.indexOf(fault);
    if (at >= 0) this.#armed.splice(at, 1);
    else if (!this.#happens(fault)) return false;
    this.#tell(fault, to.address);
    return true;
  }

  /** The process dies. */
  kill(fault?: AppFault): void {
    if (this.process?.dead !== false) return;
    if (fault !== undefined) this.#tell(fault);
    this.process.end();
    this.#losses.clear();
    this.#reports.clear();
    this.#options.recorder.forgetProcess();
    this.onDeath();
  }

  /** Before a delivery is handed out. */
  taking(to: Stricken): void {
    if (this.strikes("crash", to)) this.kill();
    else if (this.#happens("disconnect")) this.disconnect();
  }

  /** Why the application cannot publish now; undefined where it can. */
  refusal({ address }: Message): MessagingError | undefined {
    if (!this.isUp) {
      return new MessagingError(
        "connection",
        `Cannot publish to "${address}": the connection is lost`,
      );
    }
    if (this.#refusals > 0) this.#refusals--;
    else if (!this.#happens("refusePublish")) return undefined;
    this.#tell("refusePublish", address);
    return new MessagingError(
      "overloaded",
      `Cannot publish to "${address}": the test refuses it`,
    );
  }

  /** Whether the connections are there. */
  get isUp(): boolean {
    return this.#up === undefined;
  }

  /** Resolves when the connections are there. */
  get up(): Promise<void> {
    return this.#up?.promise ?? Promise.resolve();
  }

  /** Tells of the connection, as long as the process lives. */
  reportTo(report: (event: BrokerEvent) => void): void {
    this.#reports.add(report);
  }

  /** What is in hand is lost with the connection. What it returns forgets that. */
  onLoss(run: () => void): () => void {
    this.#losses.add(run);
    return () => void this.#losses.delete(run);
  }

  #lose(forMs: number): void {
    this.#cancelUp();
    this.#up ??= Promise.withResolvers<void>();
    this.#cancelUp = this.#options.clock.after(forMs, () => this.#connect());
    for (const report of this.#reports) report({ kind: "disconnected" });
    for (const lose of [...this.#losses]) lose();
    this.#losses.clear();
  }

  #connect(): void {
    const up = this.#up;
    if (up === undefined) return;
    this.#cancelUp();
    this.#up = undefined;
    for (const report of this.#reports) report({ kind: "connected" });
    this.#options.recorder.moves++;
    up.resolve();
  }

  #happens(fault: AppFault): boolean {
    return this.#chance?.faults.includes(fault) === true &&
      (this.#draw?.() ?? 1) < this.#chance.rate;
  }

  #tell(fault: AppFault, address?: string): void {
    const { recorder, clock } = this.#options;
    recorder.add({
      kind: "fault",
      fault,
      at: clock.now(),
      ...(this.#chance === undefined ? {} : { seed: this.#chance.seed }),
      ...(address === undefined ? {} : { address }),
    });
  }
}
