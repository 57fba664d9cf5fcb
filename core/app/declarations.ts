import type { Bindings, ServerDescription } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import { codecOf } from "../publish/encode.ts";
import type { Backoff } from "../settings.ts";
import { isElsewhere } from "./elsewhere.ts";
import { insidesOf } from "./insides.ts";
import { sinkOf } from "./mount_options.ts";
import type { PlannedSubscriber } from "./planned.ts";
import type { RustStream } from "./ruststream.ts";
import type { AppInfo } from "./types.ts";

/** Messages of one channel, as they are sent or read. */
export interface DeclaredMessages {
  /** The channel as it was declared. */
  readonly channel: AnyChannel;
  /** What codes its payloads there. */
  readonly codec: Codec | AsyncCodec;
  /** The name of the broker that they go over. */
  readonly broker: string;
}

/** Messages that a subscriber declares to publish by a slot. */
export interface DeclaredSlot extends DeclaredMessages {
  /** The slot's name. */
  readonly slot: string;
  /** What its requests are answered with; absent where it sends none. */
  readonly reply?: DeclaredMessages;
}

/** What a subscriber declares, merged with all that is set around it. */
export interface DeclaredSubscriber extends DeclaredMessages {
  /** Its name. */
  readonly name: string;
  /** Whether the name was given; else it is made of the address, and depends on what was mounted before. */
  readonly isNamed: boolean;
  /** The address template that it reads, with the prefix of its routers. */
  readonly address: string;
  /** Its group; absent where it gets each message. */
  readonly group?: string;
  /** How it takes batches; absent where it takes one at a time. */
  readonly batch?: {
    readonly max: number | undefined;
    readonly waitMs: number;
  };
  /** What its source says of the protocol. */
  readonly bindings?: Bindings;
  /** What it answers with. */
  readonly reply?: DeclaredMessages;
  /** What it publishes by its slots, in order. */
  readonly slots: readonly DeclaredSlot[];
  /** Where what cannot be handled goes. */
  readonly deadLetter?: DeclaredMessages;
  /** How failures are repeated. */
  readonly retry: {
    /** Runs of one delivery in all; may be Infinity. */
    readonly maxAttempts: number;
    /** Whether retries keep their place. */
    readonly order: "keep" | "yield";
    /** The delays between runs. */
    readonly backoff: Required<Backoff>;
  };
}

/** A broker of an application, as far as documents show it. */
export interface DeclaredBroker {
  /** Its name. */
  readonly name: string;
  /** Its servers; none inside this process. */
  readonly servers: readonly ServerDescription[];
}

/** All that an application declares: what documents are made of. */
export interface Declarations {
  /** What it is called. */
  readonly info: AppInfo;
  /** Its brokers, in order. */
  readonly brokers: readonly DeclaredBroker[];
  /** Its subscribers, in order. */
  readonly subscribers: readonly DeclaredSubscriber[];
}

function declaredBy(
  broker: string,
  planned: PlannedSubscriber,
): DeclaredSubscriber {
  const { definition, mount, policy, pattern, source } = planned;
  const { options, batch, channel } = definition;
  const to = (there: AnyChannel, sink: unknown): DeclaredMessages => ({
    channel: there,
    codec: codecOf(there, policy.codec),
    broker: isElsewhere(sink) ? sink.broker : broker,
  });
  const { transaction } = mount;
  const bindings = source?.bindings?.operation;
  return {
    name: planned.name,
    isNamed: definition.named,
    address: pattern.template,
    channel: source?.channel ?? channel,
    codec: planned.codec,
    broker,
    slots: Object.entries(options.out ?? {}).map(([slot, declared]) => ({
      slot,
      ...to(declared.channel, transaction ?? sinkOf(mount, slot)),
      ...(declared.capability === "request" && declared.reply !== undefined
        ? { reply: to(declared.reply, transaction ?? sinkOf(mount, slot)) }
        : {}),
    })),
    retry: {
      maxAttempts: policy.maxAttempts,
      order: policy.order,
      backoff: policy.backoff,
    },
    ...(policy.group !== undefined && { group: policy.group }),
    ...(batch && { batch: { max: options.max, waitMs: options.waitMs ?? 0 } }),
    ...(bindings !== undefined && { bindings }),
    ...(options.reply !== undefined &&
      { reply: to(options.reply, transaction ?? mount.reply) }),
    ...(policy.deadLetter !== undefined &&
      { deadLetter: to(policy.deadLetter, mount.deadLetterSink) }),
  };
}

/**
 * Gives all that an application declares, with its channels and their schemas: what documents are made of. Nothing connects.
 *
 * @example Which channels are read
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, declarations, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, () => {})));
 * assert.deepEqual(declarations(app).subscribers.map((one) => one.channel), [orders]);
 * ```
 *
 * @throws {TypeError} If it is no application, or one that cannot start as it is.
 */
export function declarations<State>(app: RustStream<State>): Declarations {
  const { plan, brokers: added } = insidesOf(app);
  const { info, brokers } = plan(added);
  return {
    info,
    brokers: brokers.map(({ broker }) => ({
      name: broker.name,
      servers: broker.describe(),
    })),
    subscribers: brokers.flatMap(({ broker, subscriptions }) =>
      subscriptions.flat().map((planned) => declaredBy(broker.name, planned))
    ),
  };
}
