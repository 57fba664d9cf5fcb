import type { Guarantees } from "@ruststream/core/contract";
import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";

const levels: Readonly<Record<string, readonly unknown[]>> = {
  redelivery: ["none", "on-retry", "until-settled"],
  persistence: ["none", "while-open", "durable"],
  delayedRetry: [false, true],
  countsAttempts: [false, true],
  // Here less is more: a release that counts is the weaker promise.
  releaseCounts: [true, false],
  groups: [false, true],
  patterns: [false, true],
  headers: [false, true],
};

const orderings: Readonly<Record<string, readonly string[]>> = {
  none: ["none", "publisher", "address", "key"],
  publisher: ["publisher", "address"],
  key: ["key", "address"],
  address: ["address"],
};

function checkComplete(guarantees: Guarantees, of: string): void {
  holds(
    Object.hasOwn(orderings, guarantees.ordering),
    `the guarantee ordering of ${of}`,
    Object.keys(orderings),
    guarantees.ordering,
  );
  for (const [name, values] of Object.entries(levels)) {
    const found = guarantees[name as keyof Guarantees];
    holds(
      values.includes(found),
      `the guarantee ${name} of ${of}`,
      values,
      found,
    );
  }
  const { settleDeadlineMs = 1 } = guarantees;
  holds(
    Number.isFinite(settleDeadlineMs) && settleDeadlineMs > 0,
    `the guarantee settleDeadlineMs of ${of}`,
    "a number above 0, or none",
    settleDeadlineMs,
  );
}

function checkAtLeast(open: Guarantees, least: Guarantees, of: string): void {
  holds(
    orderings[least.ordering]?.includes(open.ordering) === true,
    `the guarantee ordering of ${of}`,
    `at least ${least.ordering}`,
    open.ordering,
  );
  for (const [name, values] of Object.entries(levels)) {
    const key = name as keyof Guarantees;
    // Whether it is declared at all is another check's matter.
    holds(
      !values.includes(open[key]) ||
        values.indexOf(open[key]) >= values.indexOf(least[key]),
      `the guarantee ${name} of ${of}`,
      `at least ${String(least[key])}`,
      open[key],
    );
  }
}

/** What is declared is complete, and an open subscription promises no less. */
export const checks: readonly Check[] = [
  {
    id: "guarantees/complete",
    promise:
      "Silence is no promise: every guarantee is there, of the broker and of each open subscription.",
    rule: 14,
    catches: "silent-guarantees",
    async run(bench) {
      checkComplete(bench.broker.guarantees, "the broker");
      for (const way of bench.ways()) {
        const { subscription } = await bench.tap({ way });
        checkComplete(subscription.guarantees, `a subscription, ${way.name}`);
      }
    },
  },
  {
    id: "guarantees/no-less-when-open",
    promise:
      "What a broker promises is the least: an open subscription may promise more, never less.",
    rule: 14,
    catches: "promises-less",
    async run(bench) {
      for (const way of bench.ways()) {
        const { subscription } = await bench.tap({ way });
        checkAtLeast(
          subscription.guarantees,
          bench.broker.guarantees,
          `a subscription, ${way.name}`,
        );
      }
    },
  },
  {
    id: "guarantees/nobody-to-give-back-to",
    promise:
      "A subscription that is nobody's durable has nobody to give back to: it does not promise redelivery until settled.",
    rule: 8,
    needs: ({ alone }) =>
      alone.persistence === "durable"
        ? "its subscriptions are durable without a group"
        : undefined,
    catches: "alone-until-settled",
    async run(bench) {
      const { subscription } = await bench.tap();
      alike(
        ["none", "on-retry"].includes(subscription.guarantees.redelivery),
        true,
        `whether ${subscription.guarantees.redelivery} is the most that it can promise`,
      );
    },
  },
];
