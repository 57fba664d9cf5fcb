import type { BrokerEvent } from "../contract/broker.ts";
import type { Clock } from "../contract/clock.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Message } from "../contract/message.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { refuseOption, wholeNumber } from "../check_settings.ts";
import type {
  AppFault,
  AppFaults,
  DisconnectOptions,
  FaultOptions,
  RefusePublishOptions,
} from "./app_faults.ts";
import type { ProcessClock } from "./_process_clock.ts";
import type { Recorder } from "./_recorder.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** What was asked for, and has not happened. */
interface Armed {
  readonly fault: AppFault;
  times: number;
  /** How many moments pass first. */
  after: number;
}

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
  readonly #armed: Armed[] = [];
  readonly #reports = new Set<(event: BrokerEvent) => void>();
  readonly #losses = new Set<() => void>();
  readonly #draw: (() => number) | undefined;
  #chance: FaultChance | undefined;
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

  /** Lets a fault happen at a moment that fits, the next one or a later one. */
  arm(fault: AppFault, { times = 1, after = 0 }: RefusePublishOptions): void {
    wholeNumber("faults", "after", after, 0);
    if (times !== Infinity) wholeNumber("faults", "times", times, 1);
    this.checkSuffers(fault);
    this.#armed.push({ fault, times, after });
  }

  loseAck(options: FaultOptions = {}): void {
    this.arm("loseAck", options);
  }

  deliverTwice(options: FaultOptions = {}): void {
    this.arm("deliverTwice", options);
  }

  reorder(options: FaultOptions = {}): void {
    this.arm("reorder", options);
  }

  crashBeforeSettle(options: FaultOptions = {}): void {
    this.arm("crashBeforeSettle", options);
  }

  crashBeforePublish(options: FaultOptions = {}): void {
    this.arm("crashBeforePublish", options);
  }

  refusePublish(options: RefusePublishOptions = {}): void {
    this.arm("refusePublish", options);
  }

  disconnect({ forMs = 1_000 }: DisconnectOptions = {}): void {
    if (!(forMs >= 0 && forMs < Infinity)) {
      refuseOption("faults", "forMs", "a finite number of at least 0", forMs);
    }
    this.checkSuffers("disconnect");
    this.#tell("disconnect");
    this.#lose(forMs);
  }

  calm(): void {
    this.#armed.length = 0;
    this.#chance = undefined;
    this.#connect();
  }

  /** Whether a fault happens now. */
  strikes(fault: AppFault, to: Stricken): boolean {
    const { guarantees } = to;
    if (guarantees !== undefined && !comesBack(guarantees)) return false;
    const armed = this.#armed.find((one) => one.fault === fault);
    if (armed === undefined) {
      if (!this.#happens(fault)) return false;
    } else {
      if (armed.after-- > 0) return false;
      if (--armed.times === 0) {
        this.#armed.splice(this.#armed.indexOf(armed), 1);
      }
    }
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
  refusal(message: Message): MessagingError | undefined {
    const { address } = message;
    if (!this.isUp) {
      return new MessagingError(
        "connection",
        `Cannot publish to "${address}": the connection is lost`,
      );
    }
    if (!this.strikes("refusePublish", message)) return undefined;
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
