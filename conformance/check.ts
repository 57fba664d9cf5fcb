import type { Bench } from "./bench.ts";
import type { Gate } from "./claim_types.ts";

/** One promise of the contract, as data: it knows no runner. */
export interface Check {
  /** Folder and name: `settle/twice`. */
  readonly id: string;
  /** One sentence, in the contract's words. */
  readonly promise: string;
  /** The rule of the contract that it belongs to, 1 to 21. */
  readonly rule: number;
  /** Says why this is not claimed. Without it every broker must pass. */
  readonly needs?: Gate;
  /** The mutant that it must fail: a name in the table of faults. */
  readonly catches: string;
  /** Tries the promise, and throws where it is broken. */
  run(bench: Bench): Promise<void>;
}
