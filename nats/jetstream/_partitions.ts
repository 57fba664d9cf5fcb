import {
  type AddressPattern,
  type Guarantees,
  MessagingError,
} from "@ruststream/core/contract";
import { covers } from "../inside/match.ts";
import { subjectOf } from "../subjects.ts";
import { Consumer } from "./_consumer.ts";
import { reaches, type Wire } from "./_fields.ts";
import type { Hub } from "./_hub.ts";
import { PartitionedReader } from "./_partitioned_reader.ts";
import { checkTaken } from "./_taken.ts";
import type { ConsumerOptions } from "./consumer_options.ts";
import {
  checkPartitions,
  type PartitionOptions,
  partitionTransform,
} from "./partitions.ts";
import type { StreamOptions } from "./stream_options.ts";

/** What a partitioned source is made of. */
export interface PartitionPlanOptions {
  readonly address: AddressPattern;
  readonly stream: string;
  readonly declared: StreamOptions | undefined;
  readonly partitions: PartitionOptions;
  readonly consumer: ConsumerOptions;
}

/** How the partitions of a connection are opened. */
export interface PartitionOpening {
  readonly hub: Hub;
  readonly name: string;
  /** What the server says of the stream; undefined where nobody looked. */
  readonly config: Wire | undefined;
  readonly guarantees: (settleDeadlineMs: number) => Guarantees;
  readonly prefetch: number;
  readonly expiresMs: number;
  readonly confirmed: boolean;
  readonly restore: () => Promise<unknown>;
  /** Tells when the stream was made; undefined where nobody may look. */
  readonly whenStreamMade: () => Promise<string | undefined>;
  readonly signal: AbortSignal | undefined;
}

const defaultFailoverMs = 5_000;
const pinned = "owner";

/** What every reader of partitions shares: the stream as it must be, and a consumer for each. */
export class PartitionPlan {
  readonly #options: PartitionPlanOptions;
  readonly #subject: string;
  /** The stream with its transform, where it is declared here. */
  readonly declared: StreamOptions | undefined;

  constructor(options: PartitionPlanOptions) {
    const { address, declared, partitions, consumer } = options;
    checkPartitions(address, partitions);
    for (const name of ["filters", "priority"] as const) {
      if (consumer[name] === undefined) continue;
      throw new TypeError(
        `Cannot divide "${address.template}": "${name}" is set, and partitions have their own`,
      );
    }
    this.#options = options;
    this.#subject = subjectOf(address);
    this.declared = declared && partitions.transform !== "server" &&
        declared.subjectTransform === undefined
      ? {
        ...declared,
        subjectTransform: partitionTransform(
          { address: address.template },
          partitions,
        ),
      }
      : declared;
  }

  /** The name that the consumers of all partitions begin with. */
  nameOf(durable: string | undefined): string {
    if (durable !== undefined) return durable;
    throw new TypeError(
      `Cannot divide "${this.#options.address.template}": neither "durable" nor a group names its consumers`,
    );
  }

  /** Refuses a server that cannot do it, and a change that would leave messages in no partition. */
  async check({ api, session }: Hub, signal?: AbortSignal): Promise<void> {
    const { partitions: { owned, transform }, stream } = this.#options;
    const { version } = session.info;
    const refuse = (why: string): never => {
      throw new MessagingError("unsupported", `Cannot ${this.#deed}: ${why}`);
    };
    if (transform !== "server" && !reaches(version, "2.10")) {
      refuse(
        `a stream divides on a server of 2.10, found ${version}; below that the server's own mappings do, said by transform: "server"`,
      );
    }
    if (owned === undefined && !reaches(version, "2.11")) {
      refuse(
        `a server of 2.11 lets one client own each, found ${version}; below that "owned" says which are read here`,
      );
    }
    const wanted = this.declared?.subjectTransform;
    if (this.declared?.ensure !== "update" || wanted === undefined) return;
    const before = await api.stream(stream, signal);
    const { src, dest } = (before?.["subject_transform"] ?? {}) as Wire;
    if (before === undefined || (src === wanted.from && dest === wanted.to)) {
      return;
    }
    const { messages } = await api.stateOf(
      this.#deed,
      stream,
      this.#subject,
      signal,
    );
    if (messages === 0) return;
    throw new MessagingError(
      "refused",
      `Cannot change the partitions of stream "${stream}": it holds ${messages} messages that were stored otherwise`,
    );
  }

  /** Makes the consumers, all of them, and reads those that are this process's. */
  async open(opening: PartitionOpening): Promise<PartitionedReader> {
    const { hub: { api, session }, name, signal, config } = opening;
    const { partitions, stream, consumer: options } = this.#options;
    const { count, owned, failoverMs = defaultFailoverMs } = partitions;
    const subjects = Array.from(
      { length: count },
      (_, number) => `${number}.${this.#subject}`,
    );
    if (partitions.transform === "server") {
      await checkTaken(api, config, subjects, signal);
    } else await this.#checkStream(opening.hub, config, signal);
    const consumers = subjects.map((subject, number) =>
      new Consumer(
        {
          stream,
          name: `${name}-p${number}`,
          durable: true,
          options: {
            maxAckPending: 1,
            ...options,
            durable: `${name}-p${number}`,
            ...(owned === undefined && {
              priority: {
                policy: "pinned_client",
                group: pinned,
                timeoutMs: failoverMs,
              },
            }),
          },
          subjects: [subject],
          prefix: `${number}.`,
        },
        api,
        () => session.info.version,
      )
    );
    await Promise.all(
      consumers.map((consumer) => consumer.ensure(undefined, signal)),
    );
    signal?.throwIfAborted();
    return new PartitionedReader({
      ...opening,
      stream,
      consumers,
      guarantees: opening.guarantees(
        Math.min(...consumers.map(({ leastWaitMs }) => leastWaitMs)),
      ),
      owned,
      group: pinned,
      failoverMs,
      // Whoever is served is forgotten when it asks for nothing: it asks again in time.
      expiresMs: owned === undefined
        ? Math.min(opening.expiresMs, failoverMs / 2)
        : opening.expiresMs,
    });
  }

  get #deed(): string {
    const { stream, partitions: { count } } = this.#options;
    return `read stream "${stream}" by ${count} partitions`;
  }

  async #checkStream(
    { api }: Hub,
    config: Wire | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (config === undefined) return;
    const { stream, partitions: { count } } = this.#options;
    const { src = "", dest = "" } = (config["subject_transform"] ?? {}) as {
      readonly src?: string;
      readonly dest?: string;
    };
    const refuse = (found: string): never => {
      throw new MessagingError("refused", `Cannot ${this.#deed}: ${found}`);
    };
    const head = `{{partition(${count},`;
    if (!dest.toLowerCase().replaceAll(" ", "").startsWith(head)) {
      refuse(
        dest === ""
          ? "it has no subject transform"
          : `its subject transform makes "${dest}"`,
      );
    }
    if (!covers(src, this.#subject)) {
      refuse(`its subject transform takes "${src}", not "${this.#subject}"`);
    }
    const { deliver = "all" } = this.#options.consumer;
    if (deliver !== "all") return;
    const { subjects = {} } = await api.stateOf(
      this.#deed,
      stream,
      this.#subject,
      signal,
    );
    const [one] = Object.keys(subjects);
    if (one !== undefined) {
      refuse(
        `it holds messages from before it was divided, as of "${one}", that are in no partition`,
      );
    }
  }
}
