import type { Declarations } from "../app/declarations.ts";
import { parseAddress } from "../contract/address.ts";
import {
  type CommandContext,
  type CommandOption,
  UsageError,
} from "./command.ts";
import { errorLine } from "./failure.ts";
import { hint } from "../nearest.ts";

/** The option that names a broker. */
export const brokerOption: Readonly<Record<string, CommandOption>> = Object
  .freeze({
    broker: {
      value: "NAME",
      summary: "The broker; by default the one that the address is declared on",
    },
  });

/**
 * The broker that is meant: the one that is named, the one that an address is declared on, or the only one.
 *
 * @param declaredOn The brokers that the address is declared on.
 * @throws {UsageError} If there is none of that name, or several may be meant.
 */
export function chooseBroker(
  { value }: CommandContext,
  { info: { title }, brokers }: Declarations,
  address: string,
  declaredOn: readonly string[],
): string {
  const names = brokers.map(({ name }) => name);
  const named = value("broker");
  if (named !== undefined) {
    if (names.includes(named)) return named;
    throw new UsageError(
      `Cannot use broker "${named}": "${title}" has ${
        names.length === 0 ? "none" : `only ${names.join(", ")}`
      }${hint(named, names)}`,
    );
  }
  const likely = [...new Set(declaredOn)];
  const [one, ...others] = likely.length > 0 ? likely : names;
  if (one === undefined) {
    throw new UsageError(`Cannot use "${address}": "${title}" has no broker`);
  }
  if (others.length === 0) return one;
  throw new UsageError(
    `Cannot choose a broker for "${address}": say ${
      [one, ...others].map((name) => `--broker ${name}`).join(" or ")
    }`,
  );
}

/**
 * Checks an address that is written by hand.
 *
 * @throws {UsageError} If it is not lawful, or has parameters where one full address is meant.
 */
export function checkWritten(
  verb: string,
  address: string,
  { full }: { readonly full: boolean },
): void {
  try {
    const { tokens } = parseAddress(address);
    if (!full || tokens.every(({ kind }) => kind === "literal")) return;
  } catch (error) {
    throw new UsageError(`Cannot ${verb} "${address}": ${errorLine(error)}`);
  }
  throw new UsageError(
    `Cannot ${verb} "${address}": it has parameters, expected one full address`,
  );
}
