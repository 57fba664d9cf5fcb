import { type AddressPattern, parseAddress } from "../contract/address.ts";
import type { Broker } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Source } from "../contract/source.ts";
import type { Middleware } from "../context.ts";
import type { Definition } from "../definition.ts";
import { type Policy, resolvePolicy } from "../dispatch/policy.ts";
import { codecOf } from "../publish/encode.ts";
import { foundText, isChannel } from "../check_settings.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import type { Settings } from "../settings.ts";
import type {
  AppPlan,
  PlannedSubscriber,
  PlannedSubscription,
} from "./planned.ts";
import { checkDestinations, type Mounted } from "./destinations.ts";
import type { Inclusion } from "./router.ts";
import type { AppInfo, BrokerOptions } from "./types.ts";

/** What is around all of an application. */
export interface Around {
  readonly middleware: readonly Middleware[];
  readonly publishMiddleware: readonly PublishMiddleware[];
}

/** A broker as it was added. */
export interface AddedBroker {
  readonly broker: Broker;
  readonly options: BrokerOptions;
  readonly inclusions: readonly Inclusion[];
  readonly publishMiddleware: readonly PublishMiddleware[];
}

/**
 * Merges and checks an application as it was written.
 *
 * @throws {TypeError} If names are there twice, settings contradict each other, or an address cannot be made.
 */
export function makePlan(
  info: AppInfo,
  settings: Settings,
  around: Around,
  added: readonly AddedBroker[],
): AppPlan {
  const names = new Names(info.title, added);
  const seen = new Set<string>();
  const all: Mounted[] = [];
  const brokers = added.map(
    ({ broker, options, inclusions, publishMiddleware }) => {
      if (seen.has(broker.name)) {
        throw new TypeError(
          `Cannot start "${info.title}": two brokers are named "${broker.name}"; give one a name of its own`,
        );
      }
      seen.add(broker.name);
      const planned = inclusions.map((inclusion) =>
        planOne(broker, inclusion, settings, around, names)
      );
      all.push(
        ...planned.map((one) => ({ broker: broker.name, planned: one })),
      );
      return {
        broker,
        options,
        codec: options.codec ?? settings.codec,
        messageIds: options.messageIds ?? settings.messageIds ?? true,
        subscriptions: share(planned),
        publishMiddleware: [...around.publishMiddleware, ...publishMiddleware],
      };
    },
  );
  checkDestinations(all, seen);
  return { info, brokers };
}

/** Explicit names are there once; a name made of an address is numbered where it is there twice. */
class Names {
  readonly #taken: Set<string>;

  constructor(title: string, added: readonly AddedBroker[]) {
    this.#taken = new Set();
    for (const { inclusions } of added) {
      for (const inclusion of inclusions) {
        const name = givenName(inclusion);
        if (name === undefined) continue;
        if (this.#taken.has(name)) {
          throw new TypeError(
            `Cannot start "${title}": two subscribers are named "${name}"`,
          );
        }
        this.#taken.add(name);
      }
    }
  }

  of(inclusion: Inclusion, address: string): string {
    const given = givenName(inclusion);
    if (given !== undefined) return given;
    let name = address;
    for (let n = 2; this.#taken.has(name); n++) name = `${address}#${n}`;
    this.#taken.add(name);
    return name;
  }
}

/** What somebody called it: at the mount, or where it was written. */
function givenName({ definition, mount }: Inclusion): string | undefined {
  return mount.name ?? (definition.named ? definition.name : undefined);
}

function planOne(
  broker: Broker,
  inclusion: Inclusion,
  settings: Settings,
  around: Around,
  names: Names,
): PlannedSubscriber {
  const { definition, mount, levels, prefix } = inclusion;
  const { options, channel } = definition;
  const source = mount.source === undefined
    ? definition.source
    : mountedSource(definition, mount.source(channel));
  if (source !== undefined && prefix !== "") {
    throw new TypeError(
      `Cannot mount "${definition.name}" under the prefix "${prefix}": it reads a source, which has its own address`,
    );
  }
  const address = prefix === ""
    ? (source?.channel ?? channel).address
    : `${prefix}.${channel.address}`;
  const pattern = parseAddress(address);
  const name = names.of(inclusion, address);
  const merged = resolvePolicy(
    `subscriber "${name}"`,
    [onlySettings(mount), onlySettings(options), ...levels, settings],
  );
  // How many a pipeline has at once is its own affair.
  const policy = definition.pipe === undefined
    ? merged
    : Object.freeze({ ...merged, concurrency: definition.pipe.maxInFlight });
  const guarantees = source?.guarantees ?? broker.guarantees;
  const planned: PlannedSubscriber = {
    name,
    definition,
    mount,
    policy,
    pattern,
    source,
    codec: codecOf(channel, policy.codec),
    middleware: [
      ...around.middleware,
      ...inclusion.middleware,
      ...options.middleware ?? [],
    ],
    publishMiddleware: [
      ...around.publishMiddleware,
      ...inclusion.publishMiddleware,
      ...options.publishMiddleware ?? [],
    ],
    guarantees,
    refused: refusedBy(broker, policy, pattern, source, guarantees),
  };
  checkPlanned(broker, planned);
  return planned;
}

function mountedSource(
  { name }: Definition,
  source: unknown,
): Source<never> {
  const { channel, open, guarantees } = (source ?? {}) as Partial<
    Source<never>
  >;
  if (
    isChannel(channel) && typeof open === "function" && guarantees !== undefined
  ) return source as Source<never>;
  throw new TypeError(
    `Cannot mount "${name}": its source must give a source, found ${
      foundText(source)
    }`,
  );
}

const notSettings: ReadonlySet<string> = new Set([
  "name",
  "reply",
  "out",
  "deps",
  "middleware",
  "publishMiddleware",
  "when",
  "max",
  "waitMs",
  "transactional",
  "transaction",
  "source",
  "deadLetterSink",
]);

function onlySettings(options: object): Settings {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => !notSettings.has(name)),
  );
}

function refusedBy(
  broker: Broker,
  policy: Policy,
  pattern: AddressPattern,
  source: Source<never> | undefined,
  guarantees: Guarantees,
): Record<string, string> {
  const refused: Record<string, string> = {};
  if (policy.group !== undefined && !guarantees.groups) {
    refused["group"] =
      `it asks for group "${policy.group}", and "${broker.name}" has no groups`;
  }
  const wild = pattern.tokens.some((token) => token.kind !== "literal");
  if (wild && source === undefined && !guarantees.patterns) {
    refused["pattern"] =
      `it reads "${pattern.template}", and a subscription of "${broker.name}" reads one address`;
  }
  return refused;
}

function checkPlanned(broker: Broker, planned: PlannedSubscriber): void {
  const { name, policy, pattern, definition, mount } = planned;
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot mount "${name}" on "${broker.name}": ${why}`);
  };
  const { timeoutMs } = policy;
  if (definition.batch && definition.options.when !== undefined) {
    refuse("a batch subscriber takes all messages, so it has no when");
  }
  if (timeoutMs !== undefined && timeoutMs > policy.maxHoldMs) {
    refuse(
      `timeoutMs ${timeoutMs} is longer than maxHoldMs ${policy.maxHoldMs}`,
    );
  }
  if (policy.deadLetter !== undefined) {
    checkParameters(refuse, "dead letter", policy.deadLetter, pattern);
  } else if (mount.deadLetterSink !== undefined) {
    refuse("it has a deadLetterSink and no dead letter");
  }
}

function checkParameters(
  refuse: (why: string) => never,
  what: string,
  channel: AnyChannel,
  from: AddressPattern,
): void {
  const known = new Map<string, "one" | "many">();
  for (const token of from.tokens) {
    if (token.kind !== "literal") known.set(token.name, token.kind);
  }
  for (const token of parseAddress(channel.address).tokens) {
    if (token.kind === "literal") continue;
    const kind = known.get(token.name);
    // One token cannot hold the many that the other may have.
    if (kind === token.kind || kind === "one") continue;
    refuse(
      `the parameter "${token.name}" of its ${what} address "${channel.address}" cannot be filled from "${from.template}"`,
    );
  }
}

/** Subscribers with a `when` share a subscription where they read the same address in the same group. */
function share(
  planned: readonly PlannedSubscriber[],
): readonly PlannedSubscription[] {
  const shared = new Map<unknown, PlannedSubscriber[]>();
  for (const one of planned) {
    const { definition: { options }, pattern, policy, source } = one;
    const key = options.when === undefined
      ? one
      : source ?? `${policy.group ?? ""} ${pattern.template}`;
    const others = shared.get(key);
    if (others === undefined) shared.set(key, [one]);
    else {
      others.push(one);
      checkShared(others[0] ?? one, one);
    }
  }
  return [...shared.values()] as unknown as readonly PlannedSubscription[];
}

/** What holds before a message is handed to one of them. */
const sharedSettings = [
  "concurrency",
  "maxHeld",
  "maxBodyBytes",
  "maxAgeMs",
  "undecodable",
  "onUnmatched",
] as const;

function checkShared(first: PlannedSubscriber, other: PlannedSubscriber): void {
  for (const setting of sharedSettings) {
    if (first.policy[setting] === other.policy[setting]) continue;
    throw new TypeError(
      `Cannot mount "${other.name}": it shares a subscription with "${first.name}", whose ${setting} is ${
        first.policy[setting]
      }, and asks for ${other.policy[setting]}`,
    );
  }
  if (first.codec !== other.codec) {
    throw new TypeError(
      `Cannot mount "${other.name}": it shares a subscription with "${first.name}", and their codecs differ`,
    );
  }
}
