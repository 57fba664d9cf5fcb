import {
  MessagingError,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import { type Api, apiErrors, orNone } from "./_api.ts";
import {
  consumerFields,
  consumerWire,
  gatedConsumerFields,
  withFilters,
} from "./_consumer_fields.ts";
import { bringAbout, checkName } from "./_ensure.ts";
import { checkVersion, reaches, type Wire } from "./_fields.ts";
import { namingOthers } from "./_overlaps.ts";
import type { ConsumerOptions, Deliver } from "./consumer_options.ts";

/** What a consumer is made of. */
export interface ConsumerPlan {
  readonly stream: string;
  readonly name: string;
  readonly durable: boolean;
  readonly options: ConsumerOptions;
  readonly subjects: readonly string[];
  /** What subjects of its stream begin with before the address. Without it they are addresses. */
  readonly prefix?: string;
  /** Settings in the server's form that stand above all others. Without it there are none. */
  readonly wire?: Wire;
}

/** How a consumer stands. */
export interface ConsumerState {
  /** What was never delivered. */
  readonly waiting: number;
  /** How many were. */
  readonly delivered: number;
  /** What is in hand somewhere. */
  readonly unsettled: number;
  /** How many may be; less than 1 where they may be any number. */
  readonly most: number;
  /** When it was made, which tells it from one of its name that was made later. */
  readonly made: string;
  readonly config: Wire;
}

const ephemeralMs = 30_000;
// After a restart servers before 2.11 say a time a little later than before.
const roundedMs = 1_000;

/** The name of a durable consumer: the user's own, or that of a group on a subject. */
export function durableName(
  { durable }: ConsumerOptions,
  { group }: SubscribeOptions,
  subject: string,
): string | undefined {
  if (durable !== undefined && group !== undefined && durable !== group) {
    throw new TypeError(
      `Cannot read "${subject}" in group "${group}": its consumer is "${durable}", and those who share that are the group`,
    );
  }
  if (durable !== undefined) return checkName("consumer", durable);
  if (group === undefined) return undefined;
  const of = subject.replaceAll(".", "_").replaceAll("*", "any")
    .replaceAll(">", "rest");
  return `${checkName("group", group)}--${of}`;
}

/** A name that nobody else has. */
export function ephemeralName(inbox: string): string {
  return `rs-${inbox.split(".").at(-1)}`;
}

/** One consumer of the server: how it is made, found, made again and removed. */
export class Consumer {
  readonly plan: ConsumerPlan;
  readonly #api: Api;
  readonly #version: () => string;
  #found: Wire = {};
  #made = "";
  /** The sequence before the first that it delivers. */
  floor = 0;
  /** How many waited for it when it was made. */
  waiting = 0;

  constructor(plan: ConsumerPlan, api: Api, version: () => string) {
    this.plan = plan;
    this.#api = api;
    this.#version = version;
  }

  get name(): string {
    return this.plan.name;
  }

  /** Whether it is ours to make, and to make again. */
  get ours(): boolean {
    const { durable, options: { ensure = "create", ownership } } = this.plan;
    if (!durable) return true;
    return ownership === undefined
      ? ensure === "create" || ensure === "update"
      : ownership === "ours";
  }

  /** What requests for messages go to. */
  get target(): string {
    const { stream, name } = this.plan;
    return `${this.#api.prefix}.CONSUMER.MSG.NEXT.${stream}.${name}`;
  }

  /** How long the server waits for a settlement of an attempt, in milliseconds. */
  waitMs(attempt: number): number {
    const { ack_wait, backoff } = this.#found;
    const steps = backoff as readonly number[] | undefined;
    const step = steps?.[Math.min(attempt, steps.length) - 1];
    return (step ?? ack_wait as number | undefined ?? 30_000_000_000) /
      1_000_000;
  }

  /** The shortest that it ever waits. */
  get leastWaitMs(): number {
    const { backoff } = this.#found;
    const steps = ((backoff ?? []) as readonly number[]).length || 1;
    return Math.min(
      ...Array.from({ length: steps }, (_, i) => this.waitMs(i + 1)),
    );
  }

  /** Whether it is still the one that is known here, and not another of its name. */
  isStill(state: ConsumerState | undefined): boolean {
    if (state === undefined) return false;
    const aheadMs = Date.parse(state.made) - Date.parse(this.#made);
    return Math.abs(aheadMs) < roundedMs;
  }

  /** The server's own configuration of it. */
  get config(): Wire {
    return this.#found;
  }

  /** Brings it into being. `deliver` is where a new one begins, if not where it was declared to. */
  async ensure(deliver?: Deliver, signal?: AbortSignal): Promise<void> {
    const { plan: { stream, name, durable, options, subjects } } = this;
    const deed = `declare consumer "${name}" of stream "${stream}"`;
    this.#checkVersion(deed);
    const asked: Wire = {
      ...consumerWire(
        options,
        subjects,
        deliver ?? options.deliver ?? (durable ? "all" : "new"),
      ),
      name,
      ...(durable ? { durable_name: name } : {
        inactive_threshold: (options.inactiveThresholdMs ?? ephemeralMs) *
          1_000_000,
      }),
      ...this.plan.wire,
    };
    const make = (action: string) => async (config: Wire): Promise<Wire> => {
      const filter = config["filter_subject"];
      const verb = `CONSUMER.CREATE.${stream}.${name}`;
      const answer = await namingOthers(
        () =>
          this.#api.ask(
            deed,
            typeof filter === "string" ? `${verb}.${filter}` : verb,
            { stream_name: stream, config, action },
            signal,
          ),
        [apiErrors.consumersOverlap, apiErrors.consumerNotUnique],
        () => this.#api.consumersOf(stream),
      );
      return this.#seen(answer);
    };
    const find = async (): Promise<Wire | undefined> => {
      const info = await this.#api.consumer(stream, name, signal);
      return info && this.#seen(info);
    };
    // An ephemeral one has a name that nobody had before.
    this.#found = durable
      ? await bringAbout({
        name: `consumer "${name}" of stream "${stream}"`,
        ensure: options.ensure ?? "create",
        asked,
        fields: consumerFields,
        find,
        make: make("create"),
        change: (wire) => make("update")(withFilters(wire, subjects)),
      }) ?? await find() ?? this.#missing()
      : await make("create")(asked);
  }

  #seen(info: Wire): Wire {
    const { stream_seq } = (info["delivered"] ?? {}) as {
      readonly stream_seq?: number;
    };
    this.floor = stream_seq ?? 0;
    this.waiting = info["num_pending"] as number | undefined ?? 0;
    this.#made = info["created"] as string;
    return info["config"] as Wire;
  }

  /** Takes the one that somebody else has made again. */
  adopt({ made, config }: ConsumerState): void {
    this.#made = made;
    this.#found = config;
  }

  /** How it stands; undefined where it is gone. */
  async state(): Promise<ConsumerState | undefined> {
    const { stream, name } = this.plan;
    const info = await this.#api.consumer(stream, name);
    if (info === undefined) return undefined;
    const config = info["config"] as Wire;
    return {
      waiting: info["num_pending"] as number,
      delivered: (info["delivered"] as { readonly consumer_seq: number })
        .consumer_seq,
      unsettled: info["num_ack_pending"] as number,
      most: config["max_ack_pending"] as number | undefined ?? -1,
      made: info["created"] as string,
      config,
    };
  }

  /** Removes it. Nobody waits for that: the server removes by itself what is not used. */
  remove(): void {
    const { stream, name } = this.plan;
    this.#api.tell(`CONSUMER.DELETE.${stream}.${name}`);
  }

  /** Removes it, and waits for that. */
  async drop(): Promise<void> {
    const { stream, name } = this.plan;
    const deed = `remove consumer "${name}" of stream "${stream}"`;
    await orNone(
      [apiErrors.consumerNotFound, apiErrors.streamNotFound],
      () => this.#api.ask(deed, `CONSUMER.DELETE.${stream}.${name}`),
    );
  }

  #missing(): never {
    const { stream, name } = this.plan;
    throw new MessagingError(
      "refused",
      `Cannot use consumer "${name}" of stream "${stream}": it is not there`,
    );
  }

  #checkVersion(deed: string): void {
    const { options, subjects } = this.plan;
    const version = this.#version();
    checkVersion(deed, options, gatedConsumerFields, version);
    if (subjects.length < 2 || reaches(version, "2.10")) return;
    throw new MessagingError(
      "unsupported",
      `Cannot ${deed}: several "filters" need a server of 2.10, found ${version}`,
    );
  }
}
