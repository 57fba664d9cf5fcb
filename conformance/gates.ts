import type { Guarantees } from "@ruststream/core/contract";
import type { BenchAbility, Capability, Gate } from "./claim_types.ts";

/** Claimed where the methods are there. */
export function can(...capabilities: readonly Capability[]): Gate {
  return (claims) => {
    const missing = capabilities.filter((name) => !claims.can.has(name));
    return missing.length === 0
      ? undefined
      : `it has no ${missing.join(" and no ")}`;
  };
}

/** Claimed where the author gave the bench what it takes. */
export function given(...abilities: readonly BenchAbility[]): Gate {
  return (claims) => {
    const missing = abilities.filter((name) => !claims.bench.has(name));
    return missing.length === 0
      ? undefined
      : `the bench has no ${missing.join(" and no ")}`;
  };
}

/** Claimed where some way to subscribe promises this. */
export function some(
  what: string,
  where: (guarantees: Guarantees) => boolean,
): Gate {
  return ({ alone, member }) =>
    where(alone) || (member !== undefined && where(member))
      ? undefined
      : `no subscription promises ${what}`;
}

/** Claimed where members of a group promise this. */
export function member(
  what: string,
  where: (guarantees: Guarantees) => boolean = () => true,
): Gate {
  return ({ member }) =>
    member === undefined
      ? "it has no groups"
      : where(member)
      ? undefined
      : `its groups do not promise ${what}`;
}

/** Claimed where all of these are. */
export function every(...gates: readonly Gate[]): Gate {
  return (claims) => {
    for (const gate of gates) {
      const reason = gate(claims);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

/** Some subscription can bring a delivery back when asked. */
export const comesBack: Gate = some(
  "redelivery",
  ({ redelivery }) => redelivery !== "none",
);

/** A group keeps what is not settled. */
export const keeps: Gate = member(
  "redelivery until settled",
  ({ redelivery }) => redelivery === "until-settled",
);

/** A group keeps what is not settled, and has a deadline for it. */
export const hasDeadline: Gate = member(
  "redelivery after a deadline",
  ({ redelivery, settleDeadlineMs }) =>
    redelivery === "until-settled" && settleDeadlineMs !== undefined,
);
