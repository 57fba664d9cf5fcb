import {
  type AddressPattern,
  type Guarantees,
  type Message,
  parseAddress,
  type SubscribeOptions,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";

type Asked = readonly [address: AddressPattern, options: SubscribeOptions];

/** A fault of subscribing: what is asked for in place of what was meant, of brokers that promise this. */
function subscribing(
  breaks: string,
  change: (...asked: Asked) => Asked,
  where: (guarantees: Guarantees) => boolean = () => true,
): () => Fault {
  return () => {
    let broken = false;
    return {
      breaks,
      broker: ({ guarantees }) => {
        broken = where(guarantees);
        return {};
      },
      connection: (connection) => ({
        subscribe: (address: AddressPattern, options: SubscribeOptions = {}) =>
          broken
            ? connection.subscribe(...change(address, options))
            : connection.subscribe(address, options),
      }),
    };
  };
}

/** A fault of addresses: each, of publishes and of subscriptions, is made into another. */
function addressing(
  breaks: string,
  change: (address: string) => string,
): () => Fault {
  const fault = subscribing(
    breaks,
    ({ template }, options) => [parseAddress(change(template)), options],
  );
  return () => ({
    ...fault(),
    publisher: (publisher) => ({
      publish: ({ address, ...message }: Message, options?: object) =>
        publisher.publish({ ...message, address: change(address) }, options),
    }),
  });
}

const withoutGroup = (
  address: AddressPattern,
  { group: _, ...options }: SubscribeOptions,
): Asked => [address, options];

/** Faults of what is subscribed to, and of addresses. */
export const faultySubscribing: Readonly<Record<string, () => Fault>> = {
  "subscribe-forgets-signal": subscribing(
    "Subscribing does not look at its signal.",
    (address, { signal: _, ...options }) => [address, options],
  ),
  "abort-does-nothing": () => ({
    breaks: "A subscription does not end when its signal is aborted.",
    connection: (connection) => ({
      subscribe: async (
        address: AddressPattern,
        { signal, ...options }: SubscribeOptions = {},
      ) => {
        signal?.throwIfAborted();
        return await connection.subscribe(address, options);
      },
    }),
  }),
  "ignores-groups": subscribing(
    "Each member of a group gets each message.",
    withoutGroup,
    ({ groups }) => groups,
  ),
  "takes-any-group": subscribing(
    "Where there are no groups, a member of one gets each message.",
    withoutGroup,
    ({ groups }) => !groups,
  ),
  "takes-any-pattern": subscribing(
    "Where there are no patterns, one is read as an address.",
    ({ template }, options) => [
      parseAddress(template.replace(/[{}+]/g, "")),
      options,
    ],
    ({ patterns }) => !patterns,
  ),
  "ignores-patterns": subscribing(
    "A parameter of many tokens is read as one of one.",
    ({ template }, options) => [
      parseAddress(template.replace("+}", "}")),
      options,
    ],
  ),
  "all-share": subscribing(
    "Subscriptions without a group share the messages.",
    (address, options) => [address, { group: "everyone", ...options }],
  ),
  "one-group-for-all": subscribing(
    "All groups are one.",
    (address, options) => [
      address,
      options.group === undefined ? options : { ...options, group: "one" },
    ],
  ),
  "gets-everything": subscribing(
    "A subscription gets the messages of addresses beneath its own.",
    (address, options) => [
      address.tokens.every(({ kind }) => kind === "literal")
        ? parseAddress("{all+}")
        : address,
      options,
    ],
  ),
  "decodes-addresses": addressing(
    "Percent signs in an address are decoded.",
    (address) => address.replaceAll(/%2f/gi, "/"),
  ),
  "addresses-without-case": addressing(
    "Upper and lower case of an address are one.",
    (address) =>
      address.replaceAll(/(?<!%\d*)[A-Z]/g, (letter) => letter.toLowerCase()),
  ),
  "ascii-addresses": addressing(
    "What is not ASCII in an address becomes a question mark.",
    (address) => address.replaceAll(/\P{ASCII}/gu, "?"),
  ),
  "truncates-addresses": addressing(
    "An address ends after 255 characters.",
    (address) => address.slice(0, 255),
  ),
};
