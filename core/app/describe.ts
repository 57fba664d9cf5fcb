import type { ServerDescription } from "../contract/broker.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import {
  attemptsSupport,
  describeSettings,
  retrySupport,
  type SettingDescription,
  type SettingName,
  type Support,
} from "./describe_settings.ts";
import type {
  AppPlan,
  PlannedSubscriber,
  PlannedSubscription,
} from "./planned.ts";

/** What is in force for one subscriber. */
export interface SubscriberDescription {
  /** Its name. */
  readonly name: string;
  /** The broker's name. */
  readonly broker: string;
  /** The address template that it reads. */
  readonly address: string;
  /** Its group; undefined where it gets each message. */
  readonly group: string | undefined;
  /** The subscribers that read the same subscription: each message goes to the first whose `when` takes it. */
  readonly sharesWith: readonly string[];
  /** Deliveries (or batches) at once. */
  readonly concurrency: number;
  /** The most elements of a batch; undefined where it takes one at a time. */
  readonly batch: number | undefined;
  /** Whether it has an ordering key. */
  readonly isOrdered: boolean;
  /** Whether retries keep their place. */
  readonly order: "keep" | "yield";
  /** Runs of one delivery in all. */
  readonly maxAttempts: number;
  /** Where it replies to. */
  readonly reply: string | undefined;
  /** Where it publishes to, by slot. */
  readonly out: Readonly<Record<string, string>>;
  /** Where dead letters go. */
  readonly deadLetter: string | undefined;
  /** What becomes of what does not decode. */
  readonly undecodable: string;
  /** What becomes of what fails as often as allowed. */
  readonly onExhausted: string;
  /** How long a handler may run, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** Every setting, those that nobody wrote too: what holds, and who does it. */
  readonly settings: Readonly<Record<SettingName, SettingDescription>>;
  /** Who does it, for each thing asked for. */
  readonly support: Readonly<Record<string, Support>>;
  /** What one should know before relying on it. */
  readonly notes: readonly string[];
}

/** A broker of an application. */
export interface BrokerDescription {
  /** Its name. */
  readonly name: string;
  /** Its servers; none inside this process. */
  readonly servers: readonly ServerDescription[];
  /** The least that each subscription promises. */
  readonly guarantees: Guarantees;
  /** What becomes of a subscription that ends by itself. */
  readonly onLost: "stop" | "retry";
}

/** What is mounted where, and what is in force. */
export interface AppDescription {
  /** The application's name. */
  readonly title: string;
  /** The application's version. */
  readonly version: string;
  /** Its brokers, in order. */
  readonly brokers: readonly BrokerDescription[];
  /** Its subscribers, in order. */
  readonly subscribers: readonly SubscriberDescription[];
}

function supportOf(planned: PlannedSubscriber): Record<string, Support> {
  const { policy, guarantees, definition } = planned;
  const support: Record<string, Support> = {
    retry: retrySupport(planned, false),
    "delayed retry": retrySupport(planned, true),
    attempts: attemptsSupport(planned),
  };
  if (policy.orderBy !== undefined) {
    support["order by key"] = guarantees.ordering === "key"
      ? "native"
      : "runtime";
  }
  if (policy.deadLetter !== undefined) support["dead letter"] = "runtime";
  if (definition.batch) support["batches"] = "runtime";
  if (policy.group !== undefined) support["group"] = "native";
  for (const what of Object.keys(planned.refused)) support[what] = "refused";
  return support;
}

function notesOf(
  { policy, guarantees, refused }: PlannedSubscriber,
): readonly string[] {
  const notes: string[] = Object.values(refused);
  const capped = policy.maxAttempts !== Infinity;
  if (policy.order === "keep" && !capped) {
    notes.push("a message that always fails blocks its key for ever");
  }
  if (
    policy.orderBy !== undefined && policy.group !== undefined &&
    guarantees.ordering !== "key"
  ) {
    notes.push("order by key holds within one process, not across the group");
  }
  if (capped && !guarantees.countsAttempts) {
    notes.push("a crash restarts the count of attempts");
  }
  if (guarantees.redelivery !== "until-settled") {
    notes.push("what is in hand is lost on a crash");
  }
  if (policy.deadLetter === undefined && policy.onExhausted === "reject") {
    notes.push("what cannot be handled is dropped, with an error-level notice");
  }
  return notes;
}

/** Who takes messages away from it: subscribers of its group and address that have a subscription of their own. */
function rivalsOf(
  { policy: { group }, pattern, source }: PlannedSubscriber,
  subscription: PlannedSubscription,
  all: readonly PlannedSubscription[],
): readonly string[] {
  if (group === undefined || source !== undefined) return [];
  return all
    .filter((other) => other !== subscription)
    .flat()
    .filter((other) =>
      other.source === undefined && other.policy.group === group &&
      other.pattern.template === pattern.template
    )
    .map(({ name }) => name);
}

function describeOne(
  broker: string,
  planned: PlannedSubscriber,
  subscription: PlannedSubscription,
  all: readonly PlannedSubscription[],
): SubscriberDescription {
  const rivals = rivalsOf(planned, subscription, all);
  const { policy, definition: { options, batch } } = planned;
  return {
    name: planned.name,
    broker,
    address: planned.pattern.template,
    group: policy.group,
    sharesWith: subscription
      .filter((other) => other !== planned)
      .map(({ name }) => name),
    concurrency: policy.concurrency,
    batch: batch ? options.max : undefined,
    isOrdered: policy.orderBy !== undefined,
    order: policy.order,
    maxAttempts: policy.maxAttempts,
    reply: options.reply?.address,
    out: Object.fromEntries(
      Object.entries(options.out ?? {}).map((
        [slot, { channel }],
      ) => [slot, channel.address]),
    ),
    deadLetter: policy.deadLetter?.address,
    undecodable: policy.undecodable,
    onExhausted: policy.onExhausted,
    timeoutMs: policy.timeoutMs,
    settings: describeSettings(planned),
    support: supportOf(planned),
    notes: [
      ...notesOf(planned),
      ...rivals.length === 0 ? [] : [
        `it shares its group with ${
          rivals.join(", ")
        }: each message goes to one of them`,
      ],
    ],
  };
}

/** Describes an application that is checked and not started. */
export function describePlan({ info, brokers }: AppPlan): AppDescription {
  return {
    title: info.title,
    version: info.version,
    brokers: brokers.map(({ broker, options }) => ({
      name: broker.name,
      servers: broker.describe(),
      guarantees: broker.guarantees,
      onLost: options.onLost ?? "stop",
    })),
    subscribers: brokers.flatMap(({ broker, subscriptions }) =>
      subscriptions.flatMap((subscription) =>
        subscription.map((planned) =>
          describeOne(broker.name, planned, subscription, subscriptions)
        )
      )
    ),
  };
}
