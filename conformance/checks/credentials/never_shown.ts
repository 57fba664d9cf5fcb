import { parseAddress } from "@ruststream/core/contract";
import { alike } from "../../assertions.ts";
import type { Bench } from "../../bench.ts";
import type { Check } from "../../check.ts";
import { given } from "../../gates.ts";
import { everythingOf } from "../../everything_of.ts";

function hides(bench: Bench, what: string, value: unknown): void {
  const { secret = "" } = bench.settings;
  const shown = everythingOf(value).some((text) => text.includes(secret));
  alike(shown, false, `whether the secret shows in ${what}`);
}

/** Credentials never show. */
export const checks: readonly Check[] = [
  {
    id: "credentials/never-described",
    promise:
      "Credentials never show in describe() and in what prints of a broker or a connection.",
    rule: 19,
    needs: given("secret"),
    catches: "shows-secrets",
    async run(bench) {
      hides(bench, "describe()", bench.broker.describe());
      const connection = await bench.connect();
      hides(bench, "a connection", connection);
      hides(bench, "its publisher", connection.publisher);
      hides(bench, "a subscription", (await bench.tap()).subscription);
    },
  },
  {
    id: "credentials/never-in-errors",
    promise: "Credentials never show in errors, nor in what is reported.",
    rule: 19,
    needs: given("secret"),
    catches: "errors-show-secrets",
    async run(bench) {
      const connection = await bench.connect();
      await bench.get(connection.shutdown(), "shutting down");
      const uses: Readonly<Record<string, () => unknown>> = {
        subscribing: () => connection.subscribe(parseAddress(bench.address)),
        publishing: () => connection.publisher.publish(bench.message("1")),
      };
      for (const [what, use] of Object.entries(uses)) {
        const ending = await bench.ends(bench.call(use, what), what);
        hides(
          bench,
          `the error of ${what}`,
          ending.kind === "rejected" ? ending.reason : ending,
        );
      }
      hides(bench, "what was reported", bench.events);
    },
  },
];
