import { parseAddress } from "./contract/address.ts";
import type { AnyChannel } from "./contract/channel.ts";
import type { Source } from "./contract/source.ts";
import { checkSettings, wholeNumber } from "./settings_check.ts";
import type { Settings } from "./settings.ts";
import type { Middleware } from "./context.ts";
import type { Outs } from "./out.ts";
import type { Candidate, Deps, Subscriber } from "./subscriber_types.ts";

/** Options of a subscriber, types erased. */
export interface DefinitionOptions extends Settings {
  readonly name?: string;
  readonly reply?: AnyChannel;
  readonly out?: Outs;
  readonly deps?: Deps;
  readonly middleware?: readonly Middleware[];
  readonly when?: (payload: unknown, candidate: Candidate) => boolean;
  readonly max?: number;
  readonly waitMs?: number;
}

const own = ["name", "reply", "out", "deps", "middleware", "when"];
const ownOfBatch = [...own, "max", "waitMs"];

/** What a handler is called with, types erased. */
export type AnyHandler = (payload: unknown, ctx: never) => unknown;

/** A subscriber as it was written: checked and frozen, nothing merged or opened. */
export class Definition implements Subscriber<unknown, unknown, never> {
  /** The explicit name, else the address. */
  readonly name: string;
  /** Whether the name was given. */
  readonly named: boolean;
  /** What is read. */
  readonly channel: AnyChannel;
  /** The broker's own source, if it is not a bare channel. */
  readonly source: Source<never> | undefined;
  /** The settings and options. */
  readonly options: DefinitionOptions;
  /** The handler. */
  readonly handle: AnyHandler;
  /** Whether it takes batches. */
  readonly batch: boolean;

  constructor(
    from: AnyChannel | Source<never>,
    options: object,
    handle: unknown,
    batch: boolean,
  ) {
    const source = "open" in from ? from : undefined;
    this.source = source;
    this.channel = source === undefined ? from as AnyChannel : source.channel;
    const { address } = this.channel;
    parseAddress(address);
    this.options = Object.freeze({ ...options }) as DefinitionOptions;
    this.named = this.options.name !== undefined;
    this.name = this.options.name ?? address;
    const where = `subscriber "${this.name}"`;
    checkSettings(where, this.options, batch ? ownOfBatch : own);
    if (typeof handle !== "function") {
      throw new TypeError(
        `Cannot make ${where}: expected a handler function, found ${typeof handle}`,
      );
    }
    this.handle = handle as AnyHandler;
    this.batch = batch;
    this.#check(where);
    Object.freeze(this);
  }

  #check(where: string): void {
    const { name, max, waitMs } = this.options;
    if (name !== undefined && (typeof name !== "string" || name === "")) {
      throw new TypeError(
        `Cannot make a subscriber of "${this.channel.address}": its name must be a string that is not empty, found ${
          JSON.stringify(name)
        }`,
      );
    }
    if (!this.batch) return;
    wholeNumber(where, "max", max, 1);
    if (waitMs !== undefined && !(waitMs >= 0 && waitMs < Infinity)) {
      throw new RangeError(
        `Cannot make ${where}: waitMs must be a finite number of at least 0, found ${waitMs}`,
      );
    }
  }
}
