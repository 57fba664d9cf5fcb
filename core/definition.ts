import { replyOf } from "./channel.ts";
import { parseAddress } from "./contract/address.ts";
import type { AnyChannel } from "./contract/channel.ts";
import type { Source } from "./contract/source.ts";
import {
  checkSettings,
  foundText,
  isChannel,
  milliseconds,
  refuseOption,
  wholeNumber,
} from "./check_settings.ts";
import type { PipeBlueprint } from "./dispatch/pipe.ts";
import type { Settings } from "./settings.ts";
import type { Middleware } from "./context.ts";
import type { Outs } from "./publish/out.ts";
import type { PublishMiddleware } from "./publish/publish_middleware.ts";
import type { Candidate, Deps, Subscriber } from "./subscriber_types.ts";

/** Options of a subscriber, types erased. */
export interface DefinitionOptions extends Settings {
  readonly name?: string;
  readonly reply?: AnyChannel;
  readonly out?: Outs;
  readonly deps?: Deps;
  readonly middleware?: readonly Middleware[];
  readonly publishMiddleware?: readonly PublishMiddleware[];
  readonly when?: (payload: unknown, candidate: Candidate) => boolean;
  readonly max?: number;
  readonly waitMs?: number;
  readonly transactional?: boolean;
}

const own = [
  "name",
  "reply",
  "out",
  "deps",
  "middleware",
  "publishMiddleware",
  "when",
];
const ownOfBatch = [...own, "max", "waitMs", "transactional"];

/** What a handler is called with, types erased. */
export type AnyHandler = (payload: unknown, ctx: never) => unknown;

/** A subscriber as it was written: checked and frozen, nothing merged or opened. */
export class Definition implements Subscriber<unknown, unknown, never, never> {
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
  /** What its deliveries flow into, where it is a pipeline. */
  readonly pipe: PipeBlueprint | undefined;

  constructor(
    from: unknown,
    options: unknown,
    handle: unknown,
    batch: boolean,
    pipe?: PipeBlueprint,
  ) {
    const source = isSource(from) ? from : undefined;
    const channel = source === undefined ? from : source.channel;
    if (!isChannel(channel)) {
      throw new TypeError(
        `Cannot make a subscriber: expected a channel or a source of one, found ${
          foundText(channel)
        }`,
      );
    }
    this.source = source;
    this.channel = channel;
    parseAddress(channel.address);
    const { name } = checkName(channel.address, options ?? {});
    const where = `subscriber "${name ?? channel.address}"`;
    checkSettings(where, options ?? {}, batch ? ownOfBatch : own);
    const reply = replyOf(channel);
    this.options = Object.freeze({
      ...(reply === undefined ? {} : { reply }),
      ...options as DefinitionOptions,
    });
    this.named = name !== undefined;
    this.name = name ?? channel.address;
    if (typeof handle !== "function") {
      throw new TypeError(
        `Cannot make ${where}: expected a handler function, found ${
          foundText(handle)
        }`,
      );
    }
    this.handle = handle as AnyHandler;
    this.batch = batch;
    this.pipe = pipe;
    checkKinds(where, this.options);
    if (batch) {
      wholeNumber(where, "max", this.options.max, 1);
      milliseconds(where, "waitMs", this.options.waitMs);
      checkTransactional(where, this.options);
    }
    Object.freeze(this);
  }
}

function checkTransactional(
  where: string,
  { transactional, out = {} }: DefinitionOptions,
): void {
  if (transactional === undefined || transactional === false) return;
  if (transactional !== true) {
    refuseOption(where, "transactional", "a boolean", transactional);
  }
  for (const [slot, { capability }] of Object.entries(out)) {
    if (capability === undefined) continue;
    throw new TypeError(
      `Cannot make ${where}: its slot "${slot}" asks for a capability, and a transaction has none`,
    );
  }
}

function isSource(from: unknown): from is Source<never> {
  return typeof from === "object" && from !== null && "open" in from &&
    "channel" in from;
}

function checkName(address: string, options: DefinitionOptions): {
  readonly name: string | undefined;
} {
  const { name } = options;
  if (name === undefined || (typeof name === "string" && name !== "")) {
    return { name };
  }
  throw new TypeError(
    `Cannot make a subscriber of "${address}": its name must be a string that is not empty, found ${
      foundText(name)
    }`,
  );
}

/** Checks the options that are no settings: whoever writes plain JavaScript hears of a mistake here, not at the first delivery. */
function checkKinds(where: string, options: DefinitionOptions): void {
  const { reply, out = {}, deps = {}, when } = options;
  const refuse = refuseOption.bind(undefined, where);
  if (reply !== undefined && !isChannel(reply)) {
    refuse("reply", "a channel", reply);
  }
  for (const [name, found] of Object.entries({ out, deps })) {
    if (typeof found !== "object" || found === null) {
      refuse(name, "an object", found);
    }
  }
  for (const [slot, to] of Object.entries(out)) {
    if (!isChannel(to?.channel)) refuse(`out.${slot}`, "an out(channel)", to);
  }
  for (const [name, make] of Object.entries(deps)) {
    if (typeof make !== "function") refuse(`deps.${name}`, "a function", make);
  }
  for (const name of ["middleware", "publishMiddleware"] as const) {
    const layers: readonly unknown[] = options[name] ?? [];
    if (!Array.isArray(layers)) refuse(name, "a list", layers);
    for (const layer of layers) {
      if (typeof layer !== "function") {
        refuse(name, "a list of functions", layer);
      }
    }
  }
  if (when !== undefined && typeof when !== "function") {
    refuse("when", "a function", when);
  }
}
