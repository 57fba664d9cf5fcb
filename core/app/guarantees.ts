import type { Guarantees } from "../contract/guarantees.ts";

const orderings: Readonly<
  Record<Guarantees["ordering"], readonly Guarantees["ordering"][]>
> = {
  none: ["none"],
  key: ["none", "key"],
  publisher: ["none", "publisher"],
  address: ["none", "publisher", "key", "address"],
};
const redeliveries = ["none", "on-retry", "until-settled"] as const;
const persistences = ["none", "while-open", "durable"] as const;
const flags = [
  "delayedRetry",
  "countsAttempts",
  "groups",
  "patterns",
  "headers",
] as const;

/**
 * Names what an open subscription promises less than was said.
 *
 * @param promised What the broker or the source said before it was opened.
 * @param open What the subscription says.
 */
export function missingGuarantees(
  promised: Guarantees,
  open: Guarantees,
): readonly string[] {
  const missing: string[] = [];
  if (!orderings[open.ordering].includes(promised.ordering)) {
    missing.push("ordering");
  }
  if (
    redeliveries.indexOf(open.redelivery) <
      redeliveries.indexOf(promised.redelivery)
  ) {
    missing.push("redelivery");
  }
  if (
    persistences.indexOf(open.persistence) <
      persistences.indexOf(promised.persistence)
  ) {
    missing.push("persistence");
  }
  for (const flag of flags) {
    if (promised[flag] && !open[flag]) missing.push(flag);
  }
  if (open.releaseCounts && !promised.releaseCounts) {
    missing.push("releaseCounts");
  }
  return missing;
}
