import {
  bracedNames,
  elements,
  isLocation,
  members,
  refOf,
  type Rule,
  textRule,
} from "./rule.ts";

/** What channels and their parameters say. */
export const channelRules: readonly Rule[] = [
  textRule(
    "channel-address-empty",
    "channel",
    "address",
    "An address is not empty: one that is known only at run time is null.",
    (text) => text !== "",
  ),
  textRule(
    "channel-address-query",
    "channel",
    "address",
    "An address has no query and no fragment: they belong into bindings.",
    (text) => !/[?#]/.test(text),
  ),
  textRule(
    "channel-address-braces",
    "channel",
    "address",
    "The braces of an address open, hold a name, and close.",
    (text) => !/[{}]/.test(text.replaceAll(/\{[^{}]+\}/g, "")),
  ),
  {
    id: "channel-parameter-missing",
    says: "Each name in braces of an address is among its parameters.",
    on: "channel",
    find: ({ value }) => {
      const known = new Set(members(value.parameters).map(([name]) => name));
      const lacks = bracedNames(String(value.address ?? ""))
        .some((name) => !known.has(name));
      return lacks ? [["address"]] : [];
    },
  },
  {
    id: "channel-parameter-unused",
    says: "Each parameter is in the address, in braces.",
    on: "channel",
    find: ({ value }) => {
      const used = bracedNames(String(value.address ?? ""));
      return members(value.parameters)
        .filter(([name]) => !used.includes(name))
        .map(([name]) => ["parameters", name]);
    },
  },
  {
    id: "channel-parameter-name",
    says: 'The name of a parameter has letters, digits, "_" and "-" only.',
    on: "channel",
    find: ({ value }) =>
      members(value.parameters)
        .filter(([name]) => !/^[\w-]+$/.test(name))
        .map(([name]) => ["parameters", name]),
  },
  {
    id: "channel-server-root",
    says:
      "The servers of a channel of the document are among those of the document.",
    on: "channel",
    find: ({ value, path }) =>
      path[0] !== "channels" ? [] : elements(value.servers)
        .filter(([, server]) => {
          const ref = refOf(server);
          return ref !== undefined && !/^#\/servers\/[^/]+$/.test(ref);
        })
        .map(([index]) => ["servers", index]),
  },
  {
    id: "channel-server-twice",
    says: "A channel names each server once.",
    on: "channel",
    find: ({ value }) => {
      const refs = elements(value.servers).map(([, one]) => refOf(one));
      return refs.flatMap((ref, index) =>
        refs.indexOf(ref) < index ? [["servers", index]] : []
      );
    },
  },
  textRule(
    "parameter-location",
    "parameter",
    "location",
    "The location of a parameter is an expression of where a message holds it.",
    isLocation,
  ),
];
