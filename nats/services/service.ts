import {
  type AnyChannel,
  checkOptions,
  type Connection,
  parseAddress,
  type Source,
  type SubscribeOptions,
} from "@ruststream/core/contract";
import { sessionOf } from "../session_of.ts";
import { subject } from "../subject.ts";
import type { NatsSubscription } from "../subject_types.ts";
import { subjectOf } from "../subjects.ts";
import type { WatchedOptions } from "../subscription_watch.ts";
import {
  checkGroup,
  checkName,
  checkText,
  checkVersion,
  metadataOf,
} from "./_checks.ts";
import type { EndpointSaid } from "./_endpoint.ts";
import { Hub } from "./_hub.ts";
import type { Instance, ServiceSaid } from "./_instance.ts";
import type {
  EndpointOptions,
  Service,
  ServiceOptions,
} from "./service_types.ts";

const knownOfService = ["name", "version", "description", "metadata", "group"];
const knownOfEndpoint = [
  "name",
  "metadata",
  "group",
  "details",
  "capacity",
  "overflow",
];

/**
 * Declares a NATS service, whose endpoints are subscribers that reply. It can be discovered where one of them is open, by the `nats micro` command and the clients of all languages.
 *
 * @example A subscriber at an endpoint
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { natsBroker, service } from "@ruststream/nats";
 *
 * const billing = service({ name: "billing", version: "1.4.0" });
 * const sums = channel<number[]>("sums");
 * const total = channel<number>("total");
 * const add = subscriber(sums, { reply: total }, (all) => all.reduce((a, b) => a + b, 0));
 *
 * const app = new RustStream({ title: "billing", version: "1.4.0" })
 *   .withBroker(natsBroker(), (b) => b.include(add, { source: (of) => billing.endpoint(of) }));
 *
 * assert.equal(app.describe().subscribers[0]?.address, "sums");
 * ```
 *
 * @throws {TypeError} If an option is unknown, of the wrong kind or not lawful.
 */
export function service(options: ServiceOptions): Service {
  const { name, version, description = "", metadata = {}, group = "q" } =
    options;
  checkName("declare a service", name);
  const deed = `declare service "${name}"`;
  checkOptions(deed, options, knownOfService);
  checkVersion(deed, version);
  checkText(deed, "the description", description);
  checkGroup(deed, group);
  const said: ServiceSaid = Object.freeze({
    name,
    version,
    description,
    metadata: metadataOf(deed, metadata),
  });
  return Object.freeze(
    {
      ...said,
      group,
      endpoint: (channel, options = {}) =>
        endpointOf(said, channel, {
          ...options,
          group: options.group ?? group,
        }),
      on: (connection) => Hub.find(sessionOf(connection), said),
    } satisfies Service,
  );
}

function endpointOf<Ch extends AnyChannel>(
  service: ServiceSaid,
  channel: Ch,
  options: EndpointOptions & Pick<Service, "group">,
): Source<Connection, Ch, NatsSubscription> {
  const { capacity, overflow } = options;
  const said = saidOf(service, channel, options);
  const { group } = said;
  const read = subject(channel, {
    ...(capacity !== undefined && { capacity }),
    ...(overflow !== undefined && { overflow }),
    ...(group !== "" && { group }),
  });
  return Object.freeze({
    ...read,
    open: async (connection: Connection, given: SubscribeOptions = {}) => {
      const instance = Hub.of(sessionOf(connection)).instance(service);
      const endpoint = instance.admit(said, given.concurrency ?? 1);
      try {
        const { group: _, ...rest } = given;
        const watched: WatchedOptions = { ...rest, watch: endpoint };
        const opened = await read.open(connection, watched);
        await refuseDenied(instance, opened);
        endpoint.opened();
        return opened;
      } catch (error) {
        endpoint.ends();
        throw error;
      }
    },
  });
}

/** A service that nobody can discover must not pass for one. */
async function refuseDenied(
  { denied }: Instance,
  opened: NatsSubscription,
): Promise<void> {
  if (denied === undefined) return;
  await opened[Symbol.asyncDispose]();
  throw denied;
}

function saidOf(
  service: ServiceSaid,
  channel: AnyChannel,
  { name, metadata = {}, group, details, ...rest }:
    & EndpointOptions
    & Pick<Service, "group">,
): EndpointSaid {
  const pattern = parseAddress(channel.address);
  const deed =
    `read "${pattern.template}" as an endpoint of service "${service.name}"`;
  checkOptions(deed, rest, knownOfEndpoint);
  const known = name ?? nameOf(pattern.template);
  checkName(deed, known);
  checkGroup(deed, group);
  if (details !== undefined && typeof details !== "function") {
    throw new TypeError(
      `Cannot ${deed}: expected the details to be a function, found ${typeof details}`,
    );
  }
  return Object.freeze({
    name: known,
    subject: subjectOf(pattern),
    group: group === false ? "" : group,
    metadata: metadataOf(deed, metadata),
    details,
  });
}

function nameOf(template: string): string {
  return template.replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(
    /^-+|-+$/g,
    "",
  );
}
