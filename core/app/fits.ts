import type { Connection } from "../contract/broker.ts";
import type { MountOptions, SlotSinks } from "./mount_options.ts";

/**
 * `Else` where what is there has all that is needed; otherwise a sentence that says what is missing.
 *
 * It stands beside the type of a parameter, so that the compiler's error ends in words and not in nested types.
 *
 * @typeParam Has What is there: a connection, or a state.
 * @typeParam Needs What is needed of it.
 * @typeParam Who What is there, in words.
 * @typeParam Else What else must fit.
 */
export type Fits<Has, Needs, Who extends string, Else = unknown> = [Has] extends
  [Needs] ? Else
  : [Exclude<keyof Needs, keyof Has>] extends [never] ? `${Who} has another "${
      & {
        [K in keyof Needs & keyof Has]: Has[K] extends Needs[K] ? never : K;
      }[keyof Needs & keyof Has]
      & string}"`
  : `${Who} lacks "${Exclude<keyof Needs, keyof Has> & string}"`;

/** The names of slots that need more than the default publisher of a connection has. */
export type Unmet<C extends Connection, Slots> = {
  [K in keyof Slots]: C["publisher"] extends Slots[K] ? never : K;
}[keyof Slots];

/** What goes with a mount: options of a subscriber, nothing of a router. They are required where a slot needs a sink. */
export type MountArgs<C extends Connection, Slots> = [Slots] extends [never]
  ? [mount?: MountOptions<C, Slots>]
  : [Slots] extends ["~router"] ? []
  : [Unmet<C, Slots>] extends [never] ? [mount?: MountOptions<C, Slots>]
  : [
    mount: MountOptions<C, Slots> & {
      readonly out: Required<
        Pick<SlotSinks<C, Slots>, Unmet<C, Slots> & keyof SlotSinks<C, Slots>>
      >;
    },
  ];
