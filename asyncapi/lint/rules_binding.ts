import { type BindingPlace, holdsNothing } from "../bindings.ts";
import { isObject } from "../json.ts";
import type { Rule } from "./rule.ts";
import type { Kind } from "./shapes.ts";
import type { Path } from "./sites.ts";

const places: Readonly<Record<BindingPlace, Kind>> = {
  server: "serverBindings",
  channel: "channelBindings",
  operation: "operationBindings",
  message: "messageBindings",
};

function rulesOf(place: BindingPlace, on: Kind): readonly Rule[] {
  const members = (
    value: Readonly<Record<string, unknown>>,
    breaks: (
      protocol: string,
      held: Readonly<Record<string, unknown>>,
    ) => Path | undefined,
  ): readonly Path[] =>
    Object.entries(value).flatMap(([protocol, held]) => {
      const path = isObject(held) ? breaks(protocol, held) : undefined;
      return path === undefined ? [] : [[protocol, ...path]];
    });
  return [
    {
      id: "binding-empty",
      says:
        "Bindings hold nothing where the protocol has nothing to say, as those of NATS on a channel.",
      on,
      find: ({ value }) =>
        members(
          value,
          (protocol, { bindingVersion: _version, ...held }) =>
            holdsNothing(protocol, place) && Object.keys(held).length > 0
              ? []
              : undefined,
        ),
    },
    {
      id: "binding-version",
      says: "The version of bindings is a text.",
      on,
      find: ({ value }) =>
        members(
          value,
          (_protocol, { bindingVersion }) =>
            bindingVersion === undefined || typeof bindingVersion === "string"
              ? undefined
              : ["bindingVersion"],
        ),
    },
  ];
}

/** What is said of protocols. */
export const bindingRules: readonly Rule[] = [
  ...Object.entries(places).flatMap(([place, on]) =>
    rulesOf(place as BindingPlace, on)
  ),
  {
    id: "binding-nats-queue",
    says: "The queue of NATS is a text of at most 255 characters.",
    on: "operationBindings",
    find: ({ value: { nats } }) => {
      const queue = isObject(nats) ? nats.queue : undefined;
      const isLawful = queue === undefined ||
        typeof queue === "string" && queue.length <= 255;
      return isLawful ? [] : [["nats", "queue"]];
    },
  },
];
