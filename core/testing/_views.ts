import { overlap } from "../app/overlap.ts";
import type {
  AppPlan,
  PlannedBroker,
  PlannedSubscriber,
} from "../app/planned.ts";
import { matchAddress, parseAddress } from "../contract/address.ts";
import type { AnyChannel } from "../contract/channel.ts";
import { bytes } from "../channel.ts";
import { foundText } from "../check_settings.ts";
import { PublishedMessages, type PublishedView } from "./published_messages.ts";
import type { Published, Recorder } from "./_recorder.ts";
import type { SubscriberView } from "./tested_subscriber.ts";
import type { TestEvent } from "./test_event.ts";

/** Views of what was recorded, by subscriber and by channel. */
export class Views {
  readonly #plan: AppPlan;
  readonly #recorder: Recorder;
  readonly #now: () => number;

  constructor(plan: AppPlan, recorder: Recorder, now: () => number) {
    this.#plan = plan;
    this.#recorder = recorder;
    this.#now = now;
  }

  get #planned(): readonly PlannedSubscriber[] {
    return this.#plan.brokers.flatMap(({ subscriptions }) =>
      subscriptions.flat()
    );
  }

  /** Whether somebody reads what is sent there. */
  isRead(address: string): boolean {
    return this.#planned.some(({ pattern }) =>
      matchAddress(pattern, address) !== undefined
    );
  }

  /** The broker that a test sends to. */
  brokerFor(channel: AnyChannel, name: string | undefined): PlannedBroker {
    const { brokers, info } = this.#plan;
    const address = parseAddress(channel.address);
    const reading = brokers.filter(({ subscriptions }) =>
      subscriptions.flat().some(({ pattern }) => overlap(address, pattern))
    );
    if (name === undefined && reading.length > 1) {
      throw new TypeError(
        `Cannot send to "${channel.address}": ${
          reading.map(({ broker }) => broker.name).join(" and ")
        } both read it; say which by the option "broker"`,
      );
    }
    const found = name === undefined
      ? reading[0] ?? brokers[0]
      : brokers.find(({ broker }) => broker.name === name);
    if (found !== undefined) return found;
    throw new TypeError(
      `Cannot send to "${channel.address}": "${info.title}" has no broker${
        name === undefined ? "" : ` "${name}"`
      }`,
    );
  }

  /** One subscriber, by what was mounted or by its name. */
  subscriber(handle: unknown, name?: string): SubscriberView {
    const planned = this.#find(handle, name);
    const { name: own, definition, policy } = planned;
    const record = this.#recorder.subscriber(own);
    const events = (): readonly TestEvent[] =>
      this.#recorder.events.filter(({ subscriber }) => subscriber === own);
    const by = (
      what: string,
      as: Published["by"]["as"],
      channel: AnyChannel | undefined,
      slot?: string,
    ): PublishedMessages =>
      this.#messages({
        what: `${what} of "${own}"`,
        channel: channel ?? bytes("nowhere"),
        events,
        of: (one) =>
          one.by.subscriber === own && one.by.as === as && one.by.slot === slot,
      });
    return {
      name: own,
      calls: () => record.calls,
      attempts: () => record.attempts,
      events,
      slot: (slot) => {
        const { [slot]: declared } = definition.options.out ?? {};
        if (declared !== undefined) {
          return by(`slot "${slot}"`, "slot", declared.channel, slot);
        }
        throw new TypeError(
          `Cannot look at slot "${slot}" of "${own}": it declares no such slot`,
        );
      },
      replies: () => by("replies", "reply", definition.options.reply),
      deadLetters: () => by("dead letters", "dead-letter", policy.deadLetter),
    };
  }

  /** What was published to a channel. */
  published(channel: AnyChannel): PublishedMessages {
    const pattern = parseAddress(channel.address);
    return this.#messages({
      what: channel.address,
      channel,
      events: () => this.#recorder.events,
      of: ({ message }) =>
        message.address === channel.address ||
        matchAddress(pattern, message.address) !== undefined,
    });
  }

  #messages(
    { of, ...view }: Omit<PublishedView, "all"> & {
      readonly of: (one: Published) => boolean;
    },
  ): PublishedMessages {
    return new PublishedMessages({
      ...view,
      all: () => {
        const now = this.#now();
        return this.#recorder.published.filter((one) =>
          one.at <= now && of(one)
        );
      },
    });
  }

  #find(handle: unknown, name: string | undefined): PlannedSubscriber {
    const all = this.#planned;
    const byHandle = typeof handle === "string"
      ? all.filter((one) => one.name === handle)
      : all.filter(({ definition }) => definition === handle);
    const found = name === undefined
      ? byHandle
      : byHandle.filter((one) => one.name === name);
    const [first, ...others] = found;
    const { title } = this.#plan.info;
    if (first === undefined) {
      const what = name ?? (handle as { name?: unknown })?.name ?? handle;
      throw new TypeError(
        `Cannot find subscriber ${foundText(what)}: "${title}" has ${
          all.map((one) => one.name).join(", ") || "none"
        }`,
      );
    }
    if (others.length === 0) return first;
    throw new TypeError(
      `Cannot choose between the mounts of "${first.definition.name}": give one of their names, ${
        found.map((one) => one.name).join(" or ")
      }, as the second argument`,
    );
  }
}
