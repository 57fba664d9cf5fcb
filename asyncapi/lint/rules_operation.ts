import { isObject } from "../json.ts";
import { elements, isLocation, refOf, type Rule, textRule } from "./rule.ts";
import type { Path, Site } from "./sites.ts";

/** The messages that are not referred to through their channel. */
function strangers({ value }: Site): readonly Path[] {
  const channel = refOf(value.channel);
  if (channel === undefined) return [];
  return elements(value.messages)
    .filter(([, message]) => {
      const ref = refOf(message);
      return ref !== undefined &&
        !(ref.startsWith(`${channel}/messages/`) &&
          !ref.slice(channel.length + "/messages/".length).includes("/"));
    })
    .map(([index]) => ["messages", index]);
}

function channelAtRoot(site: Site): readonly Path[] {
  const ref = refOf(site.value.channel);
  return ref !== undefined && site.path[0] === "operations" &&
      !/^#\/channels\/[^/]+$/.test(ref)
    ? [["channel"]]
    : [];
}

function repeated({ value }: Site): readonly Path[] {
  const refs = elements(value.messages).map(([, one]) => refOf(one));
  return refs.flatMap((ref, index) =>
    refs.indexOf(ref) < index ? [["messages", index]] : []
  );
}

/** What operations do, and what is answered. */
export const operationRules: readonly Rule[] = [
  textRule(
    "operation-action",
    "operation",
    "action",
    'An action is "send" or "receive".',
    (text) => text === "send" || text === "receive",
  ),
  {
    id: "operation-channel-root",
    says:
      "The channel of an operation of the document is among those of the document.",
    on: "operation",
    find: channelAtRoot,
  },
  {
    id: "operation-message-channel",
    says: "The messages of an operation are messages of its channel.",
    on: "operation",
    find: strangers,
  },
  {
    id: "operation-message-twice",
    says: "An operation names each message once.",
    on: "operation",
    find: repeated,
  },
  {
    id: "reply-channel-root",
    says:
      "The channel of a reply of the document is among those of the document.",
    on: "reply",
    find: channelAtRoot,
  },
  {
    id: "reply-message-channel",
    says: "The messages of a reply are messages of its channel.",
    on: "reply",
    find: strangers,
  },
  {
    id: "reply-address-twice",
    says: "Where a reply has an address, the address of its channel is null.",
    on: "reply",
    find: ({ value, within }) => {
      const channel = within.resolve(value.channel)?.value;
      const has = value.address !== undefined && isObject(channel) &&
        typeof channel.address === "string";
      return has ? [["address"]] : [];
    },
  },
  textRule(
    "reply-address-location",
    "replyAddress",
    "location",
    "The location of an address to reply to is an expression of where a message holds it.",
    isLocation,
  ),
];
